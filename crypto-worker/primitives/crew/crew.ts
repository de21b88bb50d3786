import { openBench, type TaskName, type Tasks } from "./tasks.ts";

/** The result of a piece; undefined for one that failed. */
export type PieceResult<Name extends TaskName> = Tasks[Name]["result"] | undefined;

/** Does pieces of work whose order does not matter, with as many threads as it has. Nothing is asynchronous. */
export interface Crew {
  /** Whether so many pieces are worth being gathered for `run`; otherwise it is cheaper to do each where it comes up. */
  isWorthwhile(pieces: number): boolean;

  /**
   * The results of the pieces, in their order. The work begins with the first that is asked for; while the caller is at one result, other threads are at the next
   * ones. It ends with the last, or with `return`: whoever does not want all of them must call that (as `for` and a spread do).
   */
  run<Name extends TaskName>(
    task: Name,
    shared: Tasks[Name]["shared"],
    pieces: readonly Tasks[Name]["piece"][],
  ): Generator<PieceResult<Name>, void, undefined>;
}

/** Each item with the result of the piece in its place. Leaves the run when the caller does. */
export function* withResults<Item, Value>(
  items: Iterable<Item>,
  results: Generator<Value | undefined, void, undefined>,
): Generator<readonly [Item, Value | undefined], void, undefined> {
  try {
    for (const item of items) yield [item, results.next().value ?? undefined];
  } finally {
    results.return();
  }
}

/** A crew of nobody but the caller's thread. */
export const soloCrew: Crew = {
  isWorthwhile: () => false,
  *run(task, shared, pieces) {
    const bench = openBench(task, shared);
    try {
      for (const piece of pieces) yield bench.perform(piece);
    } finally {
      bench.close();
    }
  },
};
