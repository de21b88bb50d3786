import type { RoomId } from "../../../protocol/ids.ts";
import type { Database } from "../types.ts";

/** Rooms whose keys go to trusted devices only, whatever holds elsewhere. */
export class OnlyTrustedRoomTable {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  has(roomId: RoomId): boolean {
    return this.#database.prepare("SELECT 1 FROM only_trusted_room WHERE room_id = ?").first(roomId) !== undefined;
  }

  add(roomId: RoomId): void {
    this.#database.prepare("INSERT OR IGNORE INTO only_trusted_room (room_id) VALUES (?)").run(roomId);
  }

  remove(roomId: RoomId): void {
    this.#database.prepare("DELETE FROM only_trusted_room WHERE room_id = ?").run(roomId);
  }
}
