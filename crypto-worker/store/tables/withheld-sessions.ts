import type { Curve25519PublicKey, RoomId, SessionId, UserId } from "../../../protocol/ids.ts";
import type { Database } from "../types.ts";

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

  /** `senderKey` is the claimed key of the session's maker; without it the notice cannot be passed on. */
  save(roomId: RoomId, sessionId: SessionId, code: string, sender: UserId, senderKey?: Curve25519PublicKey): void {
    this.#database
      .prepare("INSERT OR REPLACE INTO withheld_session (room_id, session_id, code, sender, sender_key) VALUES (?, ?, ?, ?, ?)")
      .run(roomId, sessionId, code, sender, senderKey ?? null);
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
