import type { EventId, RoomId, SessionId, UserId } from "../../../protocol/ids.ts";
import type { JsonObject } from "../../wire/json.ts";
import type { Database } from "../types.ts";

/** 0: no item of its own (edits, reactions, redactions), 1: a notice about the room, 2: a message. */
export type Shown = 0 | 1 | 2;
/** What push rules made of it: 0 nothing, 1 counts as unread, 2 mentions us. */
export type Notify = 0 | 1 | 2;

export type NewEvent = {
  readonly roomId: RoomId;
  readonly eventId: EventId;
  /** Undefined where an event is known by a relation only. */
  readonly position: number | undefined;
  readonly itemId: string;
  readonly sender: UserId;
  /** Type and content after decryption; as sent where that failed. */
  readonly type: string;
  readonly content: JsonObject;
  readonly stateKey: string | undefined;
  readonly ts: number;
  readonly shown: Shown;
  readonly prevContent: JsonObject | undefined;
  /** The encrypted event as the server gave it, to be decrypted again. */
  readonly source: JsonObject | undefined;
  readonly sessionId: SessionId | undefined;
  readonly utdCode: string | undefined;
  readonly withheldCode: string | undefined;
  /** Our membership when it was sent (MSC4115). */
  readonly senderMembership: string | undefined;
  /** `color code`, or undefined. */
  readonly shield: string | undefined;
  /** Who gave us the key that reads it, where that is not who made it. */
  readonly forwarder: UserId | undefined;
  readonly relation: string | undefined;
  readonly relatesTo: EventId | undefined;
  readonly notify: Notify;
};

export type EventRecord = NewEvent & {
  /** The row, which is the search index's too. */
  readonly row: number;
  readonly redactedBy: UserId | undefined;
  readonly redactionReason: string | undefined;
};

/** What a new attempt to decrypt may change. */
export type Decryption = Pick<
  NewEvent,
  "type" | "content" | "shown" | "sessionId" | "utdCode" | "withheldCode" | "shield" | "forwarder" | "relation" | "relatesTo" | "notify"
>;

type Row = {
  id: number;
  room_id: RoomId;
  event_id: EventId;
  position: number | null;
  item_id: string;
  sender: UserId;
  type: string;
  state_key: string | null;
  ts: number;
  shown: Shown;
  content: string;
  prev_content: string | null;
  source: string | null;
  session_id: SessionId | null;
  utd_code: string | null;
  withheld_code: string | null;
  sender_membership: string | null;
  shield: string | null;
  forwarder: UserId | null;
  relation: string | null;
  relates_to: EventId | null;
  redacted_by: UserId | null;
  redaction_reason: string | null;
  notify: Notify;
};

const COLUMNS = `id, room_id, event_id, position, item_id, sender, type, state_key, ts, shown, content, prev_content, source, session_id, utd_code,
  withheld_code, sender_membership, shield, forwarder, relation, relates_to, redacted_by, redaction_reason, notify`;

export class EventTable {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  load(roomId: RoomId, eventId: EventId): EventRecord | undefined {
    return this.#many("room_id = ? AND event_id = ?", roomId, eventId)[0];
  }

  byRow(row: number): EventRecord | undefined {
    return this.#many("id = ?", row)[0];
  }

  /** Answers with the event as it is stored. */
  insert(event: NewEvent): EventRecord {
    const stored = this.#database
      .prepare<{ id: number }>(
        `INSERT INTO event (room_id, event_id, position, item_id, sender, type, state_key, ts, shown, content, prev_content, source, session_id, utd_code,
           withheld_code, sender_membership, shield, forwarder, relation, relates_to, notify)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`,
      )
      .first(
        event.roomId,
        event.eventId,
        event.position ?? null,
        event.itemId,
        event.sender,
        event.type,
        event.stateKey ?? null,
        event.ts,
        event.shown,
        JSON.stringify(event.content),
        event.prevContent === undefined ? null : JSON.stringify(event.prevContent),
        event.source === undefined ? null : JSON.stringify(event.source),
        event.sessionId ?? null,
        event.utdCode ?? null,
        event.withheldCode ?? null,
        event.senderMembership ?? null,
        event.shield ?? null,
        event.forwarder ?? null,
        event.relation ?? null,
        event.relatesTo ?? null,
        event.notify,
      );
    if (stored === undefined) throw new Error("an insert that returns its row returned none");
    return { ...event, row: stored.id, redactedBy: undefined, redactionReason: undefined };
  }

  /** Gives an event that was known by a relation only its place. */
  place(row: number, position: number): void {
    this.#database.prepare("UPDATE event SET position = ? WHERE id = ?").run(position, row);
  }

  setDecryption(row: number, decryption: Decryption): void {
    this.#database
      .prepare(
        `UPDATE event SET type = ?, content = ?, shown = ?, session_id = ?, utd_code = ?, withheld_code = ?, shield = ?, forwarder = ?, relation = ?, relates_to = ?,
           notify = ? WHERE id = ?`,
      )
      .run(
        decryption.type,
        JSON.stringify(decryption.content),
        decryption.shown,
        decryption.sessionId ?? null,
        decryption.utdCode ?? null,
        decryption.withheldCode ?? null,
        decryption.shield ?? null,
        decryption.forwarder ?? null,
        decryption.relation ?? null,
        decryption.relatesTo ?? null,
        decryption.notify,
        row,
      );
  }

