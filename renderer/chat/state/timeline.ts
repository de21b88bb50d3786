import type { ChatContract } from "../../../protocol/chat.ts";
import type { PayloadOf } from "../../../protocol/define.ts";
import type { ErrorCode } from "../../../protocol/errors.ts";
import { Store } from "../../ui/store.ts";
import type { WorkerLink } from "../../ui/worker-link.ts";
import { dropBefore, indexOfEvent, mergeItems, rejoin, renamePeople, takeChanges, type Items } from "./timeline-items.ts";

export type TimelineState = {
  readonly roomId: string | null;
  readonly phase: "closed" | "opening" | "open" | "failed";
  readonly error: ErrorCode | null;
  readonly items: Items;
  readonly reachedStart: boolean;
  /** The oldest item of every page that was loaded. */
  readonly pageStarts: ReadonlySet<string>;
  readonly older: "idle" | "loading" | "failed";
  /** The new-message line goes below this event. */
  readonly readUpTo: string | null;
};

const CLOSED: TimelineState = {
  roomId: null,
  phase: "closed",
  error: null,
  items: [],
  reachedStart: false,
  pageStarts: new Set(),
  older: "idle",
  readUpTo: null,
};

const FIRST_PAGE = 60;
const PAGE = 80;
/** How far a jump to an old message reads back before it gives up. */
const JUMP_PAGES = 25;

/** The open room's timeline: the worker's items and deltas, folded into one value. */
export class Timeline {
  readonly state = new Store<TimelineState>(CLOSED);
  readonly #link: WorkerLink<ChatContract>;
  #marked = "";

  constructor(link: WorkerLink<ChatContract>) {
    this.#link = link;
    link.on("timelineChanged", (change) => this.#apply(change));
    link.on("namesChanged", ({ roomId, people }) =>
      this.state.update((now) => (now.roomId === roomId ? { ...now, items: renamePeople(now.items, people) } : now)),
    );
  }

  /** Shows a room; the one before is no longer listened to. */
  async open(roomId: string): Promise<void> {
    const before = this.state.value.roomId;
    if (before === roomId && this.state.value.phase !== "failed") return;
    if (before !== null) void this.#link.call("closeTimeline", { roomId: before });
    this.#marked = "";
    this.state.set({ ...CLOSED, roomId, phase: "opening" });
    await this.#load(roomId, false);
  }

  /** Asks again after the worker was replaced; what is on screen stays until the answer is there. */
  async reopen(): Promise<void> {
    const { roomId } = this.state.value;
    if (roomId !== null) await this.#load(roomId, true);
  }

  close(): void {
    const { roomId } = this.state.value;
    if (roomId !== null) void this.#link.call("closeTimeline", { roomId });
    this.state.set(CLOSED);
  }

  /** Loads one page of older items; nothing when that is under way or there are none. */
  async loadOlder(): Promise<void> {
    const { roomId, phase, items, reachedStart, older } = this.state.value;
    if (roomId === null || phase !== "open" || reachedStart || older === "loading") return;
    const before = items[0]?.position ?? Number.MAX_SAFE_INTEGER;
    this.state.update((now) => ({ ...now, older: "loading" }));
    const answer = await this.#link.call("paginateBack", { roomId, before, limit: PAGE });
    this.state.update((now) => {
      if (now.roomId !== roomId) return now;
      if (!answer.ok) return { ...now, older: "failed" };
      const items = mergeItems(now.items, answer.value.items);
      return { ...now, older: "idle", items, reachedStart: answer.value.reachedStart, pageStarts: withOldest(now.pageStarts, items) };
    });
  }

  /** Reads back until an event is loaded. False when it is not to be had. */
  async loadUntil(eventId: string): Promise<boolean> {
    for (let page = 0; page < JUMP_PAGES; page++) {
      const { items, reachedStart, older } = this.state.value;
      if (indexOfEvent(items, eventId) >= 0) return true;
      if (reachedStart || older === "failed") return false;
      await this.loadOlder();
    }
    return false;
  }

  /** Tells the worker how far has been read; each event once. */
  markRead(eventId: string, visible: boolean): void {
    const { roomId } = this.state.value;
    if (roomId === null || this.#marked === eventId) return;
    this.#marked = eventId;
    void this.#link.call("markRead", { roomId, eventId, visible });
  }

  /** Moves the new-message line below an event: what comes while nobody looks is new. */
  setReadUpTo(eventId: string | null): void {
    this.state.update((now) => (now.readUpTo === eventId ? now : { ...now, readUpTo: eventId }));
  }

  async #load(roomId: string, keep: boolean): Promise<void> {
    const answer = await this.#link.call("openTimeline", { roomId, limit: FIRST_PAGE });
    this.state.update((now) => {
      if (now.roomId !== roomId) return now;
      if (!answer.ok) return keep ? now : { ...now, phase: "failed", error: answer.error.code };
      const { items, reachedStart, readUpTo } = answer.value;
      const open = { ...now, phase: "open", error: null, older: "idle" } as const;
      if (!keep) {
        const merged = takeChanges({ items, reachedStart }, now.items);
        return { ...open, items: merged, reachedStart, readUpTo, pageStarts: withOldest(new Set(), merged) };
      }
      // What was read back stays where the answer joins on to it, so that the reader's place is kept; across a gap only the answer counts.
      const joined = rejoin(now.items, items);
      return { ...open, items: joined ?? items, reachedStart: joined === null ? reachedStart : now.reachedStart || reachedStart };
    });
  }

  #apply(change: PayloadOf<ChatContract["timelineChanged"]>): void {
    this.state.update((now) => {
      if (change.roomId !== now.roomId) return now;
      const kept = change.resetBefore === null ? now.items : dropBefore(now.items, change.resetBefore);
      const reachedStart = now.reachedStart && change.resetBefore === null;
      const items = takeChanges({ items: kept, reachedStart }, change.upserts, change.removals);
      return change.resetBefore === null ? { ...now, items } : { ...now, items, reachedStart: false, older: "idle" };
    });
  }
}

function withOldest(pageStarts: ReadonlySet<string>, items: Items): ReadonlySet<string> {
  const oldest = items[0];
  return oldest === undefined ? pageStarts : new Set(pageStarts).add(oldest.id);
}
