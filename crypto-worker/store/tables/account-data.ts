import type { RoomId } from "../../../protocol/ids.ts";
import type { JsonObject } from "../../wire/json.ts";
import type { Database } from "../types.ts";

/** Account data as last synced, the account's own and per room. */
export class AccountDataTable {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  load(type: string, roomId?: RoomId): JsonObject | undefined {
    const row = this.#database
      .prepare<{ content: string }>("SELECT content FROM account_data WHERE room_id = ? AND type = ?")
      .first(roomId ?? "", type);
    return row === undefined ? undefined : (JSON.parse(row.content) as JsonObject);
  }

  save(type: string, content: JsonObject, roomId?: RoomId): void {
    this.#database
      .prepare("INSERT OR REPLACE INTO account_data (room_id, type, content) VALUES (?, ?, ?)")
      .run(roomId ?? "", type, JSON.stringify(content));
  }
}
