import type { MxcUri, RoomId, UserId } from "../../../protocol/ids.ts";
import type { Database } from "../types.ts";

/** A bundle of keys that is on the server. */
export type UploadedBundle = {
  readonly mxc: MxcUri;
  /** SECURITY: the key of the bundle. */
  readonly key: Uint8Array;
  readonly iv: Uint8Array;
  /** Of the ciphertext. */
  readonly sha256: Uint8Array;
};

/** A room's past that somebody who is invited is to be given. */
export type HistoryShare = {
  readonly roomId: RoomId;
  readonly userId: UserId;
  /** Milliseconds since the epoch. */
  readonly createdTs: number;
  readonly uploaded: UploadedBundle | undefined;
};

type Row = {
  room_id: RoomId;
  user_id: UserId;
  created_at: number;
  mxc: MxcUri | null;
  key: Uint8Array | null;
  iv: Uint8Array | null;
  sha256: Uint8Array | null;
};

const COLUMNS = "room_id, user_id, created_at, mxc, key, iv, sha256";

/** What is not shared yet of what invitations promised. */
export class HistoryShareTable {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  all(): HistoryShare[] {
    return this.#database.prepare<Row>(`SELECT ${COLUMNS} FROM history_share ORDER BY created_at`).all().map(fromRow);
  }

  find(roomId: RoomId, userId: UserId): HistoryShare | undefined {
    const row = this.#database.prepare<Row>(`SELECT ${COLUMNS} FROM history_share WHERE room_id = ? AND user_id = ?`).first(roomId, userId);
    return row === undefined ? undefined : fromRow(row);
  }

  /** One that is there already begins anew. */
  add(roomId: RoomId, userId: UserId, createdTs: number): void {
    this.#database
      .prepare("INSERT OR REPLACE INTO history_share (room_id, user_id, created_at) VALUES (?, ?, ?)")
      .run(roomId, userId, createdTs);
  }

  setUploaded(roomId: RoomId, userId: UserId, { mxc, key, iv, sha256 }: UploadedBundle): void {
    this.#database
      .prepare("UPDATE history_share SET mxc = ?, key = ?, iv = ?, sha256 = ? WHERE room_id = ? AND user_id = ?")
      .run(mxc, key, iv, sha256, roomId, userId);
  }

  remove(roomId: RoomId, userId: UserId): void {
    this.#database.prepare("DELETE FROM history_share WHERE room_id = ? AND user_id = ?").run(roomId, userId);
  }
}

function fromRow({ room_id, user_id, created_at, mxc, key, iv, sha256 }: Row): HistoryShare {
  const isUploaded = mxc !== null && key !== null && iv !== null && sha256 !== null;
  return { roomId: room_id, userId: user_id, createdTs: created_at, uploaded: isUploaded ? { mxc, key, iv, sha256 } : undefined };
}
