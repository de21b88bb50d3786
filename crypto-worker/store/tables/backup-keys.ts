import type { Curve25519PublicKey } from "../../../protocol/ids.ts";
import type { Database } from "../types.ts";

/** The backup on the server that our room keys go to. */
export type BackupRecord = { readonly version: string; readonly publicKey: Curve25519PublicKey };

/** SECURITY: `privateKey` reads the whole backup; wrap it in a `Secret` at once. */
export type BackupDecryptionKeyRecord = BackupRecord & { readonly privateKey: Uint8Array };

/** At most one backup that we write to, and at most one key that reads one. */
export class BackupKeyTable {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  load(): BackupRecord | undefined {
    const row = this.#database
      .prepare<{ version: string; public_key: Curve25519PublicKey }>("SELECT version, public_key FROM key_backup")
      .first();
    return row === undefined ? undefined : { version: row.version, publicKey: row.public_key };
  }

  save({ version, publicKey }: BackupRecord): void {
    this.#database.prepare("INSERT OR REPLACE INTO key_backup (id, version, public_key) VALUES (1, ?, ?)").run(version, publicKey);
  }

  remove(): void {
    this.#database.prepare("DELETE FROM key_backup").run();
  }

  loadDecryptionKey(): BackupDecryptionKeyRecord | undefined {
    const row = this.#database
      .prepare<{ version: string; private_key: Uint8Array; public_key: Curve25519PublicKey }>(
        "SELECT version, private_key, public_key FROM backup_decryption_key",
      )
      .first();
    return row === undefined ? undefined : { version: row.version, privateKey: row.private_key, publicKey: row.public_key };
  }

  saveDecryptionKey({ version, privateKey, publicKey }: BackupDecryptionKeyRecord): void {
    this.#database
      .prepare("INSERT OR REPLACE INTO backup_decryption_key (id, version, private_key, public_key) VALUES (1, ?, ?, ?)")
      .run(version, privateKey, publicKey);
  }

  removeDecryptionKey(): void {
    this.#database.prepare("DELETE FROM backup_decryption_key").run();
  }
}
