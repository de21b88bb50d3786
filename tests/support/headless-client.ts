import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";

const root = join(import.meta.dirname, "..", "..");

/** What the headless client answers instead of a result. */
export class HeadlessError extends Error {
  readonly code: string;
  readonly retryable: boolean;

  constructor(code: string, message: string, retryable: boolean) {
    super(`${code}: ${message}`);
    this.code = code;
    this.retryable = retryable;
  }
}

export type Message = {
  readonly eventId: string;
  readonly sender: string;
  readonly body?: string;
  readonly decrypted: boolean;
  readonly utd?: { readonly code: string; readonly withheld?: string };
  readonly shield: { readonly color: string; readonly code: string } | null;
};

type Waiting = { resolve: (value: unknown) => void; reject: (error: Error) => void };

/** Bulkhead as another process, over the JSON-RPC of `npm run headless`: the real worker and the real network layer, without windows. */
export class HeadlessClient {
  readonly profile: string;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #waiting = new Map<number, Waiting>();
  readonly #exited: Promise<void>;
  #nextId = 1;
  /** The last lines of the log, for the report of a failed test. */
  readonly log: string[] = [];

  constructor(profile: string, options: { readonly homeserver?: string; readonly env?: Readonly<Record<string, string>> } = {}) {
    this.profile = profile;
    const args = ["--disable-warning=ExperimentalWarning", join(root, "tools", "headless", "headless.ts"), "--profile", profile];
    if (options.homeserver !== undefined) args.push("--homeserver", options.homeserver);
    this.#child = spawn(process.execPath, args, { cwd: root, env: { ...process.env, ...options.env } });
    // A process that was killed no longer reads; the call that finds out is told so.
    this.#child.stdin.on("error", () => undefined);
    createInterface({ input: this.#child.stdout }).on("line", (line) => this.#receive(line));
    createInterface({ input: this.#child.stderr }).on("line", (line) => {
      this.log.push(line);
      if (this.log.length > 200) this.log.shift();
    });
    this.#exited = new Promise((resolve) => {
      this.#child.on("exit", () => {
        for (const { reject } of this.#waiting.values()) reject(new HeadlessError("gone", "the process ended", true));
        this.#waiting.clear();
        resolve();
      });
    });
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  call<T = unknown>(method: string, params: Readonly<Record<string, unknown>> = {}): Promise<T> {
    const id = this.#nextId++;
    return new Promise<T>((resolve, reject) => {
      this.#waiting.set(id, { resolve: (value) => resolve(value as T), reject });
      this.#child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`, (error) => {
        if (error === undefined || error === null) return;
        this.#waiting.delete(id);
        reject(new HeadlessError("gone", "the process ended", true));
      });
    });
  }

  register(homeserver: string, user: string, password: string, deviceName?: string): Promise<{ userId: string; deviceId: string }> {
    return this.call("register", { homeserver, user, password, ...(deviceName === undefined ? {} : { deviceName }) });
  }

  login(homeserver: string, user: string, password: string): Promise<{ userId: string; deviceId: string }> {
    return this.call("login", { homeserver, user, password });
  }

  async createRoom(params: Readonly<Record<string, unknown>>): Promise<string> {
    return (await this.call<{ roomId: string }>("createRoom", { encrypted: true, ...params })).roomId;
  }

  async send(roomId: string, body: string): Promise<string> {
    return (await this.call<{ eventId: string }>("send", { roomId, body })).eventId;
  }

  waitForMessage(roomId: string, wanted: { readonly body: string } | { readonly eventId: string }, timeoutMs = 30_000): Promise<Message> {
    return this.call("waitForMessage", { roomId, timeoutMs, ...wanted });
  }

  /** Ends the process as a power cut would. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#exited;
  }

  /** Ends the process in order: it flushes and closes its store. */
  async stop(): Promise<void> {
    this.#child.stdin.end();
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), 10_000);
    await this.#exited;
    clearTimeout(timer);
  }

  #receive(line: string): void {
    const message: {
      id?: number;
      result?: unknown;
      error?: { code: number | string; message: string; data?: { retryable?: boolean; code?: string } };
    } = JSON.parse(line);
    const waiting = message.id === undefined ? undefined : this.#waiting.get(message.id);
    if (message.id === undefined || waiting === undefined) return;
    this.#waiting.delete(message.id);
    if (message.error === undefined) waiting.resolve(message.result);
    else
      waiting.reject(
        new HeadlessError(
          String(message.error.data?.code ?? message.error.code),
          message.error.message,
          message.error.data?.retryable ?? false,
        ),
      );
  }
}
