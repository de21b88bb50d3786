import type { SharedWork } from "./shared-work.ts";
import { openBench, type TaskName, type Tasks } from "./tasks.ts";

/** What a thread of a crew is sent. */
export type WorkOrder<Name extends TaskName> = {
  readonly id: number;
  readonly task: Name;
  readonly shared: Tasks[Name]["shared"];
  readonly pieces: readonly Tasks[Name]["piece"][];
  /** Of its `SharedWork`. */
  readonly memory: SharedArrayBuffer;
};

/** What a thread sends back: the places of the pieces that it did, and their results. */
export type WorkDone = { readonly id: number; readonly places: readonly number[]; readonly results: readonly unknown[] };

/** Does a thread's share: pieces as long as there are any. */
export function doShare<Name extends TaskName>(
  { task, shared, pieces }: Pick<WorkOrder<Name>, "task" | "shared" | "pieces">,
  work: SharedWork,
  done: (place: number, result: Tasks[Name]["result"] | undefined) => void,
): void {
  const bench = openBench(task, shared);
  try {
    // A slice, because a piece may be undefined.
    for (let place = work.take(pieces.length); place !== undefined; place = work.take(pieces.length))
      for (const piece of pieces.slice(place, place + 1)) done(place, bench.perform(piece));
  } finally {
    bench.close();
  }
}
