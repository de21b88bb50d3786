import { createHash } from "node:crypto";
import { authorize, powerLevel, roomNotificationLevel, type EventDraft } from "./authorization.ts";
import type { Accounts } from "./accounts.ts";
import { relationType } from "./client-event.ts";
import { isCanonical, objectOr, stringOr, type JsonObject } from "./json.ts";
import { badJson, forbidden, MatrixError, notFound } from "./matrix-error.ts";
import { decidePush, type PushRules } from "./push-rules.ts";
import { randomId } from "./random.ts";
import { redact } from "./redaction.ts";
import { Room, type RoomEvent } from "./room.ts";
import type { Stream } from "./stream.ts";
import type { Unread } from "./unread.ts";
import { mayRead } from "./visibility.ts";

export const defaultRoomVersion = "11";
export const roomVersions: readonly string[] = ["10", "11"];

const maxEventBytes = 65_536;

type Circumstances = { transaction?: { deviceId: string; transactionId: string }; originServerTs?: number; isForced?: boolean };

/** All rooms, and the one way for an event into them. */
export class Rooms {
  readonly #rooms = new Map<string, Room>();
  readonly #aliases = new Map<string, { roomId: string; creator: string }>();
  readonly #ofUser = new Map<string, Set<Room>>();
  readonly #serverName: string;
  readonly #stream: Stream;
  readonly #accounts: Accounts;
  readonly #pushRules: PushRules;
  readonly #unread: Unread;

  constructor(parts: { serverName: string; stream: Stream; accounts: Accounts; pushRules: PushRules; unread: Unread }) {
    this.#serverName = parts.serverName;
    this.#stream = parts.stream;
    this.#accounts = parts.accounts;
    this.#pushRules = parts.pushRules;
    this.#unread = parts.unread;
  }

  open(version: string): Room {
    if (!roomVersions.includes(version)) throw new MatrixError(400, "M_UNSUPPORTED_ROOM_VERSION", "Unsupported room version");
    const room = new Room(`!${randomId(18)}:${this.#serverName}`, version);
    this.#rooms.set(room.roomId, room);
    return room;
  }

  find(roomId: string): Room | undefined {
    return this.#rooms.get(roomId);
  }

  expect(roomId: string): Room {
    const room = this.#rooms.get(roomId);
    if (room === undefined) throw notFound("Unknown room");
    return room;
  }

  /** The room if the user is or was in it. */
  expectReadable(roomId: string, userId: string): Room {
    const room = this.#rooms.get(roomId);
    if (room === undefined || !mayRead(room, userId)) throw forbidden(`User ${userId} not in room ${roomId}`);
    return room;
  }

  /** An event that the user may see, in a room of theirs. */
  expectEvent(room: Room, eventId: string): RoomEvent {
    const event = room.find(eventId);
    if (event === undefined) throw notFound("Could not find event");
    return event;
  }

  all(): Iterable<Room> {
    return this.#rooms.values();
  }

  /** Rooms that a user has or had something to do with. */
  ofUser(userId: string): Iterable<Room> {
    return this.#ofUser.get(userId) ?? [];
  }

  joinedBy(userId: string): Room[] {
    return [...this.ofUser(userId)].filter((room) => room.membership(userId) === "join");
  }

  /** Users in a joined room with this one, themselves included. */
  sharingWith(userId: string): Set<string> {
    const users = new Set([userId]);
    for (const room of this.joinedBy(userId)) for (const member of room.members("join")) users.add(member);
    return users;
  }

