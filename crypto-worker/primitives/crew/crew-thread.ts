import { workerData, type MessagePort } from "node:worker_threads";
import { loadOlm } from "../olm-library.ts";
import { SharedWork } from "./shared-work.ts";
import { wipeResults, wipeShared, type TaskName } from "./tasks.ts";
import { doShare, type WorkDone, type WorkOrder } from "./work-order.ts";

/** One thread of a crew. What it is sent comes from the thread that started it, in the same process and of the same build. */
const { index, port } = workerData as { readonly index: number; readonly port: MessagePort };

// Work that was given out meanwhile has been called off.
await loadOlm();
port.on("message", <Name extends TaskName>(order: WorkOrder<Name>) => {
  const work = new SharedWork(order.memory);
  if (!work.begin(index)) return wipeShared(order.task, order.shared);
  const places: number[] = [];
  const results: unknown[] = [];
  try {
    doShare(order, work, (place, result) => {
      places.push(place);
      results.push(result);
    });
  } finally {
    wipeShared(order.task, order.shared);
    port.postMessage({ id: order.id, places, results } satisfies WorkDone);
    wipeResults(results);
    work.finish(index);
  }
});
