import type { MxcUri, RoomId, UserId } from "../../../protocol/ids.ts";
import type { Database } from "../types.ts";
import type { Membership } from "./rooms.ts";

export type MemberRecord = {
  readonly userId: UserId;
  readonly membership: Membership;
  readonly displayName: string | undefined;
  readonly avatar: MxcUri | undefined;
  /** Who changed the membership last: the inviter of an invited one. */
  readonly sender: UserId;
};

type MemberRow = { user_id: UserId; membership: Membership; display_name: string | null; avatar: MxcUri | null; sender: UserId };

const COLUMNS = "user_id, membership, display_name, avatar, sender";

export class RoomMemberTable {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  load(roomId: RoomId, userId: UserId): MemberRecord | undefined {
    const row = this.#database
      .prepare<MemberRow>(`SELECT ${COLUMNS} FROM room_member WHERE room_id = ? AND user_id = ?`)
      .first(roomId, userId);
    return row === undefined ? undefined : fromRow(row);
  }

  save(roomId: RoomId, member: MemberRecord): void {
    this.#database
      .prepare(
        `INSERT OR REPLACE INTO room_member (room_id, user_id, membership, display_name, avatar, sender, historic) VALUES (?, ?, ?, ?, ?, ?, 0)`,
      )
      .run(roomId, member.userId, member.membership, member.displayName ?? null, member.avatar ?? null, member.sender);
  }

  /** From the state that came with old events: never replaces what is known already. */
  saveHistoric(roomId: RoomId, member: MemberRecord): void {
    this.#database
      .prepare(
        `INSERT OR IGNORE INTO room_member (room_id, user_id, membership, display_name, avatar, sender, historic) VALUES (?, ?, ?, ?, ?, ?, 1)`,
      )
      .run(roomId, member.userId, member.membership, member.displayName ?? null, member.avatar ?? null, member.sender);
  }

  /** Before the whole list is stored: whoever it does not name is no member. */
  drop(roomId: RoomId): void {
    this.#database.prepare("DELETE FROM room_member WHERE room_id = ?").run(roomId);
  }

  all(roomId: RoomId): MemberRecord[] {
    return this.#database
      .prepare<MemberRow>(`SELECT ${COLUMNS} FROM room_member WHERE room_id = ? ORDER BY user_id`)
      .all(roomId)
      .map(fromRow);
  }

  /** Current members only: those from old events may have left since. */
  withMembership(roomId: RoomId, membership: Membership): UserId[] {
    return this.#database
      .prepare<{ user_id: UserId }>(
        "SELECT user_id FROM room_member WHERE room_id = ? AND membership = ? AND historic = 0 ORDER BY user_id",
      )
      .all(roomId, membership)
      .map((row) => row.user_id);
  }

  count(roomId: RoomId, membership: Membership): number {
    return (
      this.#database
        .prepare<{ n: number }>("SELECT COUNT(*) AS n FROM room_member WHERE room_id = ? AND membership = ? AND historic = 0")
        .first(roomId, membership)?.n ?? 0
    );
  }

  /** Whether two people in the room go by this name, so that it alone does not tell who is meant. */
  isNameShared(roomId: RoomId, displayName: string): boolean {
    return (
      this.#database
        .prepare<{ n: number }>(
          "SELECT COUNT(*) AS n FROM (SELECT 1 FROM room_member WHERE room_id = ? AND display_name = ? AND membership IN ('join', 'invite') LIMIT 2)",
        )
        .first(roomId, displayName)?.n === 2
    );
  }

  /** Up to `limit` people who are in the room, or invited, under this name. */
  named(roomId: RoomId, displayName: string, limit: number): UserId[] {
    return this.#database
      .prepare<{ user_id: UserId }>(
        "SELECT user_id FROM room_member WHERE room_id = ? AND display_name = ? AND membership IN ('join', 'invite') LIMIT ?",
      )
      .all(roomId, displayName, limit)
      .map((row) => row.user_id);
  }

  /** Up to `limit` others, joined or invited first, then those who have left: for a name by the spec's rules. */
  others(roomId: RoomId, ourselves: UserId, limit: number): MemberRecord[] {
    return this.#database
      .prepare<MemberRow>(
        `SELECT ${COLUMNS} FROM room_member WHERE room_id = ? AND user_id <> ?
         ORDER BY CASE membership WHEN 'join' THEN 0 WHEN 'invite' THEN 1 ELSE 2 END, user_id LIMIT ?`,
      )
      .all(roomId, ourselves, limit)
      .map(fromRow);
  }
}

const fromRow = (row: MemberRow): MemberRecord => ({
  userId: row.user_id,
  membership: row.membership,
  displayName: row.display_name ?? undefined,
  avatar: row.avatar ?? undefined,
  sender: row.sender,
});
