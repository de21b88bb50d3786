import type { RoomId } from "../../../protocol/ids.ts";
import type { Database } from "../types.ts";

/** One to-device request of a room key, and who it goes to. */
export type RoomKeyShare = {
  /** The transaction id too. */
  readonly requestId: string;
  readonly roomId: RoomId;
  /** The recipients are told that they get no key. */
  readonly withheld: boolean;
  /** From which the recipients can decrypt. */
  readonly messageIndex: number;
  readonly recipients: readonly ShareRecipients[];
  /** The `messages` of the request as JSON text; undefined once it was acknowledged. */
  readonly messages: string | undefined;
};

/** A user's devices: id, Curve25519 key, and the wedging index at the time (or the code of a withheld notice). */
export type ShareRecipients = readonly [
  userId: string,
  devices: readonly (readonly [deviceId: string, curve25519: string, detail: number | string])[],
];

type Row = { request_id: string; room_id: RoomId; withheld: number; message_index: number; recipients: string; messages: string | null };

const COLUMNS = "request_id, room_id, withheld, message_index, recipients, CASE WHEN acknowledged = 0 THEN messages END AS messages";

/** Who has the key of each room's present session. Kept compact: a row a request. SECURITY: messages are Olm ciphertext only. */
export class RoomKeyShareTable {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** In the order in which they were made. */
  ofRoom(roomId: RoomId): RoomKeyShare[] {
    return this.#database.prepare<Row>(`SELECT ${COLUMNS} FROM room_key_share WHERE room_id = ? ORDER BY rowid`).all(roomId).map(fromRow);
  }

  /** All that were not acknowledged, oldest first. */
  pending(): RoomKeyShare[] {
    return this.#database
      .prepare<Row>(`SELECT ${COLUMNS} FROM room_key_share WHERE messages IS NOT NULL AND acknowledged = 0 ORDER BY rowid`)
      .all()
      .map(fromRow);
  }

  /**
   * Rooms whose present key was sent to a device with one of these Curve25519 keys; also one where somebody has such a key for a device id. The texts are
   * searched and not parsed: base64 stands in JSON as it is.
   */
  roomsOf(curve25519s: Iterable<string>): RoomId[] {
    return this.#database
      .prepare<Pick<Row, "room_id">>(
        `SELECT DISTINCT room_id FROM room_key_share
         WHERE withheld = 0 AND EXISTS (SELECT 1 FROM json_each(?) AS quoted WHERE instr(recipients, quoted.value) > 0)`,
      )
      .all(JSON.stringify([...curve25519s].map((key) => `"${key}"`)))
      .map((row) => row.room_id);
  }

  /** In the place of messages that are acknowledged. */
  insert(share: RoomKeyShare): void {
    this.#database.prepare("UPDATE room_key_share SET messages = NULL WHERE messages IS NOT NULL AND acknowledged = 1").run();
    this.#database
      .prepare(
        `INSERT INTO room_key_share (request_id, room_id, withheld, message_index, recipients, messages, acknowledged)
         VALUES (?, ?, ?, ?, ?, ?, 0)`,
      )
      .run(
        share.requestId,
        share.roomId,
        share.withheld ? 1 : 0,
        share.messageIndex,
        JSON.stringify(share.recipients),
        share.messages ?? null,
      );
  }

  /** The room of a request that waits for its answer, or undefined when there is none of this id. */
  acknowledge(requestId: string): RoomId | undefined {
    return this.#database
      .prepare<{ room_id: RoomId }>(
        "UPDATE room_key_share SET acknowledged = 1 WHERE request_id = ? AND acknowledged = 0 RETURNING room_id",
      )
      .first(requestId)?.room_id;
  }
}

function fromRow(row: Row): RoomKeyShare {
  return {
    requestId: row.request_id,
    roomId: row.room_id,
    withheld: row.withheld === 1,
    messageIndex: row.message_index,
    recipients: JSON.parse(row.recipients),
    messages: row.messages ?? undefined,
  };
}