  /** Checks a draft, gives it its place in the room, and lets it take effect. */
  append(room: Room, draft: EventDraft, circumstances: Circumstances = {}): RoomEvent {
    if (circumstances.isForced !== true) {
      if (!isCanonical(draft.content)) throw badJson("Event content has numbers that are not safe integers");
      if (Buffer.byteLength(JSON.stringify(draft.content)) > maxEventBytes - 1_000)
        throw new MatrixError(413, "M_TOO_LARGE", "event too large");
      authorize(room, draft);
    }
    const position = this.#stream.advance();
    const event: RoomEvent = {
      position,
      eventId: `$${createHash("sha256")
        .update(`${room.roomId} ${position} ${randomId(16)}`)
        .digest("base64url")}`,
      roomId: room.roomId,
      type: draft.type,
      stateKey: draft.stateKey,
      sender: draft.sender,
      originServerTs: circumstances.originServerTs ?? Date.now(),
      redacts: draft.redacts,
      transaction: circumstances.transaction,
      replaces: draft.stateKey === undefined ? undefined : room.state(draft.type, draft.stateKey),
      content: draft.content,
      redactedBecause: undefined,
    };
    room.append(event);
    this.#takeEffect(room, event);
    return event;
  }

  /** Sets membership with the profile that a member event carries. */
  setMembership(room: Room, sender: string, target: string, membership: string, extra: JsonObject = {}): RoomEvent {
    const profile = membership === "join" || membership === "invite" || membership === "knock" ? this.#accounts.memberProfile(target) : {};
    return this.append(room, { type: "m.room.member", sender, stateKey: target, content: { ...profile, ...extra, membership } });
  }

  setAlias(alias: string, roomId: string, creator: string): void {
    if (!/^#[^:\s]+:.+$/.test(alias)) throw new MatrixError(400, "M_INVALID_PARAM", "Invalid room alias");
    if (this.#aliases.has(alias)) throw new MatrixError(409, "M_UNKNOWN", `Room alias ${alias} already exists`);
    this.#aliases.set(alias, { roomId, creator });
  }

  resolveAlias(alias: string): { roomId: string; creator: string } {
    const found = this.#aliases.get(alias);
    if (found === undefined) throw notFound(`Room alias ${alias} not found.`);
    return found;
  }

  removeAlias(alias: string, userId: string): void {
    if (this.resolveAlias(alias).creator !== userId) throw forbidden("You don't have permission to delete the alias.");
    this.#aliases.delete(alias);
  }

  aliasesOf(roomId: string): string[] {
    return [...this.#aliases].filter(([, target]) => target.roomId === roomId).map(([alias]) => alias);
  }

  #takeEffect(room: Room, event: RoomEvent): void {
    const redacted = event.redacts === undefined ? undefined : room.find(event.redacts);
    if (redacted !== undefined) redact(redacted, event);
    const joined = room.members("join");
    const concerned = new Set(joined);
    if (event.type === "m.room.member" && event.stateKey !== undefined) {
      concerned.add(event.stateKey);
      const rooms = this.#ofUser.get(event.stateKey) ?? new Set<Room>();
      this.#ofUser.set(event.stateKey, rooms.add(room));
      if (room.membership(event.stateKey) !== "leave") room.forgottenBy.delete(event.stateKey);
    }
    this.#countUnread(room, event, joined);
    this.#stream.wake(concerned);
  }

  #countUnread(room: Room, event: RoomEvent, joined: readonly string[]): void {
    const { type, content, sender, roomId, stateKey } = event;
    const pushed = { type, content, sender, room_id: roomId, ...(stateKey === undefined ? {} : { state_key: stateKey }) };
    const shared = {
      memberCount: joined.length,
      senderLevel: powerLevel(room, sender),
      roomNotificationLevel: roomNotificationLevel(room),
    };
    const threadId = relationType(event) === "m.thread" ? stringOr(objectOr(content["m.relates_to"])["event_id"], undefined) : undefined;
    for (const userId of joined) {
      if (userId === sender) continue;
      const displayName = stringOr(room.state("m.room.member", userId)?.content["displayname"], undefined);
      const { notify, highlight } = decidePush(this.#pushRules.of(userId), pushed, { userId, displayName, ...shared });
      if (notify) this.#unread.add(roomId, userId, { position: event.position, highlight, threadId });
    }
  }
}
