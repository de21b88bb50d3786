import type { Database } from "../types.ts";

/** Hashes of Olm messages that were decrypted, to tell a message that came twice from a broken session. */
export class OlmHashTable {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  has(hash: Uint8Array): boolean {
    return this.#database.prepare("SELECT 1 FROM olm_hash WHERE hash = ?").first(hash) !== undefined;
  }

  add(hash: Uint8Array, seenTs: number): void {
    this.#database.prepare("INSERT OR IGNORE INTO olm_hash (hash, seen_ts) VALUES (?, ?)").run(hash, seenTs);
  }

  removeBefore(seenTs: number): void {
    this.#database.prepare("DELETE FROM olm_hash WHERE seen_ts < ?").run(seenTs);
  }
}
