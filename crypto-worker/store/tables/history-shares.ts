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
};

type Row = { room_id: RoomId; user_id: UserId; created_at: number };
type UploadRow = { mxc: MxcUri; key: Uint8Array; iv: Uint8Array; sha256: Uint8Array };

/** What is not shared yet of what invitations promised. */
export class HistoryShareTable {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Oldest first. SECURITY: read after every sync, and without the keys of bundles. */
  all(): HistoryShare[] {
    return this.#database
      .prepare<Row>("SELECT room_id, user_id, created_at FROM history_share ORDER BY created_at")
      .all()
      .map((row) => ({ roomId: row.room_id, userId: row.user_id, createdTs: row.created_at }));
  }

  has(roomId: RoomId, userId: UserId): boolean {
    return (
      this.#database.prepare("SELECT 1 AS found FROM history_share WHERE room_id = ? AND user_id = ?").first(roomId, userId) !== undefined
    );
  }

  /** The bundle that is on the server already; undefined where there is none, or nothing to be shared. */
  uploaded(roomId: RoomId, userId: UserId): UploadedBundle | undefined {
    return this.#database
      .prepare<UploadRow>("SELECT mxc, key, iv, sha256 FROM history_share WHERE room_id = ? AND user_id = ? AND mxc IS NOT NULL")
      .first(roomId, userId);
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
