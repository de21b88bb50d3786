import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { MessageChannel, receiveMessageOnPort, Worker, type MessagePort } from "node:worker_threads";
import type { Crew, PieceResult } from "./crew.ts";
import { SharedWork } from "./shared-work.ts";
import type { TaskName, Tasks } from "./tasks.ts";
import { ThreadRun, type Helper } from "./thread-run.ts";
import type { WorkDone, WorkOrder } from "./work-order.ts";

/** More would cost memory (some 12 MB each) and gain little: what is left is the work of the thread that calls. */
const MAX_THREADS = 3;
/** Below this the others are hardly awake before the work is done. */
const WORTHWHILE = 12;

type Thread = Helper & { readonly port: MessagePort };

/**
 * A crew of threads of this process. They are started with the first work that is worth it, and do nothing in between. Nothing depends on them: whatever
 * they did not do, because they could not start, ended or came late, is done by the caller's thread.
 */
export class ThreadCrew implements Crew {
  readonly #size: number;
  readonly #onFailure: (code: string) => void;
  readonly #threads = new Set<Thread>();
  /** What takes the results of each run that is under way. */
  readonly #accept = new Map<number, (done: WorkDone<TaskName>) => void>();
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

  *run<Name extends TaskName>(
    task: Name,
    shared: Tasks[Name]["shared"],
    pieces: readonly Tasks[Name]["piece"][],
  ): Generator<PieceResult<Name>, void, undefined> {
    const helpers = this.isWorthwhile(pieces.length) ? [...this.#helpers()] : [];
    const work = SharedWork.forThreads(this.#size);
    this.#orders += 1;
    const order: WorkOrder<Name> = { id: this.#orders, task, shared, pieces, memory: work.memory };
    const run = new ThreadRun(order, work, helpers, { receive: this.#receive, late: this.#dropLate });
    this.#accept.set(order.id, (done) => run.accept(done as WorkDone<Name>));
    for (const { port } of helpers) port.postMessage(order);
    try {
      yield* run.results();
    } finally {
      this.#accept.delete(order.id);
    }
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

  /** Of several runs perhaps: one can begin while another is under way. What a run that has ended did not wait for is let go. */
  readonly #receive = ({ index }: Helper): void => {
    for (const thread of this.#threads) {
      if (thread.index !== index) continue;
      for (let sent = receiveMessageOnPort(thread.port); sent !== undefined; sent = receiveMessageOnPort(thread.port)) {
        const done = sent.message as WorkDone<TaskName>;
        this.#accept.get(done.id)?.(done);
      }
    }
  };

  readonly #dropLate = ({ index }: Helper): void => {
    for (const thread of this.#threads) if (thread.index === index && this.#threads.delete(thread)) this.#onFailure("crew-thread-late");
  };
}

/** Bundled apart from what starts it; in the source tree beside it. */
function threadUrl(): URL {
  const bundled = new URL("../crypto-crew/entry.js", import.meta.url);
  return existsSync(bundled) ? bundled : new URL("./crew-thread.ts", import.meta.url);
}
