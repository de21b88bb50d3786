import { openBench, type TaskName, type Tasks } from "./tasks.ts";

/** Does pieces of work whose order does not matter, with as many threads as it has. Every call is synchronous: it ends with the last piece. */
export interface Crew {
  /** Whether so many pieces are worth being gathered for `run`; otherwise it is cheaper to do each where it comes up. */
  isWorthwhile(pieces: number): boolean;

  /** The result of each piece, in their order; undefined for one that failed. */
  run<Name extends TaskName>(
    task: Name,
    shared: Tasks[Name]["shared"],
    pieces: readonly Tasks[Name]["piece"][],
  ): (Tasks[Name]["result"] | undefined)[];
}

/** A crew of nobody but the caller's thread. */
export const soloCrew: Crew = {
  isWorthwhile: () => false,
  run(task, shared, pieces) {
    const bench = openBench(task, shared);
    try {
      return pieces.map((piece) => bench.perform(piece));
    } finally {
      bench.close();
    }
  },
};
