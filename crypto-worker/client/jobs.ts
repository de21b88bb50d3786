import type { Job } from "../../protocol/vault.ts";
import type { ClientEmitter } from "./emitter.ts";

type Kind = Job["job"];
type Running = { readonly controller: AbortController; view: Job };

export interface JobHandle {
  /** Fires when a person stops it, or another of its kind takes its place. */
  readonly signal: AbortSignal;
  /** `total` is null while it is not known. */
  progress(done: number, total: number | null): void;
  end(): void;
}

/** Progress is told at most this often. */
const TELL_EVERY_MS = 100;

/** Long work under way, one of a kind at a time: how far it is, and how a person stops it. */
export class Jobs {
  readonly #emitter: ClientEmitter;
  readonly #running = new Map<Kind, Running>();
  #timer: NodeJS.Timeout | undefined;
  #toldAt = 0;

  constructor(emitter: ClientEmitter) {
    this.#emitter = emitter;
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
    this.#tell();
    return {
      signal: running.controller.signal,
      progress: (done, total) => {
        running.view = { job, done, total };
        this.#tell();
      },
      end: () => {
        if (this.#running.get(job) === running) this.#running.delete(job);
        this.#tell();
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
    clearTimeout(this.#timer);
  }

  #tell(): void {
    if (this.#timer !== undefined) return;
    const waitMs = Math.max(0, this.#toldAt + TELL_EVERY_MS - Date.now());
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#toldAt = Date.now();
      this.#emitter.emit("jobsChanged", this.list());
    }, waitMs);
    this.#timer.unref();
  }
}

/** Lets everything else in the process have its turn; for work that goes on in pieces. */
export const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
