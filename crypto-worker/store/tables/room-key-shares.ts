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

const COLUMNS = "request_id, room_id, withheld, message_index, recipients, messages";

/** Who has the key of each room's present session. Kept compact: a row a request. SECURITY: unacknowledged rows hold Olm ciphertext only. */
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
      .prepare<Row>(`SELECT ${COLUMNS} FROM room_key_share WHERE messages IS NOT NULL ORDER BY rowid`)
      .all()
      .map(fromRow);
  }

  /** Rooms whose present key was made for a device with one of these Curve25519 keys. Reads every share. */
  roomsOf(curve25519s: ReadonlySet<string>): Set<RoomId> {
    const rows = this.#database
      .prepare<Pick<Row, "room_id" | "recipients">>("SELECT room_id, recipients FROM room_key_share WHERE withheld = 0")
      .all();
    const rooms = new Set<RoomId>();
    for (const { room_id: roomId, recipients } of rows) {
      if (rooms.has(roomId)) continue;
      const users: readonly ShareRecipients[] = JSON.parse(recipients);
      if (users.some(([, devices]) => devices.some(([, curve25519]) => curve25519s.has(curve25519)))) rooms.add(roomId);
    }
    return rooms;
  }

  insert(share: RoomKeyShare): void {
    this.#database
      .prepare(`INSERT INTO room_key_share (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)`)
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
        "UPDATE room_key_share SET messages = NULL WHERE request_id = ? AND messages IS NOT NULL RETURNING room_id",
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
