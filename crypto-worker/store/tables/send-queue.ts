import type { DeviceId, EventId, RoomId, TransactionId, UserId } from "../../../protocol/ids.ts";
import type { JsonObject } from "../../wire/json.ts";
import type { Database } from "../types.ts";

export type QueuedState = "queued" | "sent" | "failed";

/** A device that may have an event although its verified owner has not signed it. */
export type ToleratedDevice = readonly [userId: UserId, deviceId: DeviceId];

/** One event of ours that the server has not yet given back. */
export type QueuedEvent = {
  /** The order of sending. */
  readonly id: number;
  readonly roomId: RoomId;
  readonly itemId: string;
  readonly transactionId: TransactionId;
  /** Type and content before encryption. */
  readonly type: string;
  readonly content: JsonObject;
  /** The event that an edit, a reaction or a redaction is about; such an entry has no item of its own. */
  readonly target: EventId | undefined;
  readonly createdAt: number;
  readonly state: QueuedState;
  readonly error: string | undefined;
  /** The encrypted content, once made: every further attempt sends exactly this text. */
  readonly ciphertext: string | undefined;
  readonly eventId: EventId | undefined;
  /** What a person said of this event alone. */
  readonly tolerated: readonly ToleratedDevice[];
};

type Row = {
  id: number;
  room_id: RoomId;
  item_id: string;
  txn_id: TransactionId;
  type: string;
  content: string;
  target: EventId | null;
  created_at: number;
  state: QueuedState;
  error: string | null;
  ciphertext: string | null;
  event_id: EventId | null;
  tolerated: string | null;
};

const COLUMNS = "id, room_id, item_id, txn_id, type, content, target, created_at, state, error, ciphertext, event_id, tolerated";

export class SendQueueTable {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  add(event: Pick<QueuedEvent, "roomId" | "itemId" | "transactionId" | "type" | "content" | "target" | "createdAt">): void {
    this.#database
      .prepare(
        "INSERT INTO send_queue (room_id, item_id, txn_id, type, content, target, created_at, state) VALUES (?, ?, ?, ?, ?, ?, ?, 'queued')",
      )
      .run(
        event.roomId,
        event.itemId,
        event.transactionId,
        event.type,
        JSON.stringify(event.content),
        event.target ?? null,
        event.createdAt,
      );
  }

  byItem(itemId: string): QueuedEvent | undefined {
    return this.#one("item_id = ?", itemId);
  }

  byTransaction(transactionId: string): QueuedEvent | undefined {
    return this.#one("txn_id = ?", transactionId);
  }

  byEvent(roomId: RoomId, eventId: EventId): QueuedEvent | undefined {
    return this.#one("room_id = ? AND event_id = ?", roomId, eventId);
  }

  /** The next to be sent in a room, other than some that wait. One that failed does not hold up those behind it. */
  next(roomId: RoomId, besides: readonly string[] = []): QueuedEvent | undefined {
    return this.#one(
      "room_id = ? AND state = 'queued' AND item_id NOT IN (SELECT value FROM json_each(?)) ORDER BY id LIMIT 1",
      roomId,
      JSON.stringify(besides),
    );
  }

  /** Those to be sent in a room that have files, in order. */
  withFiles(roomId: RoomId): QueuedEvent[] {
    return this.#database
      .prepare<Row>(
        `SELECT ${COLUMNS} FROM send_queue WHERE room_id = ? AND state = 'queued' AND item_id IN (SELECT item_id FROM outgoing_attachment) ORDER BY id`,
      )
      .all(roomId)
      .map(fromRow);
  }

  inRoom(roomId: RoomId): QueuedEvent[] {
    return this.#database.prepare<Row>(`SELECT ${COLUMNS} FROM send_queue WHERE room_id = ? ORDER BY id`).all(roomId).map(fromRow);
  }

  /** Entries that change how an event is shown before the server has given them back. */
  aboutEvent(roomId: RoomId, target: EventId): QueuedEvent[] {
    return this.#database
      .prepare<Row>(`SELECT ${COLUMNS} FROM send_queue WHERE room_id = ? AND target = ? ORDER BY id`)
      .all(roomId, target)
      .map(fromRow);
  }

  roomsWaiting(): RoomId[] {
    return this.#database
      .prepare<{ room_id: RoomId }>("SELECT DISTINCT room_id FROM send_queue WHERE state = 'queued'")
      .all()
      .map((row) => row.room_id);
  }

  /** Those that failed for one of these reasons, in order. */
  failedWith(errors: readonly string[]): QueuedEvent[] {
    const marks = errors.map(() => "?").join(", ");
    return this.#database
      .prepare<Row>(`SELECT ${COLUMNS} FROM send_queue WHERE state = 'failed' AND error IN (${marks}) ORDER BY id`)
      .all(...errors)
      .map(fromRow);
  }

  counts(roomId?: RoomId): { pending: number; failed: number } {
    const where = roomId === undefined ? "" : "WHERE room_id = ?";
    const rows = this.#database
      .prepare<{ state: QueuedState; n: number }>(`SELECT state, COUNT(*) AS n FROM send_queue ${where} GROUP BY state`)
      .all(...(roomId === undefined ? [] : [roomId]));
    const of = (state: QueuedState): number => rows.find((row) => row.state === state)?.n ?? 0;
    return { pending: of("queued"), failed: of("failed") };
  }

  setCiphertext(itemId: string, ciphertext: string): void {
    this.#database.prepare("UPDATE send_queue SET ciphertext = ? WHERE item_id = ?").run(ciphertext, itemId);
  }

  setSent(itemId: string, eventId: EventId): void {
    this.#database.prepare("UPDATE send_queue SET state = 'sent', event_id = ?, error = NULL WHERE item_id = ?").run(eventId, itemId);
  }

  setFailed(itemId: string, error: string): void {
    this.#database.prepare("UPDATE send_queue SET state = 'failed', error = ? WHERE item_id = ?").run(error, itemId);
  }

  /** By hand. The server refused the last attempt, so that what was encrypted for it can be given up and made anew for today's members. */
  requeue(itemId: string): void {
    this.#database.prepare("UPDATE send_queue SET state = 'queued', error = NULL, ciphertext = NULL WHERE item_id = ?").run(itemId);
  }

  /** Replaces what was tolerated before. */
  tolerate(itemId: string, devices: readonly ToleratedDevice[]): void {
    this.#database.prepare("UPDATE send_queue SET tolerated = ? WHERE item_id = ?").run(JSON.stringify(devices), itemId);
  }

  remove(itemId: string): void {
    this.#database.prepare("DELETE FROM send_queue WHERE item_id = ?").run(itemId);
  }

  #one(where: string, ...params: string[]): QueuedEvent | undefined {
    const row = this.#database.prepare<Row>(`SELECT ${COLUMNS} FROM send_queue WHERE ${where}`).first(...params);
    return row === undefined ? undefined : fromRow(row);
  }
}

const fromRow = (row: Row): QueuedEvent => ({
  id: row.id,
  roomId: row.room_id,
  itemId: row.item_id,
  transactionId: row.txn_id,
  type: row.type,
  content: JSON.parse(row.content) as JsonObject,
  target: row.target ?? undefined,
  createdAt: row.created_at,
  state: row.state,
  error: row.error ?? undefined,
  ciphertext: row.ciphertext ?? undefined,
  eventId: row.event_id ?? undefined,
  tolerated: row.tolerated === null ? [] : (JSON.parse(row.tolerated) as ToleratedDevice[]),
});
