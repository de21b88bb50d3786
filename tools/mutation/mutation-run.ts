import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { applyMutant, type Mutant } from "./mutants.ts";
import type { RelatedTests } from "./related-tests.ts";

const answerSchema = z.strictObject({ failed: z.strictObject({ file: z.string(), test: z.string() }).optional() });
type Failed = z.infer<typeof answerSchema>["failed"];

/** `killed` by a failing test, `stopped` because it ran too long, `survived` what every related test accepts, `unseen` what no test reaches. */
const outcomeSchema = z.enum(["killed", "stopped", "survived", "unseen"]);
export const fateSchema = z.object({ outcome: outcomeSchema, by: z.string().optional() });
export type Outcome = z.infer<typeof outcomeSchema>;
type Fate = Readonly<z.infer<typeof fateSchema>>;

const NO_ANSWER = Symbol("no answer");

/** Tries mutants in a copy of the repository, one after the other. */
export class MutationRun {
  readonly #root: string;
  readonly #related: RelatedTests;
  readonly #limitMs: number;
  readonly #far: number;
  #host: ChildProcess | undefined;

  /** `far`: how many of the far tests see what the near ones accept. */
  constructor(root: string, related: RelatedTests, { limitMs, far }: { readonly limitMs: number; readonly far: number }) {
    this.#root = root;
    this.#related = related;
    this.#limitMs = limitMs;
    this.#far = far;
  }

  async try(mutant: Mutant): Promise<Fate> {
    const path = join(this.#root, mutant.file);
    const text = readFileSync(path, "utf8");
    writeFileSync(path, applyMutant(mutant, text));
    try {
      return await this.#fate(mutant.file);
    } finally {
      writeFileSync(path, text);
    }
  }

  /** Which of these tests fail without any mutant: of those nothing can be learned. */
  async failing(tests: readonly string[]): Promise<string[]> {
    const failing: string[] = [];
    for (let rest = tests; rest.length > 0; rest = tests.filter((test) => !failing.includes(test))) {
      const failure = await this.#run("", rest, this.#limitMs * 10);
      if (failure === NO_ANSWER) throw new Error("the tests take too long as it is");
      if (failure === undefined) break;
      if (!rest.includes(failure.file)) throw new Error(`the tests fail as it is: ${failure.test}`);
      failing.push(failure.file);
    }
    return failing;
  }

  close(): void {
    const host = this.#host;
    this.#host = undefined;
    // The whole group: the workers of a vitest that hangs would outlive it.
    if (host?.pid !== undefined && host.exitCode === null) process.kill(-host.pid, "SIGKILL");
  }

  async #fate(file: string): Promise<Fate> {
    const { near, far } = this.#related.of(file);
    if (near.length === 0) return { outcome: "unseen" };
    for (const wave of [near, far.slice(0, this.#far)]) {
      if (wave.length === 0) continue;
      const failure = await this.#run(file, wave, this.#limitMs);
      if (failure === NO_ANSWER) return { outcome: "stopped" };
      if (failure !== undefined) return { outcome: "killed", by: `${failure.file} › ${failure.test}` };
    }
    return { outcome: "survived" };
  }

  async #run(changed: string, tests: readonly string[], limitMs: number): Promise<Failed | typeof NO_ANSWER> {
    const host = (this.#host ??= await this.#start());
    const gone = new AbortController();
    const limit = setTimeout(() => gone.abort(), limitMs);
    const onExit = () => gone.abort();
    host.once("exit", onExit);
    try {
      const answer = once(host, "message", { signal: gone.signal });
      host.send({ changed, tests });
      const [message]: unknown[] = await answer;
      const { failed } = answerSchema.parse(message);
      return failed;
    } catch (error) {
      if (!gone.signal.aborted) throw error;
      // Too slow, or so broken that the runner itself ended: no test accepted it.
      this.close();
      return NO_ANSWER;
    } finally {
      clearTimeout(limit);
      host.off("exit", onExit);
    }
  }

  async #start(): Promise<ChildProcess> {
    const program = join(import.meta.dirname, "test-host.ts");
    const host = fork(program, [], { cwd: this.#root, detached: true, stdio: ["ignore", "ignore", "inherit", "ipc"] });
    await once(host, "message");
    return host;
  }
}
