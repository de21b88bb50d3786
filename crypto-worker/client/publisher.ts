import type { PayloadOf } from "../../protocol/define.ts";
import type { ChatContract } from "../../protocol/chat.ts";
import type { EventId, RoomId } from "../../protocol/ids.ts";
import type { RoomSummary } from "../../protocol/messages/room-summary.ts";
import type { Account } from "./account.ts";
import type { Changes } from "./changes.ts";
import type { ClientContext } from "./context.ts";
import { pinnedIds } from "./rooms/pins.ts";
import { NameDirectory } from "./rooms/names.ts";
import type { TypingRegister } from "./sync/ephemeral.ts";
import { previewEvent } from "./timeline/preview.ts";
import { rereadEvent } from "./timeline/reread.ts";
import type { Timelines } from "./timeline/timeline.ts";

type Notification = PayloadOf<ChatContract["notification"]>;
/** How many of a room's newest messages are looked at again when a sender's devices change. */
const REVIEWED_EVENTS = 200;

/** Turns what a commit changed into events for the ports. Runs after the commit, on what is on disk. */
export class Publisher {
  readonly #context: ClientContext;
  readonly #timelines: Timelines;
  readonly #typing: TypingRegister;
  readonly #account: Account;
  readonly #watched = new Map<RoomId, number>();
  #lastUnread = "";
  #lastStatus = "";

  constructor(context: ClientContext, timelines: Timelines, typing: TypingRegister, account: Account) {
    this.#context = context;
    this.#timelines = timelines;
    this.#typing = typing;
    this.#account = account;
  }

  watch(roomId: RoomId): () => void {
    this.#watched.set(roomId, (this.#watched.get(roomId) ?? 0) + 1);
    let open = true;
    return () => {
      if (!open) return;
      open = false;
      const left = (this.#watched.get(roomId) ?? 1) - 1;
      if (left === 0) this.#watched.delete(roomId);
      else this.#watched.set(roomId, left);
    };
  }

  publish(changes: Changes): void {
    const { emitter } = this.#context;
    this.#publishRooms(changes);
    for (const [roomId, timeline] of changes.timelines) {
      if (!this.#watched.has(roomId)) continue;
      const payload = this.#timelines.changed(roomId, timeline);
      if (payload.upserts.length > 0 || payload.removals.length > 0 || payload.resetBefore !== null) {
        emitter.emit("timelineChanged", { roomId, ...payload });
      }
    }
    for (const roomId of changes.names.rooms()) {
      if (!this.#watched.has(roomId)) continue;
      const people = changes.names.people(this.#context.store.members, roomId);
      if (people.length > 0) emitter.emit("namesChanged", { roomId, people });
    }
    for (const roomId of this.#pinsChanged(changes)) emitter.emit("pinsChanged", { roomId });
    for (const roomId of changes.members.keys()) emitter.emit("membersChanged", { roomId });
    for (const roomId of changes.typing) emitter.emit("typingChanged", { roomId, userIds: [...this.#typing.in(roomId)] });
    if (changes.deviceOwners.size > 0) {
      emitter.emit("devicesChanged", { userIds: [...changes.deviceOwners].slice(0, 2000) });
      this.#reviewShields(changes);
    }
    for (const { roomId, eventId } of changes.notifications) {
      const notification = this.#notification(roomId, eventId);
      if (notification !== undefined) emitter.emit("notification", notification);
    }
    if (changes.account) emitter.emit("accountChanged", this.#account.view());
    if (changes.rooms.size > 0) this.publishStatus();
  }

  publishStatus(): void {
    const status = this.#account.status();
    const text = JSON.stringify(status);
    if (text === this.#lastStatus) return;
    this.#lastStatus = text;
    this.#context.emitter.emit("statusChanged", status);
  }

  /** What a pinned message says is looked after where its room is shown. */
  #pinsChanged({ pins, timelines }: Changes): Set<RoomId> {
    const changed = new Set(pins);
    for (const [roomId, { events }] of timelines)
      if (this.#watched.has(roomId) && pinnedIds(this.#context, roomId).some((eventId) => events.has(eventId))) changed.add(roomId);
    return changed;
  }

  #publishRooms(changes: Changes): void {
    if (changes.rooms.size === 0) return;
    const { store, emitter } = this.#context;
    const upserts: RoomSummary[] = [];
    const removals: RoomId[] = [];
    for (const roomId of changes.rooms) {
      const summary = store.rooms.summary(roomId);
      if (summary === undefined) removals.push(roomId);
      else upserts.push(summary);
    }
    emitter.emit("roomsChanged", { upserts: upserts.slice(0, 20_000), removals: removals.slice(0, 20_000) });
    const total = this.totalUnread();
    const text = JSON.stringify(total);
    if (text === this.#lastUnread) return;
    this.#lastUnread = text;
    emitter.emit("unread", total);
  }

  /** Over all rooms; an invite counts as one. */
  totalUnread(): { unread: number; mentions: number } {
    let unread = 0;
    let mentions = 0;
    for (const summary of this.#context.store.rooms.summaries()) {
      unread += summary.membership === "invite" ? 1 : summary.unread;
      mentions += summary.mentions;
    }
    return { unread, mentions };
  }

  #notification(roomId: RoomId, eventId: EventId): Notification | undefined {
    const { store } = this.#context;
    const event = store.events.load(roomId, eventId);
    const summary = store.rooms.summary(roomId);
    const room = store.rooms.load(roomId);
    if (event === undefined || event.notify === 0 || summary === undefined || room === undefined) return undefined;
    if (event.position !== undefined && room.readPosition !== undefined && event.position <= room.readPosition) return undefined;
    const names = new NameDirectory(store.members, roomId);
    return {
      roomId,
      eventId,
      roomName: summary.name,
      senderName: names.name(event.sender),
      preview: previewEvent(this.#context, event).preview,
      mention: event.notify === 2,
    };
  }

  /** What was said about a sender's device may be out of date in the timelines that are open. */
  #reviewShields(changes: Changes): void {
    const { store } = this.#context;
    for (const roomId of this.#watched.keys()) {
      const stale = store.events
        .shownBefore(roomId, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, REVIEWED_EVENTS)
        .filter((event) => event.source !== undefined && changes.deviceOwners.has(event.sender));
      if (stale.length === 0) continue;
      this.#context.commit((next) => {
        for (const event of stale) rereadEvent(this.#context, next, event, false);
      });
    }
  }
}
