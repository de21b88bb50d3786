import type { EventId, RoomId, UserId } from "../../../protocol/ids.ts";
import type { Database } from "../types.ts";

export type Receipt = { readonly userId: UserId; readonly eventId: EventId; readonly ts: number; readonly position: number | undefined };

type ReceiptRow = { user_id: UserId; event_id: EventId; ts: number; position: number | null };

/** The newest read receipt of everybody else, one a room and person. Ours is in the room's row. */
export class ReceiptTable {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  load(roomId: RoomId, userId: UserId): Receipt | undefined {
    const row = this.#database
      .prepare<ReceiptRow>("SELECT user_id, event_id, ts, position FROM receipt WHERE room_id = ? AND user_id = ?")
      .first(roomId, userId);
    return row === undefined ? undefined : fromRow(row);
  }

  save(roomId: RoomId, receipt: Receipt): void {
    this.#database
      .prepare("INSERT OR REPLACE INTO receipt (room_id, user_id, event_id, ts, position) VALUES (?, ?, ?, ?, ?)")
      .run(roomId, receipt.userId, receipt.eventId, receipt.ts, receipt.position ?? null);
  }

  /** Receipts that came before their event find their place. */
  place(roomId: RoomId, eventId: EventId, position: number): void {
    this.#database
      .prepare("UPDATE receipt SET position = ? WHERE room_id = ? AND event_id = ? AND position IS NULL")
      .run(position, roomId, eventId);
  }

  /** Receipts on the items from `from` up to, not including, `until`. */
  between(roomId: RoomId, from: number, until: number, limit: number): Receipt[] {
    return this.#database
      .prepare<ReceiptRow>(
        "SELECT user_id, event_id, ts, position FROM receipt WHERE room_id = ? AND position >= ? AND position < ? ORDER BY position DESC, ts DESC LIMIT ?",
      )
      .all(roomId, from, until, limit)
      .map(fromRow);
  }

  drop(roomId: RoomId): void {
    this.#database.prepare("DELETE FROM receipt WHERE room_id = ?").run(roomId);
  }
}

const fromRow = (row: ReceiptRow): Receipt => ({
  userId: row.user_id,
  eventId: row.event_id,
  ts: row.ts,
  position: row.position ?? undefined,
});
