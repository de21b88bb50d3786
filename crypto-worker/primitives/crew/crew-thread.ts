import { workerData, type MessagePort } from "node:worker_threads";
import { loadOlm } from "../olm-library.ts";
import type { PieceResult } from "./crew.ts";
import { SharedWork } from "./shared-work.ts";
import { openBench, wipeResults, wipeShared, type TaskName } from "./tasks.ts";
import type { WorkDone, WorkOrder } from "./work-order.ts";

/** Sent together: few enough that the caller has something to do meanwhile, and enough that sending costs little. */
const RESULTS_AT_ONCE = 16;

/** One thread of a crew. What it is sent comes from the thread that started it, in the same process and of the same build. */
const { index, port } = workerData as { readonly index: number; readonly port: MessagePort };

// Work that was given out meanwhile has been called off.
await loadOlm();
port.on("message", <Name extends TaskName>(order: WorkOrder<Name>) => {
  const work = new SharedWork(order.memory);
  if (!work.begin(index)) return wipeShared(order.task, order.shared);
  const outbox = new Outbox(order, work);
  try {
    doShare(order, work, outbox);
  } finally {
    wipeShared(order.task, order.shared);
    outbox.send();
    work.finish(index);
  }
});

/** Does this thread's share: pieces as long as there are any. */
function doShare<Name extends TaskName>({ task, shared, pieces }: WorkOrder<Name>, work: SharedWork, outbox: Outbox<Name>): void {
  const bench = openBench(task, shared);
  try {
    // A slice, because a piece may be undefined.
    for (let place = work.take(pieces.length); place !== undefined; place = work.take(pieces.length))
      for (const piece of pieces.slice(place, place + 1)) outbox.add(place, bench.perform(piece));
  } finally {
    bench.close();
  }
}

/** Results on their way to the caller. */
class Outbox<Name extends TaskName> {
  readonly #order: WorkOrder<Name>;
  readonly #work: SharedWork;
  #places: number[] = [];
  #results: PieceResult<Name>[] = [];

  constructor(order: WorkOrder<Name>, work: SharedWork) {
    this.#order = order;
    this.#work = work;
  }

  add(place: number, result: PieceResult<Name>): void {
    this.#places.push(place);
    this.#results.push(result);
    if (this.#places.length >= RESULTS_AT_ONCE) this.send();
  }

  send(): void {
    port.postMessage({ id: this.#order.id, places: this.#places, results: this.#results } satisfies WorkDone<Name>);
    wipeResults(this.#results);
    this.#places = [];
    this.#results = [];
    this.#work.handOver(index);
  }
}
