const NEXT_PIECE = 0;
const FIRST_STATUS = 1;

const WAITING = 0;
const WORKING = 1;
const DONE = 2;
const CALLED_OFF = 3;

/**
 * How the threads share one list of pieces: whoever is free takes the next one. Lives in shared memory, so that the thread that gave the work out can
 * wait for the others without giving up its turn.
 */
export class SharedWork {
  readonly memory: SharedArrayBuffer;
  readonly #numbers: Int32Array;

  constructor(memory: SharedArrayBuffer) {
    this.memory = memory;
    this.#numbers = new Int32Array(memory);
  }

  /** For this many threads besides our own. */
  static forThreads(count: number): SharedWork {
    return new SharedWork(new SharedArrayBuffer((FIRST_STATUS + count) * Int32Array.BYTES_PER_ELEMENT));
  }

  /** The place of the next piece, one by one, so that all threads end at about the same moment; undefined when all are taken. */
  take(total: number): number | undefined {
    const place = Atomics.add(this.#numbers, NEXT_PIECE, 1);
    return place < total ? place : undefined;
  }

  /** A thread begins; false when it came too late. */
  begin(thread: number): boolean {
    return Atomics.compareExchange(this.#numbers, FIRST_STATUS + thread, WAITING, WORKING) === WAITING;
  }

  /** A thread has handed over what it did. */
  finish(thread: number): void {
    Atomics.store(this.#numbers, FIRST_STATUS + thread, DONE);
    Atomics.notify(this.#numbers, FIRST_STATUS + thread);
  }

  /** Waits for a thread that has begun; one that has not is not to begin any more. */
  join(thread: number, timeoutMs: number): "done" | "never-began" | "late" {
    const status = FIRST_STATUS + thread;
    if (Atomics.compareExchange(this.#numbers, status, WAITING, CALLED_OFF) === WAITING) return "never-began";
    return Atomics.wait(this.#numbers, status, WORKING, timeoutMs) === "timed-out" ? "late" : "done";
  }
}