  /** Forgets what the event said, also its ciphertext. A relation stays, so that what it was about can be found and shown anew. */
  redact(row: number, by: UserId, reason: string | undefined): void {
    this.#database
      .prepare(
        `UPDATE event SET content = '{}', prev_content = NULL, source = NULL, utd_code = NULL, withheld_code = NULL, shield = NULL, forwarder = NULL, notify = 0,
           redacted_by = ?, redaction_reason = ? WHERE id = ?`,
      )
      .run(by, reason ?? null, row);
  }

  setItemId(row: number, itemId: string): void {
    this.#database.prepare("UPDATE event SET item_id = ? WHERE id = ?").run(itemId, row);
  }

  /** Shown events older than `before` and not older than `from`, newest first. */
  shownBefore(roomId: RoomId, before: number, from: number, limit: number): EventRecord[] {
    return this.#many(
      "room_id = ? AND shown > 0 AND position < ? AND position >= ? ORDER BY position DESC LIMIT ?",
      roomId,
      before,
      from,
      limit,
    );
  }

  /** The shown event at or before a position: where a receipt on something that is not shown is displayed. */
  shownAt(roomId: RoomId, position: number): EventRecord | undefined {
    return this.#many("room_id = ? AND shown > 0 AND position <= ? ORDER BY position DESC LIMIT 1", roomId, position)[0];
  }

  /** Position of the next shown event after one. */
  nextShown(roomId: RoomId, position: number): number | undefined {
    return this.#database
      .prepare<{ position: number }>(
        "SELECT position FROM event WHERE room_id = ? AND shown > 0 AND position > ? ORDER BY position LIMIT 1",
      )
      .first(roomId, position)?.position;
  }

  latestMessage(roomId: RoomId): EventRecord | undefined {
    return (
      this.#many("room_id = ? AND shown > 0 AND position IS NOT NULL ORDER BY position DESC LIMIT 30", roomId).find(
        (event) => event.shown === 2,
      ) ?? this.#many("room_id = ? AND shown > 0 AND position IS NOT NULL ORDER BY position DESC LIMIT 1", roomId)[0]
    );
  }

  /** What relates to an event: edits, reactions, redactions; oldest first. */
  related(roomId: RoomId, eventId: EventId): EventRecord[] {
    return this.#many("room_id = ? AND relates_to = ? ORDER BY ts, event_id", roomId, eventId);
  }

  undecryptable(roomId: RoomId, sessionId: string): EventRecord[] {
    return this.#many("room_id = ? AND session_id = ? AND utd_code IS NOT NULL ORDER BY position", roomId, sessionId);
  }

  undecryptableCount(): number {
    return (
      this.#database
        .prepare<{ n: number }>(
          "SELECT COUNT(*) AS n FROM event WHERE utd_code IS NOT NULL AND session_id IS NOT NULL AND position IS NOT NULL",
        )
        .first()?.n ?? 0
    );
  }

  /** Unread and mentioning events of others after a position. */
  unreadAfter(roomId: RoomId, position: number): { unread: number; mentions: number } {
    const row = this.#database
      .prepare<{ unread: number; mentions: number | null }>(
        "SELECT COUNT(*) AS unread, SUM(notify = 2) AS mentions FROM event WHERE room_id = ? AND notify > 0 AND position > ?",
      )
      .first(roomId, position);
    return { unread: row?.unread ?? 0, mentions: row?.mentions ?? 0 };
  }

  oldestPosition(roomId: RoomId): number | undefined {
    return (
      this.#database
        .prepare<{ position: number | null }>("SELECT MIN(position) AS position FROM event WHERE room_id = ? AND position IS NOT NULL")
        .first(roomId)?.position ?? undefined
    );
  }

  newestPosition(roomId: RoomId): number | undefined {
    return (
      this.#database
        .prepare<{ position: number | null }>("SELECT MAX(position) AS position FROM event WHERE room_id = ? AND position IS NOT NULL")
        .first(roomId)?.position ?? undefined
    );
  }

  drop(roomId: RoomId): void {
    this.#database.prepare("DELETE FROM search_index WHERE rowid IN (SELECT id FROM event WHERE room_id = ?)").run(roomId);
    this.#database.prepare("DELETE FROM event WHERE room_id = ?").run(roomId);
  }

  #many(where: string, ...params: (string | number)[]): EventRecord[] {
    return this.#database
      .prepare<Row>(`SELECT ${COLUMNS} FROM event WHERE ${where}`)
      .all(...params)
      .map(fromRow);
  }
}

const fromRow = (row: Row): EventRecord => ({
  row: row.id,
  roomId: row.room_id,
  eventId: row.event_id,
  position: row.position ?? undefined,
  itemId: row.item_id,
  sender: row.sender,
  type: row.type,
  content: JSON.parse(row.content) as JsonObject,
  stateKey: row.state_key ?? undefined,
  ts: row.ts,
  shown: row.shown,
  prevContent: row.prev_content === null ? undefined : (JSON.parse(row.prev_content) as JsonObject),
  source: row.source === null ? undefined : (JSON.parse(row.source) as JsonObject),
  sessionId: row.session_id ?? undefined,
  utdCode: row.utd_code ?? undefined,
  withheldCode: row.withheld_code ?? undefined,
  senderMembership: row.sender_membership ?? undefined,
  shield: row.shield ?? undefined,
  forwarder: row.forwarder ?? undefined,
  relation: row.relation ?? undefined,
  relatesTo: row.relates_to ?? undefined,
  redactedBy: row.redacted_by ?? undefined,
  redactionReason: row.redaction_reason ?? undefined,
  notify: row.notify,
});
