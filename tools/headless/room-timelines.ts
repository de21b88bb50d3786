import type { ChatContract } from "../../protocol/chat.ts";
import type { PayloadOf } from "../../protocol/define.ts";
import { CodedError } from "../../protocol/errors.ts";
import type { TimelineItem } from "../../protocol/messages/timeline-item.ts";
import type { WorkerLink } from "../../renderer/ui/worker-link.ts";

const PAGE = 100;
const NOT_OPEN: ReadonlySet<string> = new Set(["not-signed-in", "locked", "worker-gone"]);
const NOT_OPEN_WAIT_MS = 50;

type Change = PayloadOf<ChatContract["timelineChanged"]>;

/** One room's timeline as the chat window would hold it. */
class RoomTimeline {
  readonly items = new Map<string, TimelineItem>();
  reachedStart = false;

  apply(change: Change): void {
    for (const id of change.removals) this.items.delete(id);
    if (change.resetBefore !== null) {
      for (const [id, item] of this.items) if (item.position < change.resetBefore) this.items.delete(id);
      this.reachedStart = false;
    }
    for (const item of change.upserts) this.items.set(item.id, item);
  }

  sorted(): TimelineItem[] {
    return [...this.items.values()].toSorted((a, b) => a.position - b.position);
  }
}

/** The timelines that were opened. They stay open, across restarts of the worker too. */
export class RoomTimelines {
  readonly #chat: WorkerLink<ChatContract>;
  readonly #rooms = new Map<string, RoomTimeline>();
  #attached = 0;
  readonly #opening = new Map<string, Promise<RoomTimeline>>();
  readonly #listeners = new Set<(roomId: string, items: readonly TimelineItem[]) => void>();

  constructor(chat: WorkerLink<ChatContract>) {
    this.#chat = chat;
    chat.on("timelineChanged", (change) => {
      const room = this.#rooms.get(change.roomId);
      if (room === undefined) return;
      room.apply(change);
      this.#tell(change.roomId, change.upserts);
    });
    chat.onAttach(() => {
      this.#attached += 1;
      for (const roomId of this.#rooms.keys()) void this.#reload(roomId);
    });
  }

  /** Called with the items of an opened room that are new or have changed. Returns how to stop. */
  watch(listener: (roomId: string, items: readonly TimelineItem[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Oldest first; what is known here of a room that was opened. */
  items(roomId: string): TimelineItem[] {
    return this.#rooms.get(roomId)?.sorted() ?? [];
  }

  find(roomId: string, itemId: string): TimelineItem | undefined {
    return this.#rooms.get(roomId)?.items.get(itemId);
  }

  /** Loads the newest items and follows the room from then on. Throws `CodedError`, `not-found` for a room that is not known (yet). */
  async open(roomId: string): Promise<void> {
    if (this.#rooms.has(roomId)) return;
    const opening = this.#opening.get(roomId) ?? this.#load(roomId).finally(() => this.#opening.delete(roomId));
    this.#opening.set(roomId, opening);
    await opening;
  }

  /** Goes back one page; false where there is nothing older. */
  async loadOlder(roomId: string): Promise<boolean> {
    const room = this.#rooms.get(roomId);
    const oldest = room?.sorted()[0];
    if (room === undefined || room.reachedStart || oldest === undefined) return false;
    const answer = await this.#chat.call("paginateBack", { roomId, before: oldest.position, limit: PAGE });
    if (!answer.ok) throw new CodedError(answer.error.code, answer.error.retryAfterMs);
    for (const item of answer.value.items) if (!room.items.has(item.id)) room.items.set(item.id, item);
    room.reachedStart = answer.value.reachedStart || answer.value.items.length === 0;
    this.#tell(roomId, answer.value.items);
    return !room.reachedStart || answer.value.items.length > 0;
  }

  /** A new worker is there before its account is open; where it dies too, the next one starts this over. */
  async #reload(roomId: string): Promise<void> {
    const attached = this.#attached;
    while (attached === this.#attached) {
      try {
        await this.#load(roomId);
        return;
      } catch (error) {
        if (!(error instanceof CodedError)) throw error;
        if (!NOT_OPEN.has(error.code)) return;
        await new Promise((resolve) => setTimeout(resolve, NOT_OPEN_WAIT_MS));
      }
    }
  }

  async #load(roomId: string): Promise<RoomTimeline> {
    const room = this.#rooms.get(roomId) ?? new RoomTimeline();
    const early: Change[] = [];
    // A change may overtake the answer; it is newer than what the answer holds.
    const stop = this.#chat.on("timelineChanged", (change) => {
      if (change.roomId === roomId) early.push(change);
    });
    try {
      const answer = await this.#chat.call("openTimeline", { roomId, limit: PAGE });
      if (!answer.ok) throw new CodedError(answer.error.code, answer.error.retryAfterMs);
      for (const item of answer.value.items) room.items.set(item.id, item);
      room.reachedStart ||= answer.value.reachedStart;
      for (const change of early) room.apply(change);
    } finally {
      stop();
    }
    this.#rooms.set(roomId, room);
    this.#tell(roomId, [...room.items.values()]);
    return room;
  }

  #tell(roomId: string, items: readonly TimelineItem[]): void {
    for (const listener of this.#listeners) listener(roomId, items);
  }
}
