import type { RoomId } from "../../../protocol/ids.ts";
import type { Database } from "../types.ts";

/** History is missing just before the event at `position`; `token` asks the server for it. */
export type Gap = { readonly position: number; readonly token: string };

export class TimelineGapTable {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** The newest gap at or before a position: nothing older than it is contiguous with that position. */
  before(roomId: RoomId, position: number): Gap | undefined {
    return this.#database
      .prepare<Gap>("SELECT position, token FROM timeline_gap WHERE room_id = ? AND position <= ? ORDER BY position DESC LIMIT 1")
      .first(roomId, position);
  }

  open(roomId: RoomId, gap: Gap): void {
    this.#database
      .prepare("INSERT OR REPLACE INTO timeline_gap (room_id, position, token) VALUES (?, ?, ?)")
      .run(roomId, gap.position, gap.token);
  }

  close(roomId: RoomId, position: number): void {
    this.#database.prepare("DELETE FROM timeline_gap WHERE room_id = ? AND position = ?").run(roomId, position);
  }

  drop(roomId: RoomId): void {
    this.#database.prepare("DELETE FROM timeline_gap WHERE room_id = ?").run(roomId);
  }
}
