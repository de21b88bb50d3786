import type { RoomId, SessionId, UserId } from "../../../protocol/ids.ts";
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

  save(roomId: RoomId, sessionId: SessionId, code: string, sender: UserId): void {
    this.#database
      .prepare("INSERT OR REPLACE INTO withheld_session (room_id, session_id, code, sender) VALUES (?, ?, ?, ?)")
      .run(roomId, sessionId, code, sender);
  }
}
