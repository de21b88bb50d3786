import type { DeviceId, Ed25519PublicKey } from "../../../protocol/ids.ts";
import type { Database } from "../types.ts";

/** The dehydrated device that we have made: `selfSigningKey` vouches for it. */
export type CreatedDevice = { readonly deviceId: DeviceId; readonly createdTs: number; readonly selfSigningKey: Ed25519PublicKey };

type Row = {
  created_device_id: DeviceId | null;
  created_ts: number | null;
  self_signing_key: Ed25519PublicKey | null;
  rehydrated_device_id: DeviceId | null;
};

/** What we keep for dehydrated devices (MSC3814): the key that reads them, and which of them we have made or read. */
export class DehydrationTable {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** SECURITY: wrap it in a `Secret` at once. */
  loadPickleKey(): Uint8Array | undefined {
    return this.#database.prepare<{ pickle_key: Uint8Array }>("SELECT pickle_key FROM dehydration").first()?.pickle_key;
  }

  /** What another key has made is nothing that we know of. */
  savePickleKey(key: Uint8Array): void {
    this.#database.prepare("INSERT OR REPLACE INTO dehydration (id, pickle_key) VALUES (1, ?)").run(key);
  }

  /** And all that goes with the key. */
  remove(): void {
    this.#database.prepare("DELETE FROM dehydration").run();
  }

  created(): CreatedDevice | undefined {
    const row = this.#row();
    if (row === undefined || row.created_device_id === null || row.created_ts === null || row.self_signing_key === null) return undefined;
    return { deviceId: row.created_device_id, createdTs: row.created_ts, selfSigningKey: row.self_signing_key };
  }

  /** Nothing without a pickle key. */
  saveCreated({ deviceId, createdTs, selfSigningKey }: CreatedDevice): void {
    this.#database
      .prepare("UPDATE dehydration SET created_device_id = ?, created_ts = ?, self_signing_key = ?")
      .run(deviceId, createdTs, selfSigningKey);
  }

  rehydrated(): DeviceId | undefined {
    return this.#row()?.rehydrated_device_id ?? undefined;
  }

  saveRehydrated(deviceId: DeviceId): void {
    this.#database.prepare("UPDATE dehydration SET rehydrated_device_id = ?").run(deviceId);
  }

  #row(): Row | undefined {
    return this.#database
      .prepare<Row>("SELECT created_device_id, created_ts, self_signing_key, rehydrated_device_id FROM dehydration")
      .first();
  }
}
