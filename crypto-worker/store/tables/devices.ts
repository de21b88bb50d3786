import type { Curve25519PublicKey, DeviceId, Ed25519PublicKey, UserId } from "../../../protocol/ids.ts";
import type { Database } from "../types.ts";

/** What the user decided about a device on this device alone. */
export type LocalTrust = "verified" | "blacklisted" | "ignored" | "unset";

/** A device as the store knows it; its keys carried a valid self-signature. */
export type DeviceRecord = {
  readonly userId: UserId;
  readonly deviceId: DeviceId;
  /** Never changes for a device id, even once the device is deleted. */
  readonly ed25519: Ed25519PublicKey;
  readonly curve25519: Curve25519PublicKey;
  readonly algorithms: readonly string[];
  /** From the server, unsigned. */
  readonly displayName: string | undefined;
  /** The server lists it no more. Kept, so that its keys stay bound to its id and old sessions keep their owner. */
  readonly deleted: boolean;
  /** MSC3814: nobody sits behind it, it only collects messages. */
  readonly dehydrated: boolean;
  readonly localTrust: LocalTrust;
  /** The self-signing key whose signature on these keys was checked. Counts only while it is the owner's current one. */
  readonly crossSignedBy: Ed25519PublicKey | undefined;
  /** `m.no_olm` was sent, and no Olm session exists since. */
  readonly withheldCodeSent: boolean;
  /** Milliseconds since the epoch. */
  readonly firstSeenTs: number;
  /** How many Olm sessions this device has started anew; when it grows, a room key that was shared before may never have arrived. */
  readonly olmWedgingIndex: number;
  /** The signed device keys as JSON text. */
  readonly keysJson: string;
};

type Row = {
  user_id: UserId;
  device_id: DeviceId;
  ed25519: Ed25519PublicKey;
  curve25519: Curve25519PublicKey;
  algorithms: string;
  display_name: string | null;
  deleted: number;
  dehydrated: number;
  local_trust: number;
  cross_signed_by: Ed25519PublicKey | null;
  withheld_code_sent: number;
  first_seen_ts: number;
  olm_wedging_index: number;
  keys_json: string;
};

const COLUMNS = `user_id, device_id, ed25519, curve25519, algorithms, display_name, deleted, dehydrated, local_trust, cross_signed_by,
  withheld_code_sent, first_seen_ts, olm_wedging_index, keys_json`;

const LOCAL_TRUST: readonly LocalTrust[] = ["verified", "blacklisted", "ignored", "unset"];

/** Every device that was ever accepted. */
export class DeviceTable {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** All of a user's devices, the deleted ones too. */
  ofUser(userId: UserId): DeviceRecord[] {
    return this.#database.prepare<Row>(`SELECT ${COLUMNS} FROM device WHERE user_id = ? ORDER BY device_id`).all(userId).map(fromRow);
  }

  save(device: DeviceRecord): void {
    this.#database
      .prepare(`INSERT OR REPLACE INTO device (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
      .run(
        device.userId,
        device.deviceId,
        device.ed25519,
        device.curve25519,
        JSON.stringify(device.algorithms),
        device.displayName ?? null,
        device.deleted ? 1 : 0,
        device.dehydrated ? 1 : 0,
        LOCAL_TRUST.indexOf(device.localTrust),
        device.crossSignedBy ?? null,
        device.withheldCodeSent ? 1 : 0,
        device.firstSeenTs,
        device.olmWedgingIndex,
        device.keysJson,
      );
  }
}

function fromRow(row: Row): DeviceRecord {
  return {
    userId: row.user_id,
    deviceId: row.device_id,
    ed25519: row.ed25519,
    curve25519: row.curve25519,
    algorithms: JSON.parse(row.algorithms),
    displayName: row.display_name ?? undefined,
    deleted: row.deleted === 1,
    dehydrated: row.dehydrated === 1,
    localTrust: LOCAL_TRUST[row.local_trust] ?? "unset",
    crossSignedBy: row.cross_signed_by ?? undefined,
    withheldCodeSent: row.withheld_code_sent === 1,
    firstSeenTs: row.first_seen_ts,
    olmWedgingIndex: row.olm_wedging_index,
    keysJson: row.keys_json,
  };
}
