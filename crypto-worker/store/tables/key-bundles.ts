import type { Curve25519PublicKey, DeviceId, Ed25519PublicKey, RoomId, UserId } from "../../../protocol/ids.ts";
import type { Database } from "../types.ts";

/** Somebody says that keys of a room lie at a place. */
export type ReceivedKeyBundle = {
  readonly roomId: RoomId;
  readonly sender: UserId;
  readonly senderKey: Curve25519PublicKey;
  readonly senderSigningKey: Ed25519PublicKey;
  readonly senderDevice: DeviceId;
  /** Signed by its owner's identity when the bundle came. */
  readonly trusted: boolean;
  /** SECURITY: JSON with the key of the file. */
  readonly fileJson: string;
  /** Milliseconds since the epoch; so are the others. */
  readonly receivedTs: number;
};

export type AcceptedInvite = { readonly roomId: RoomId; readonly inviter: UserId; readonly acceptedTs: number };

type Row = {
  room_id: RoomId;
  sender: UserId;
  sender_key: Curve25519PublicKey;
  sender_signing_key: Ed25519PublicKey;
  sender_device: DeviceId;
  trusted: number;
  file: string;
  received_at: number;
};

const COLUMNS = "room_id, sender, sender_key, sender_signing_key, sender_device, trusted, file, received_at";

/** Bundles of room keys that were announced, and the invites after which one is welcome. */
export class KeyBundleTable {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  find(roomId: RoomId, sender: UserId): ReceivedKeyBundle | undefined {
    const row = this.#database
      .prepare<Row>(`SELECT ${COLUMNS} FROM received_key_bundle WHERE room_id = ? AND sender = ?`)
      .first(roomId, sender);
    return row === undefined ? undefined : fromRow(row);
  }

  /** The latest one of a sender counts; of what a sender announced, the `keep` latest are kept. */
  save(bundle: ReceivedKeyBundle, keep: number): void {
    this.#database
      .prepare(`INSERT OR REPLACE INTO received_key_bundle (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`)
      .run(
        bundle.roomId,
        bundle.sender,
        bundle.senderKey,
        bundle.senderSigningKey,
        bundle.senderDevice,
        bundle.trusted ? 1 : 0,
        bundle.fileJson,
        bundle.receivedTs,
      );
    this.#database
      .prepare(
        `DELETE FROM received_key_bundle WHERE sender = ? AND room_id NOT IN
         (SELECT room_id FROM received_key_bundle WHERE sender = ? ORDER BY received_at DESC LIMIT ?)`,
      )
      .run(bundle.sender, bundle.sender, keep);
  }

  /** All of a room, whoever sent them. */
  removeRoom(roomId: RoomId): void {
    this.#database.prepare("DELETE FROM received_key_bundle WHERE room_id = ?").run(roomId);
  }

  removeBefore(receivedTs: number): void {
    this.#database.prepare("DELETE FROM received_key_bundle WHERE received_at < ?").run(receivedTs);
  }

  invites(): AcceptedInvite[] {
    return this.#database
      .prepare<{ room_id: RoomId; inviter: UserId; accepted_at: number }>("SELECT room_id, inviter, accepted_at FROM accepted_invite")
      .all()
      .map((row) => ({ roomId: row.room_id, inviter: row.inviter, acceptedTs: row.accepted_at }));
  }

  saveInvite({ roomId, inviter, acceptedTs }: AcceptedInvite): void {
    this.#database
      .prepare("INSERT OR REPLACE INTO accepted_invite (room_id, inviter, accepted_at) VALUES (?, ?, ?)")
      .run(roomId, inviter, acceptedTs);
  }

  removeInvite(roomId: RoomId): void {
    this.#database.prepare("DELETE FROM accepted_invite WHERE room_id = ?").run(roomId);
  }

  isRestored(roomId: RoomId): boolean {
    return this.#database.prepare("SELECT 1 AS found FROM restored_room WHERE room_id = ?").first(roomId) !== undefined;
  }

  markRestored(roomId: RoomId): void {
    this.#database.prepare("INSERT OR IGNORE INTO restored_room (room_id) VALUES (?)").run(roomId);
  }
}

function fromRow(row: Row): ReceivedKeyBundle {
  return {
    roomId: row.room_id,
    sender: row.sender,
    senderKey: row.sender_key,
    senderSigningKey: row.sender_signing_key,
    senderDevice: row.sender_device,
    trusted: row.trusted === 1,
    fileJson: row.file,
    receivedTs: row.received_at,
  };
}
