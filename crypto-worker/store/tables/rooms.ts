import type { EventId, RoomId, UserId } from "../../../protocol/ids.ts";
import type { RoomPreferences, RoomSummary } from "../../../protocol/messages/room-summary.ts";
import type { Database } from "../types.ts";

export type Membership = "join" | "invite" | "leave" | "ban" | "knock";

/** What the client keeps of a room besides its state, members and events. */
export type RoomRecord = {
  readonly roomId: RoomId;
  readonly membership: Membership;
  /** False once we have left by ourselves: kept for its history and its encryption latch, not shown. */
  readonly listed: boolean;
  /** Undefined only while no m.room.encryption was ever seen; empty for one that names no algorithm. */
  readonly algorithm: string | undefined;
  readonly rotationMs: number | undefined;
  readonly rotationMsgs: number | undefined;
  readonly membersComplete: boolean;
  readonly heroes: readonly UserId[];
  readonly joinedCount: number | undefined;
  readonly invitedCount: number | undefined;
  readonly serverUnread: number;
  readonly serverMentions: number;
  readonly readEventId: EventId | undefined;
  readonly readPosition: number | undefined;
  readonly nextPosition: number;
};

type RoomRow = {
  room_id: RoomId;
  membership: Membership;
  listed: number;
  algorithm: string | null;
  rotation_ms: number | null;
  rotation_msgs: number | null;
  members_complete: number;
  heroes: string;
  joined_count: number | null;
  invited_count: number | null;
  server_unread: number;
  server_mentions: number;
  read_event_id: EventId | null;
  read_position: number | null;
  next_position: number;
};

const COLUMNS = `room_id, membership, listed, algorithm, rotation_ms, rotation_msgs, members_complete, heroes, joined_count, invited_count,
  server_unread, server_mentions, read_event_id, read_position, next_position`;

export class RoomTable {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  load(roomId: RoomId): RoomRecord | undefined {
    const row = this.#database.prepare<RoomRow>(`SELECT ${COLUMNS} FROM room WHERE room_id = ?`).first(roomId);
    return row === undefined ? undefined : fromRow(row);
  }

  /** Makes the row where there is none; an existing one keeps everything but the membership. */
  enter(roomId: RoomId, membership: Membership, listed: boolean): RoomRecord {
    this.#database
      .prepare(
        `INSERT INTO room (room_id, membership, listed) VALUES (?, ?, ?)
         ON CONFLICT (room_id) DO UPDATE SET membership = excluded.membership, listed = excluded.listed`,
      )
      .run(roomId, membership, listed ? 1 : 0);
    const record = this.load(roomId);
    if (record === undefined) throw new Error("the room row vanished within its own transaction");
    return record;
  }

  /** The encryption latch. There is deliberately no way to clear it. */
  latchEncryption(roomId: RoomId, algorithm: string, rotationMs: number | undefined, rotationMsgs: number | undefined): void {
    this.#database
      .prepare("UPDATE room SET algorithm = ?, rotation_ms = ?, rotation_msgs = ? WHERE room_id = ?")
      .run(algorithm, rotationMs ?? null, rotationMsgs ?? null, roomId);
  }

  setMembersComplete(roomId: RoomId, complete: boolean): void {
    this.#database.prepare("UPDATE room SET members_complete = ? WHERE room_id = ?").run(complete ? 1 : 0, roomId);
  }

  setCounts(roomId: RoomId, heroes: readonly UserId[], joined: number | undefined, invited: number | undefined): void {
    this.#database
      .prepare("UPDATE room SET heroes = ?, joined_count = ?, invited_count = ? WHERE room_id = ?")
      .run(JSON.stringify(heroes), joined ?? null, invited ?? null, roomId);
  }

  setServerUnread(roomId: RoomId, unread: number, mentions: number): void {
    this.#database.prepare("UPDATE room SET server_unread = ?, server_mentions = ? WHERE room_id = ?").run(unread, mentions, roomId);
  }

  setRead(roomId: RoomId, eventId: EventId, position: number | undefined): void {
    this.#database.prepare("UPDATE room SET read_event_id = ?, read_position = ? WHERE room_id = ?").run(eventId, position ?? null, roomId);
  }

  /** Our receipt came before its event and finds its place. */
  placeRead(roomId: RoomId, eventId: EventId, position: number): void {
    this.#database
      .prepare("UPDATE room SET read_position = ? WHERE room_id = ? AND read_event_id = ? AND read_position IS NULL")
      .run(position, roomId, eventId);
  }

  setNextPosition(roomId: RoomId, position: number): void {
    this.#database.prepare("UPDATE room SET next_position = ? WHERE room_id = ?").run(position, roomId);
  }

  saveSummary(summary: RoomSummary): void {
    this.#database.prepare("UPDATE room SET summary = ? WHERE room_id = ?").run(JSON.stringify(summary), summary.roomId);
  }

  /** The cached rows of the room list, as JSON texts written by `saveSummary`. */
  summaries(): RoomSummary[] {
    return this.#database
      .prepare<{ summary: string }>("SELECT summary FROM room WHERE listed = 1 AND summary IS NOT NULL")
      .all()
      .map((row) => cachedSummary(row.summary));
  }

  /** Undefined for a room that the list does not show. */
  summary(roomId: RoomId): RoomSummary | undefined {
    const row = this.#database
      .prepare<{ summary: string }>("SELECT summary FROM room WHERE room_id = ? AND listed = 1 AND summary IS NOT NULL")
      .first(roomId);
    return row === undefined ? undefined : cachedSummary(row.summary);
  }

  joined(): RoomId[] {
    return this.#database
      .prepare<{ room_id: RoomId }>("SELECT room_id FROM room WHERE membership = 'join'")
      .all()
      .map((row) => row.room_id);
  }

  /** Keeps the latch: a room that is forgotten and joined again is still encrypted. */
  unlist(roomId: RoomId): void {
    this.#database.prepare("UPDATE room SET listed = 0 WHERE room_id = ?").run(roomId);
  }
}

const fromRow = (row: RoomRow): RoomRecord => ({
  roomId: row.room_id,
  membership: row.membership,
  listed: row.listed === 1,
  algorithm: row.algorithm ?? undefined,
  rotationMs: row.rotation_ms ?? undefined,
  rotationMsgs: row.rotation_msgs ?? undefined,
  membersComplete: row.members_complete === 1,
  heroes: JSON.parse(row.heroes) as UserId[],
  joinedCount: row.joined_count ?? undefined,
  invitedCount: row.invited_count ?? undefined,
  serverUnread: row.server_unread,
  serverMentions: row.server_mentions,
  readEventId: row.read_event_id ?? undefined,
  readPosition: row.read_position ?? undefined,
  nextPosition: row.next_position,
});

/** Rows that were written before a room had preferences have none. */
function cachedSummary(text: string): RoomSummary {
  const none: RoomPreferences = { favourite: false, markedUnread: false, notify: "all" };
  return Object.assign(none, JSON.parse(text) as RoomSummary);
}
