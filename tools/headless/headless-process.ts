import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { z } from "zod";

const messageSchema = z.union([
  z.object({ id: z.number(), result: z.unknown() }),
  z.object({ id: z.number(), error: z.object({ message: z.string() }) }),
  z.object({ method: z.string(), params: z.unknown() }),
]);

type Waiting = { readonly resolve: (value: unknown) => void; readonly reject: (error: Error) => void };

/** A headless client as a child process, seen from the program that uses it. */
export class HeadlessProcess {
  readonly exited: Promise<void>;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #waiting = new Map<number, Waiting>();
  readonly #listeners = new Map<string, Set<(params: unknown) => void>>();
  #lastId = 0;

  constructor(profileDir: string, options: { readonly homeserver?: string; readonly onLog?: (line: string) => void } = {}) {
    const args = ["--disable-warning=ExperimentalWarning", join(import.meta.dirname, "headless.ts"), "--profile", profileDir];
    if (options.homeserver !== undefined) args.push("--homeserver", options.homeserver);
    this.#child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "pipe"] });
    createInterface({ input: this.#child.stdout }).on("line", (line) => this.#receive(line));
    createInterface({ input: this.#child.stderr }).on("line", (line) => options.onLog?.(line));
    this.exited = new Promise((resolve) => {
      this.#child.once("exit", () => {
        for (const { reject } of this.#waiting.values()) reject(new Error("the headless client has ended"));
        this.#waiting.clear();
        resolve();
      });
    });
  }

  /** Calls a method; its result is parsed by `schema`. Rejects with the error's code. */
  call<S extends z.ZodType>(method: string, params: object, schema: S): Promise<z.infer<S>> {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve: (value) => resolve(schema.parse(value)), reject });
      this.#child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`);
    });
  }

  /** Listens for a notification. */
  on(method: string, listener: (params: unknown) => void): void {
    const set = this.#listeners.get(method) ?? new Set();
    this.#listeners.set(method, set.add(listener));
  }

  /** Ends it in order. */
  async stop(): Promise<void> {
    this.#child.stdin.end();
    const late = setTimeout(() => this.#child.kill("SIGKILL"), 10_000);
    await this.exited;
    clearTimeout(late);
  }

  /** Ends it as a power cut would. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.exited;
  }

  #receive(line: string): void {
    const message = messageSchema.parse(JSON.parse(line));
    if ("method" in message) {
      for (const listener of this.#listeners.get(message.method) ?? []) listener(message.params);
      return;
    }
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if ("error" in message) waiting?.reject(new Error(message.error.message));
    else waiting?.resolve(message.result);
  }
}
