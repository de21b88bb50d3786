import type { Curve25519PublicKey, RoomId, SessionId, UserId } from "../../../protocol/ids.ts";
import type { Database } from "../types.ts";

export type WithheldNotice = {
  readonly roomId: RoomId;
  readonly sessionId: SessionId;
  readonly code: string;
  /** Who said so, unproven. */
  readonly sender: UserId;
  /** The claimed key of the session's maker; without it the notice cannot be passed on. */
  readonly senderKey?: Curve25519PublicKey;
};

/** How many notices are kept. */
export type NoticeBounds = { readonly ofSenderInRoom: number; readonly inTotal: number };

/** Why we were told that we do not get a session's key. Unauthenticated: an explanation, never a decision. */
export class WithheldSessionTable {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  codeOf(roomId: RoomId, sessionId: SessionId): string | undefined {
    return this.#database
      .prepare<{ code: string }>("SELECT code FROM withheld_session WHERE session_id = ? AND room_id = ?")
      .first(sessionId, roomId)?.code;
  }

  /**
   * Takes the place of another notice of the session. The oldest go for it: a notice has a number, and those whose number is too far behind are deleted, so
   * that none are counted.
   */
  save({ roomId, sessionId, code, sender, senderKey }: WithheldNotice, { ofSenderInRoom, inTotal }: NoticeBounds): void {
    const places = this.#database
      .prepare<{ place: number; sender_place: number }>(
        `INSERT OR REPLACE INTO withheld_session (room_id, session_id, code, sender, sender_key, place, sender_place)
         VALUES (?, ?, ?, ?, ?,
           1 + COALESCE((SELECT place FROM withheld_session ORDER BY place DESC LIMIT 1), 0),
           1 + COALESCE((SELECT sender_place FROM withheld_session WHERE sender = ? AND room_id = ? ORDER BY sender_place DESC LIMIT 1), 0))
         RETURNING place, sender_place`,
      )
      .first(roomId, sessionId, code, sender, senderKey ?? null, sender, roomId);
    const { place, sender_place: senderPlace } = places ?? { place: 0, sender_place: 0 };
    if (place > inTotal) this.#database.prepare("DELETE FROM withheld_session WHERE place <= ?").run(place - inTotal);
    if (senderPlace > ofSenderInRoom)
      this.#database
        .prepare("DELETE FROM withheld_session WHERE sender = ? AND room_id = ? AND sender_place <= ?")
        .run(sender, roomId, senderPlace - ofSenderInRoom);
  }

  /** Sessions of a room that were withheld with this code, and of which we have no key at all. */
  withCode(roomId: RoomId, code: string): { readonly sessionId: SessionId; readonly senderKey: Curve25519PublicKey }[] {
    return this.#database
      .prepare<{ session_id: SessionId; sender_key: Curve25519PublicKey }>(
        `SELECT session_id, sender_key FROM withheld_session AS withheld
         WHERE room_id = ? AND code = ? AND sender_key IS NOT NULL
         AND NOT EXISTS (SELECT 1 FROM inbound_group_session AS known WHERE known.session_id = withheld.session_id AND known.room_id = withheld.room_id)`,
      )
      .all(roomId, code)
      .map((row) => ({ sessionId: row.session_id, senderKey: row.sender_key }));
  }
}
