const NEXT_PIECE = 0;
const FIRST_STATUS = 1;
const NUMBERS_A_THREAD = 2;

const WAITING = 0;
const WORKING = 1;
const DONE = 2;
const CALLED_OFF = 3;

/** More than there can be pieces. */
const NONE_LEFT = 1 << 30;

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
    return new SharedWork(new SharedArrayBuffer((FIRST_STATUS + count * NUMBERS_A_THREAD) * Int32Array.BYTES_PER_ELEMENT));
  }

  /** The place of the next piece, one by one, so that all threads end at about the same moment; undefined when all are taken. */
  take(total: number): number | undefined {
    const place = Atomics.add(this.#numbers, NEXT_PIECE, 1);
    return place < total ? place : undefined;
  }

  /** Nobody takes another piece. */
  callOff(): void {
    Atomics.store(this.#numbers, NEXT_PIECE, NONE_LEFT);
  }

  /** A thread begins; false when it came too late. */
  begin(thread: number): boolean {
    return Atomics.compareExchange(this.#numbers, statusOf(thread), WAITING, WORKING) === WAITING;
  }

  /** A thread has sent results. */
  handOver(thread: number): void {
    Atomics.add(this.#numbers, newsOf(thread), 1);
    Atomics.notify(this.#numbers, newsOf(thread));
  }

  /** A thread has sent its last results. */
  finish(thread: number): void {
    Atomics.store(this.#numbers, statusOf(thread), DONE);
    this.handOver(thread);
  }

  /** A thread that has not begun is not to begin any more; false when it has. */
  dismiss(thread: number): boolean {
    const status = Atomics.compareExchange(this.#numbers, statusOf(thread), WAITING, CALLED_OFF);
    return status === WAITING || status === CALLED_OFF;
  }

  /** How often a thread has given news of itself. */
  news(thread: number): number {
    return Atomics.load(this.#numbers, newsOf(thread));
  }

  /** Waits for a thread that has begun, until it gives other news than those that are `known`; or has none to give any more. */
  waitForNews(thread: number, known: number, timeoutMs: number): "news" | "done" | "late" {
    // Read first: what a thread sends comes before its end.
    const isDone = Atomics.load(this.#numbers, statusOf(thread)) === DONE;
    if (this.news(thread) !== known) return "news";
    if (isDone) return "done";
    return Atomics.wait(this.#numbers, newsOf(thread), known, timeoutMs) === "timed-out" ? "late" : "news";
  }
}

const statusOf = (thread: number): number => FIRST_STATUS + thread * NUMBERS_A_THREAD;
const newsOf = (thread: number): number => statusOf(thread) + 1;
