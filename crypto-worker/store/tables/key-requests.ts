import type { RoomId, SessionId } from "../../../protocol/ids.ts";
import type { Database } from "../types.ts";

/** Our requests for Megolm sessions that no device of ours has answered yet; one a session. */
export class KeyRequestTable {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  count(): number {
    return this.#database.prepare<{ n: number }>("SELECT COUNT(*) AS n FROM key_request").first()?.n ?? 0;
  }

  /** The id of the request for this session. */
  find(roomId: RoomId, sessionId: SessionId): string | undefined {
    return this.#database
      .prepare<{ request_id: string }>("SELECT request_id FROM key_request WHERE session_id = ? AND room_id = ?")
      .first(sessionId, roomId)?.request_id;
  }

  /** Replaces an earlier one for the same session. */
  save(roomId: RoomId, sessionId: SessionId, requestId: string): void {
    this.#database
      .prepare("INSERT OR REPLACE INTO key_request (room_id, session_id, request_id) VALUES (?, ?, ?)")
      .run(roomId, sessionId, requestId);
  }

  remove(roomId: RoomId, sessionId: SessionId): void {
    this.#database.prepare("DELETE FROM key_request WHERE session_id = ? AND room_id = ?").run(sessionId, roomId);
  }
}
