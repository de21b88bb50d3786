import type { Curve25519PublicKey, DeviceId, UserId } from "../../../protocol/ids.ts";
import type { Database } from "../types.ts";

/** Our Olm account with everything that decides which keys to make and upload. */
export type AccountRecord = {
  readonly userId: UserId;
  readonly deviceId: DeviceId;
  readonly pickle: string;
  readonly pickleKey: Uint8Array;
  /** What the Ed25519 key of the pickle follows from; undefined for an account that libolm made. SECURITY: secret. */
  readonly signingSeed: Uint8Array | undefined;
  readonly createdTs: number;
  readonly deviceKeysUploaded: boolean;
  /** Undefined until the server told. */
  readonly serverOneTimeKeys: number | undefined;
  /** Private one-time keys in the pickle, published or not; libolm holds 100 and drops the oldest silently. */
  readonly heldOneTimeKeys: number;
  readonly oneTimeKeysTs: number | undefined;
  readonly fallbackKeyTs: number | undefined;
  /** Public halves of the current fallback key and of the one before it, as far as there are any. */
  readonly fallbackKeys: readonly Curve25519PublicKey[];
  /** Those of them of which nothing more is awaited but what is on its way: a message came by them, or nobody was given them. */
  readonly metFallbackKeys: readonly Curve25519PublicKey[];
  /** Since when that is so of the former one, and the current one is on the server; undefined while it is not. */
  readonly formerFallbackKeyTs: number | undefined;
  /** Undefined until the server told that it knows fallback keys. */
  readonly fallbackKeyUsed: boolean | undefined;
};

type Row = {
  user_id: UserId;
  device_id: DeviceId;
  pickle: string;
  pickle_key: Uint8Array;
  created_ts: number;
  device_keys_uploaded: number;
  server_one_time_keys: number | null;
  held_one_time_keys: number;
  one_time_keys_ts: number | null;
  fallback_key_ts: number | null;
  fallback_keys: string;
  fallback_key_used: number | null;
  met_fallback_keys: string;
  former_fallback_key_ts: number | null;
  signing_seed: Uint8Array | null;
};

const COLUMNS = `user_id, device_id, pickle, pickle_key, created_ts, device_keys_uploaded, server_one_time_keys, held_one_time_keys,
  one_time_keys_ts, fallback_key_ts, fallback_keys, fallback_key_used, met_fallback_keys, former_fallback_key_ts, signing_seed`;

/** The one account of this file. */
export class AccountTable {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  load(): AccountRecord | undefined {
    const row = this.#database.prepare<Row>(`SELECT ${COLUMNS} FROM account WHERE id = 1`).first();
    return row === undefined ? undefined : fromRow(row);
  }

  save(account: AccountRecord): void {
    this.#database
      .prepare(`INSERT OR REPLACE INTO account (id, ${COLUMNS}) VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
      .run(
        account.userId,
        account.deviceId,
        account.pickle,
        account.pickleKey,
        account.createdTs,
        account.deviceKeysUploaded ? 1 : 0,
        account.serverOneTimeKeys ?? null,
        account.heldOneTimeKeys,
        account.oneTimeKeysTs ?? null,
        account.fallbackKeyTs ?? null,
        JSON.stringify(account.fallbackKeys),
        account.fallbackKeyUsed === undefined ? null : account.fallbackKeyUsed ? 1 : 0,
        JSON.stringify(account.metFallbackKeys),
        account.formerFallbackKeyTs ?? null,
        account.signingSeed ?? null,
      );
  }
}

function fromRow(row: Row): AccountRecord {
  return {
    userId: row.user_id,
    deviceId: row.device_id,
    pickle: row.pickle,
    pickleKey: row.pickle_key,
    signingSeed: row.signing_seed ?? undefined,
    createdTs: row.created_ts,
    deviceKeysUploaded: row.device_keys_uploaded === 1,
    serverOneTimeKeys: row.server_one_time_keys ?? undefined,
    heldOneTimeKeys: row.held_one_time_keys,
    oneTimeKeysTs: row.one_time_keys_ts ?? undefined,
    fallbackKeyTs: row.fallback_key_ts ?? undefined,
    fallbackKeys: JSON.parse(row.fallback_keys),
    fallbackKeyUsed: row.fallback_key_used === null ? undefined : row.fallback_key_used === 1,
    metFallbackKeys: JSON.parse(row.met_fallback_keys),
    formerFallbackKeyTs: row.former_fallback_key_ts ?? undefined,
  };
}
