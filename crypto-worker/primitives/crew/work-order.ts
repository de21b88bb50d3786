import type { PieceResult } from "./crew.ts";
import type { TaskName, Tasks } from "./tasks.ts";

/** What a thread of a crew is sent. */
export type WorkOrder<Name extends TaskName> = {
  readonly id: number;
  readonly task: Name;
  readonly shared: Tasks[Name]["shared"];
  readonly pieces: readonly Tasks[Name]["piece"][];
  /** Of its `SharedWork`. */
  readonly memory: SharedArrayBuffer;
};

/** What a thread sends back, a few pieces at a time: their places, and their results. */
export type WorkDone<Name extends TaskName> = {
  readonly id: number;
  readonly places: readonly number[];
  readonly results: readonly PieceResult<Name>[];
};
