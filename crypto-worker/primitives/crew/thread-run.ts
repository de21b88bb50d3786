import type { PieceResult } from "./crew.ts";
import type { SharedWork } from "./shared-work.ts";
import { openBench, type Bench, type TaskName } from "./tasks.ts";
import type { WorkDone, WorkOrder } from "./work-order.ts";

/** A thread that may have a share in this work. */
export type Helper = { readonly index: number };

type Hooks = {
  /** Gives `accept` of every run that is under way what its threads have sent. */
  readonly receive: (helper: Helper) => void;
  /** Nobody waits for this one again. */
  readonly late: (helper: Helper) => void;
};

/** A thread that has a piece in hand needs a few milliseconds for it. One that takes this long is not waited for again. */
const LATE_MS = 5_000;

/** One list of pieces between the caller's thread and others. */
export class ThreadRun<Name extends TaskName> {
  readonly #order: WorkOrder<Name>;
  readonly #work: SharedWork;
  /** With the news that are known of them. */
  readonly #helpers: Map<Helper, number>;
  readonly #hooks: Hooks;
  /** Of pieces that were not asked for yet. */
  readonly #results = new Map<number, PieceResult<Name>>();

  constructor(order: WorkOrder<Name>, work: SharedWork, helpers: readonly Helper[], hooks: Hooks) {
    this.#order = order;
    this.#work = work;
    this.#helpers = new Map(helpers.map((helper) => [helper, 0]));
    this.#hooks = hooks;
  }

  *results(): Generator<PieceResult<Name>, void, undefined> {
    const { task, shared, pieces } = this.#order;
    const bench = openBench(task, shared);
    try {
      for (const place of pieces.keys()) yield this.#resultOf(place, bench);
    } finally {
      bench.close();
      this.#work.callOff();
      for (const { index } of this.#helpers.keys()) this.#work.dismiss(index);
    }
  }

  accept({ places, results }: WorkDone<Name>): void {
    for (const [at, place] of places.entries()) this.#results.set(place, results[at]);
  }

  /** Until this piece is done, whatever comes next is. */
  #resultOf(place: number, bench: Bench<Name>): PieceResult<Name> {
    for (;;) {
      this.#receive();
      if (this.#results.has(place)) {
        const result = this.#results.get(place);
        this.#results.delete(place);
        return result;
      }
      const next = this.#work.take(this.#order.pieces.length);
      if (next !== undefined) this.#results.set(next, this.#perform(next, bench));
      else if (!this.#waitForHelpers()) return this.#perform(place, bench);
    }
  }

  #perform(place: number, bench: Bench<Name>): PieceResult<Name> {
    // A slice, because a piece may be undefined.
    for (const piece of this.#order.pieces.slice(place, place + 1)) return bench.perform(piece);
    return undefined;
  }

  #receive(): void {
    for (const [helper, known] of this.#helpers) {
      const news = this.#work.news(helper.index);
      if (news === known) continue;
      this.#helpers.set(helper, news);
      this.#hooks.receive(helper);
    }
  }

  /** False when nobody has anything in hand. */
  #waitForHelpers(): boolean {
    for (const [helper, known] of this.#helpers) {
      const outcome = this.#work.dismiss(helper.index) ? "done" : this.#work.waitForNews(helper.index, known, LATE_MS);
      if (outcome === "news") return true;
      this.#helpers.delete(helper);
      if (outcome === "late") this.#hooks.late(helper);
    }
    return false;
  }
}
