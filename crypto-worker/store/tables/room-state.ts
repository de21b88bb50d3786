import type { EventId, RoomId, UserId } from "../../../protocol/ids.ts";
import type { JsonObject } from "../../wire/json.ts";
import type { Database } from "../types.ts";

export type StateRecord = {
  readonly type: string;
  readonly stateKey: string;
  /** Undefined for the stripped state of an invite. */
  readonly eventId: EventId | undefined;
  readonly sender: UserId;
  readonly content: JsonObject;
};

type StateRow = { type: string; state_key: string; event_id: EventId | null; sender: UserId; content: string };

/** The current state of every room, members excepted. */
export class RoomStateTable {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  load(roomId: RoomId, type: string, stateKey = ""): StateRecord | undefined {
    const row = this.#database
      .prepare<StateRow>(
        "SELECT type, state_key, event_id, sender, content FROM room_state WHERE room_id = ? AND type = ? AND state_key = ?",
      )
      .first(roomId, type, stateKey);
    return row === undefined
      ? undefined
      : {
          type: row.type,
          stateKey: row.state_key,
          eventId: row.event_id ?? undefined,
          sender: row.sender,
          content: JSON.parse(row.content) as JsonObject,
        };
  }

  save(roomId: RoomId, state: StateRecord): void {
    this.#database
      .prepare("INSERT OR REPLACE INTO room_state (room_id, type, state_key, event_id, sender, content) VALUES (?, ?, ?, ?, ?, ?)")
      .run(roomId, state.type, state.stateKey, state.eventId ?? null, state.sender, JSON.stringify(state.content));
  }

  /** What an invite showed is replaced by the real state on joining. */
  dropStripped(roomId: RoomId): void {
    this.#database.prepare("DELETE FROM room_state WHERE room_id = ? AND event_id IS NULL").run(roomId);
  }

  drop(roomId: RoomId): void {
    this.#database.prepare("DELETE FROM room_state WHERE room_id = ?").run(roomId);
  }
}
