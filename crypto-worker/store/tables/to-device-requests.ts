import type { Database } from "../types.ts";

export type ToDeviceRequestRecord = { readonly id: string; readonly eventType: string; readonly messagesJson: string };

/** To-device requests that were made together with a ratchet step and are not acknowledged; sent again with the same transaction id. */
export class ToDeviceRequestTable {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** In the order in which they were added. */
  all(): ToDeviceRequestRecord[] {
    return this.#database
      .prepare<{ id: string; event_type: string; messages: string }>(
        "SELECT id, event_type, messages FROM to_device_request ORDER BY position",
      )
      .all()
      .map((row) => ({ id: row.id, eventType: row.event_type, messagesJson: row.messages }));
  }

  add(id: string, eventType: string, messagesJson: string): void {
    this.#database.prepare("INSERT INTO to_device_request (id, event_type, messages) VALUES (?, ?, ?)").run(id, eventType, messagesJson);
  }

  has(id: string): boolean {
    return this.#database.prepare("SELECT 1 AS found FROM to_device_request WHERE id = ?").first(id) !== undefined;
  }

  /** False when there is none with this id. */
  remove(id: string): boolean {
    return this.#database.prepare("DELETE FROM to_device_request WHERE id = ?").run(id).changes > 0;
  }
}
