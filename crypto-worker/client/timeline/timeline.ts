import type { EventId, RoomId } from "../../../protocol/ids.ts";
import { CodedError } from "../../../protocol/errors.ts";
import type { TimelineItem } from "../../../protocol/messages/timeline-item.ts";
import type { TimelineChanges } from "../changes.ts";
import type { ClientContext } from "../context.ts";
import type { EventRecord } from "../../store/tables/events.ts";
import { ECHO_POSITIONS, ItemAssembler } from "./item.ts";
import { MissingEvents } from "./missing-events.ts";
import { fillGap } from "./pagination.ts";
import { reviewShields } from "./reread.ts";

export type TimelinePage = { readonly items: TimelineItem[]; readonly reachedStart: boolean };

/** How often one page may ask the server, where much of what it answers shows nothing. */
const MAX_REQUESTS_A_PAGE = 12;

/** Timelines as a page reads them: from the store first, from the server where the store has a gap. */
export class Timelines {
  readonly #context: ClientContext;
  readonly #isSending: (itemId: string) => boolean;
  readonly #missing: MissingEvents;
  readonly #filling = new Map<RoomId, Promise<boolean>>();

  constructor(context: ClientContext, isSending: (itemId: string) => boolean) {
    this.#context = context;
    this.#isSending = isSending;
    this.#missing = new MissingEvents(context);
  }

  open(roomId: RoomId, limit: number): TimelinePage & { readonly readUpTo: EventId | null } {
    const room = this.#context.store.rooms.load(roomId);
    if (room === undefined) throw new CodedError("not-found");
    const page = this.#stored(roomId, ECHO_POSITIONS, limit);
    reviewShields(this.#context, page.events);
    const assembler = new ItemAssembler(this.#context, roomId, this.#missing);
    const echoes = this.#context.store.sendQueue
      .inRoom(roomId)
      .flatMap((entry) => assembler.fromQueue(entry, this.#isSending(entry.itemId)) ?? []);
    const items = page.events.flatMap((event) => assembler.fromEvent(this.#context.store.events.byRow(event.row) ?? event) ?? []);
    return { items: [...items, ...echoes].slice(-200), reachedStart: page.reachedStart, readUpTo: room.readEventId ?? null };
  }

  /** Fills gaps until the page is full or the start is reached. Throws only where there is nothing at all to show. */
  async before(roomId: RoomId, before: number, limit: number, signal: AbortSignal): Promise<TimelinePage> {
    if (this.#context.store.rooms.load(roomId) === undefined) throw new CodedError("not-found");
    for (let requests = 0; ; requests += 1) {
      const page = this.#stored(roomId, before, limit);
      const isEnough = page.events.length >= limit || page.gap === undefined || requests >= MAX_REQUESTS_A_PAGE || signal.aborted;
      if (isEnough) return this.#assemble(roomId, page);
      const failure = await this.#fill(roomId, page.gap.position, Math.max(limit, 50));
      if (failure === undefined) continue;
      if (page.events.length > 0) return this.#assemble(roomId, page);
      throw failure;
    }
  }

  /** The items that a transaction changed, for a page that has the timeline open. */
  changed(roomId: RoomId, changes: TimelineChanges): { upserts: TimelineItem[]; removals: string[]; resetBefore: number | null } {
    const { store } = this.#context;
    const assembler = new ItemAssembler(this.#context, roomId, this.#missing);
    const upserts: TimelineItem[] = [];
    for (const eventId of changes.events) {
      const event = store.events.load(roomId, eventId);
      const item = event === undefined ? undefined : assembler.fromEvent(event);
      if (item !== undefined) upserts.push(item);
    }
    for (const itemId of changes.queued) {
      const entry = store.sendQueue.byItem(itemId);
      const item = entry === undefined ? undefined : assembler.fromQueue(entry, this.#isSending(itemId));
      if (item !== undefined) upserts.push(item);
    }
    const shown = new Set(upserts.map((item) => item.id));
    return {
      upserts: upserts.sort((a, b) => a.position - b.position).slice(-2000),
      removals: [...changes.removals].filter((id) => !shown.has(id)).slice(0, 2000),
      resetBefore: changes.resetBefore ?? null,
    };
  }

  #stored(roomId: RoomId, before: number, limit: number): Page {
    const { events, gaps } = this.#context.store;
    // What is contiguous with `before` begins at the newest gap below it. An event at the gap's own position is on this side of it.
    const gap = gaps.before(roomId, before);
    const page = events.shownBefore(roomId, before, gap?.position ?? Number.MIN_SAFE_INTEGER, limit).reverse();
    return { events: page, gap, reachedStart: gap === undefined && page.length < limit };
  }

  #assemble(roomId: RoomId, page: Page): TimelinePage {
    const assembler = new ItemAssembler(this.#context, roomId, this.#missing);
    return { items: page.events.flatMap((event) => assembler.fromEvent(event) ?? []), reachedStart: page.reachedStart };
  }

  /** One request a room at a time: two pages that meet at the same gap share it. */
  async #fill(roomId: RoomId, position: number, limit: number): Promise<CodedError | undefined> {
    const running = this.#filling.get(roomId);
    if (running !== undefined) {
      await running;
      return undefined;
    }
    let failure: CodedError | undefined;
    const run = fillGap(this.#context, roomId, position, limit).then(
      () => true,
      (error: unknown) => {
        if (!(error instanceof CodedError)) throw error;
        failure = error;
        return false;
      },
    );
    this.#filling.set(roomId, run);
    try {
      await run;
    } finally {
      this.#filling.delete(roomId);
    }
    return failure;
  }
}

type Page = {
  readonly events: readonly EventRecord[];
  readonly gap: { readonly position: number } | undefined;
  readonly reachedStart: boolean;
};
