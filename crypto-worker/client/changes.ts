import type { EventId, RoomId, SessionId, UserId } from "../../protocol/ids.ts";
import { NameChanges } from "./rooms/name-changes.ts";
import type { VerificationGap } from "./verification/verification-gaps.ts";

/** What one transaction changed, as far as anybody outside is told. Gathered while it runs, told once it is on disk. */
export class Changes {
  /** Rooms whose row in the list must be computed anew. */
  readonly rooms = new Set<RoomId>();
  readonly members = new Map<RoomId, Set<UserId>>();
  readonly names = new NameChanges();
  readonly typing = new Set<RoomId>();
  /** Rooms where other messages are pinned. */
  readonly pins = new Set<RoomId>();
  readonly deviceOwners = new Set<UserId>();
  readonly notifications: { readonly roomId: RoomId; readonly eventId: EventId }[] = [];
  account = false;
  /** Types of the account's own data that came. */
  readonly accountData = new Set<string>();
  /** Sessions whose key is missing for an event. */
  readonly unreadable: { readonly roomId: RoomId; readonly sessionId: SessionId }[] = [];
  readonly verificationGaps: VerificationGap[] = [];
  /** Encrypted rooms whose members must be tracked. */
  readonly newMembers = new Map<RoomId, Set<UserId>>();
  readonly #timelines = new Map<RoomId, TimelineChanges>();

  timeline(roomId: RoomId): TimelineChanges {
    const known = this.#timelines.get(roomId);
    if (known !== undefined) return known;
    const fresh: TimelineChanges = { events: new Set(), queued: new Set(), removals: new Set(), resetBefore: undefined };
    this.#timelines.set(roomId, fresh);
    return fresh;
  }

  touchMember(roomId: RoomId, userId: UserId): void {
    const users = this.members.get(roomId) ?? new Set();
    users.add(userId);
    this.members.set(roomId, users);
  }

  get timelines(): ReadonlyMap<RoomId, TimelineChanges> {
    return this.#timelines;
  }

  /** A reading that failed for want of a key notes which; any other is passed over. */
  noteReading(
    roomId: RoomId,
    { utdCode, sessionId }: { readonly utdCode: string | undefined; readonly sessionId: SessionId | undefined },
  ): void {
    if (sessionId === undefined || (utdCode !== "MissingMegolmSession" && utdCode !== "UnknownMegolmMessageIndex")) return;
    this.unreadable.push({ roomId, sessionId });
  }

  /** An event's item must be shown anew: it is new, or something about it changed. */
  touch(roomId: RoomId, eventId: EventId): void {
    this.timeline(roomId).events.add(eventId);
    this.rooms.add(roomId);
  }

  touchQueued(roomId: RoomId, itemId: string): void {
    this.timeline(roomId).queued.add(itemId);
    this.rooms.add(roomId);
  }
}

export type TimelineChanges = {
  readonly events: Set<EventId>;
  readonly queued: Set<string>;
  readonly removals: Set<string>;
  resetBefore: number | undefined;
};
