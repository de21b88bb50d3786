import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { MessageChannel, receiveMessageOnPort, Worker, type MessagePort } from "node:worker_threads";
import { soloCrew, type Crew } from "./crew.ts";
import { SharedWork } from "./shared-work.ts";
import type { TaskName, Tasks } from "./tasks.ts";
import { doShare, type WorkDone, type WorkOrder } from "./work-order.ts";

/** More would cost memory (some 12 MB each) and gain little: what is left is the work of the thread that calls. */
const MAX_THREADS = 3;
/** Below this the others are hardly awake before the work is done. */
const WORTHWHILE = 12;
/** A thread that has pieces in hand needs a few milliseconds for them. One that takes this long is not waited for again. */
const LATE_MS = 5_000;

type Thread = { readonly index: number; readonly port: MessagePort };

/**
 * A crew of threads of this process. They are started with the first work that is worth it, and do nothing in between. Nothing depends on them: whatever
 * they did not do, because they could not start, ended or came late, is done by the caller's thread.
 */
export class ThreadCrew implements Crew {
  readonly #size: number;
  readonly #onFailure: (code: string) => void;
  readonly #threads = new Set<Thread>();
  #started = false;
  #orders = 0;

  /** `onFailure` gets a code for the log when a thread cannot be used. `size` counts threads besides the caller's. */
  constructor(onFailure: (code: string) => void, size: number = Math.min(availableParallelism() - 1, MAX_THREADS)) {
    this.#onFailure = onFailure;
    this.#size = size;
  }

  isWorthwhile(pieces: number): boolean {
    return pieces >= WORTHWHILE && this.#size > 0;
  }

  run<Name extends TaskName>(
    task: Name,
    shared: Tasks[Name]["shared"],
    pieces: readonly Tasks[Name]["piece"][],
  ): (Tasks[Name]["result"] | undefined)[] {
    const helpers = this.isWorthwhile(pieces.length) ? [...this.#helpers()] : [];
    const work = SharedWork.forThreads(this.#size);
    this.#orders += 1;
    const order: WorkOrder<Name> = { id: this.#orders, task, shared, pieces, memory: work.memory };
    for (const { port } of helpers) port.postMessage(order);
    const results = new Map<number, Tasks[Name]["result"] | undefined>();
    const take = (place: number, result: Tasks[Name]["result"] | undefined): void => {
      results.set(place, result);
    };
    try {
      doShare(order, work, take);
    } finally {
      for (const thread of helpers) this.#collect(thread, order, work, take);
    }
    const left = [...pieces.entries()].filter(([place]) => !results.has(place));
    if (left.length > 0) {
      const done = soloCrew.run(
        task,
        shared,
        left.map(([, piece]) => piece),
      );
      for (const [at, [place]] of left.entries()) take(place, done[at]);
    }
    return [...pieces.keys()].map((place) => results.get(place));
  }

  #helpers(): ReadonlySet<Thread> {
    if (!this.#started) {
      this.#started = true;
      for (let index = 0; index < this.#size; index++) this.#start(index);
    }
    return this.#threads;
  }

  #start(index: number): void {
    const { port1, port2 } = new MessageChannel();
    const thread: Thread = { index, port: port1 };
    const drop = (code: string) => (): void => {
      if (this.#threads.delete(thread)) this.#onFailure(code);
    };
    try {
      const worker = new Worker(threadUrl(), {
        workerData: { index, port: port2 },
        transferList: [port2],
        env: {},
        execArgv: [],
        name: "crew",
      });
      worker.once("error", drop("crew-thread-failed"));
      worker.once("exit", drop("crew-thread-ended"));
      // Neither keeps the process from ending.
      worker.unref();
      port1.unref();
      this.#threads.add(thread);
    } catch {
      this.#onFailure("crew-thread-not-started");
    }
  }

  #collect<Name extends TaskName>(
    thread: Thread,
    order: WorkOrder<Name>,
    work: SharedWork,
    take: (place: number, result: Tasks[Name]["result"] | undefined) => void,
  ): void {
    const outcome = work.join(thread.index, LATE_MS);
    if (outcome === "never-began") return;
    if (outcome === "late") {
      this.#threads.delete(thread);
      this.#onFailure("crew-thread-late");
      return;
    }
    const message = receiveMessageOnPort(thread.port)?.message as WorkDone | undefined;
    if (message?.id !== order.id) return;
    for (const [at, place] of message.places.entries()) take(place, message.results[at] as Tasks[Name]["result"] | undefined);
  }
}

/** Bundled apart from what starts it; in the source tree beside it. */
function threadUrl(): URL {
  const bundled = new URL("../crypto-crew/entry.js", import.meta.url);
  return existsSync(bundled) ? bundled : new URL("./crew-thread.ts", import.meta.url);
}
