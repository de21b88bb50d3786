import type { Ed25519PublicKey } from "../../../protocol/ids.ts";
import type { Database } from "../types.ts";

export type CrossSigningUsage = "master" | "self_signing" | "user_signing";

/** SECURITY: `seed` is private; wrap it in a `Secret` at once. */
export type CrossSigningKeyRecord = { readonly usage: CrossSigningUsage; readonly seed: Uint8Array; readonly publicKey: Ed25519PublicKey };

/** The private halves of our own cross-signing keys, as far as this device has them. */
export class CrossSigningKeyTable {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  load(usage: CrossSigningUsage): CrossSigningKeyRecord | undefined {
    const row = this.#database
      .prepare<{ seed: Uint8Array; public_key: Ed25519PublicKey }>("SELECT seed, public_key FROM cross_signing_key WHERE usage = ?")
      .first(usage);
    return row === undefined ? undefined : { usage, seed: row.seed, publicKey: row.public_key };
  }

  save(key: CrossSigningKeyRecord): void {
    this.#database
      .prepare("INSERT OR REPLACE INTO cross_signing_key (usage, seed, public_key) VALUES (?, ?, ?)")
      .run(key.usage, key.seed, key.publicKey);
  }

  remove(usage: CrossSigningUsage): void {
    this.#database.prepare("DELETE FROM cross_signing_key WHERE usage = ?").run(usage);
  }
}
