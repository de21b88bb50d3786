import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { applyMutant, type Mutant } from "./mutants.ts";
import type { RelatedTests } from "./related-tests.ts";

const answerSchema = z.strictObject({ failed: z.string().optional() });

/** `killed` by a failing test, `stopped` because it ran too long, `survived` what every related test accepts, `unseen` what no test reaches. */
export type Outcome = "killed" | "stopped" | "survived" | "unseen";
export type Fate = { readonly outcome: Outcome; readonly by?: string | undefined };

/** The name of a test that failed, or that there was no answer. */
type Failure = string | typeof NO_ANSWER;
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
    for (const test of tests) if ((await this.#run(test, [test])) !== undefined) failing.push(test);
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
      const failure = await this.#run(file, wave);
      if (failure === NO_ANSWER) return { outcome: "stopped" };
      if (failure !== undefined) return { outcome: "killed", by: failure };
    }
    return { outcome: "survived" };
  }

  async #run(changed: string, tests: readonly string[]): Promise<Failure | undefined> {
    const host = (this.#host ??= await this.#start());
    const gone = new AbortController();
    const limit = setTimeout(() => gone.abort(), this.#limitMs);
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
