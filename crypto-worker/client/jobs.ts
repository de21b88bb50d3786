import type { Job } from "../../protocol/vault.ts";
import type { ClientEmitter } from "./emitter.ts";
import { Throttle } from "./throttle.ts";

type Kind = Job["job"];
type Running = { readonly controller: AbortController; view: Job };

export interface JobHandle {
  /** Fires when a person stops it, or another of its kind takes its place. */
  readonly signal: AbortSignal;
  /** `total` is null while it is not known. */
  progress(done: number, total: number | null): void;
  end(): void;
}

/** Long work under way, one of a kind at a time: how far it is, and how a person stops it. */
export class Jobs {
  readonly #running = new Map<Kind, Running>();
  readonly #progress: Throttle;

  constructor(emitter: ClientEmitter) {
    this.#progress = new Throttle(() => emitter.emit("jobsChanged", this.list()));
  }

  list(): Job[] {
    return [...this.#running.values()].map(({ view }) => view);
  }

  has(job: Kind): boolean {
    return this.#running.has(job);
  }

  /** Begins a job; one of the same kind that is under way is stopped. `end` must be called, whatever comes. */
  start(job: Kind): JobHandle {
    this.cancel(job);
    const running: Running = { controller: new AbortController(), view: { job, done: 0, total: null } };
    this.#running.set(job, running);
    this.#progress.changed();
    return {
      signal: running.controller.signal,
      progress: (done, total) => {
        running.view = { job, done, total };
        this.#progress.changed();
      },
      end: () => {
        if (this.#running.get(job) === running) this.#running.delete(job);
        this.#progress.changed();
      },
    };
  }

  cancel(job: Kind): void {
    this.#running.get(job)?.controller.abort();
  }

  /** Stops everything; nothing is told any more. */
  stop(): void {
    for (const { controller } of this.#running.values()) controller.abort();
    this.#running.clear();
    this.#progress.stop();
  }
}

/** Lets everything else in the process have its turn; for work that goes on in pieces. */
export const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
