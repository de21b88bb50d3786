import type { Database } from "../types.ts";

/** Of one tree, so that a message costs one page; fine enough to forget by. */
const PERIOD_MS = 30 * 24 * 60 * 60 * 1000;

/** The periods that there are, by one look-up each, and in them the hash. */
const FIND = `
  WITH RECURSIVE present (period) AS (
    SELECT MIN(period) FROM olm_hash
    UNION ALL
    SELECT (SELECT MIN(period) FROM olm_hash WHERE period > present.period) FROM present WHERE present.period IS NOT NULL
  )
  SELECT 1 FROM present CROSS JOIN olm_hash ON olm_hash.period = present.period WHERE hash = ?`;

/** Hashes of Olm messages that were decrypted, to tell a message that came twice from a broken session. */
export class OlmHashTable {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  has(hash: Uint8Array): boolean {
    return this.#database.prepare(FIND).first(hash) !== undefined;
  }

  add(hash: Uint8Array, seenTs: number): void {
    this.#database.prepare("INSERT OR IGNORE INTO olm_hash (period, hash) VALUES (?, ?)").run(periodOf(seenTs), hash);
  }

  /** Those of whole periods: what was seen up to 30 days before that may be kept. */
  removeBefore(seenTs: number): void {
    this.#database.prepare("DELETE FROM olm_hash WHERE period < ?").run(periodOf(seenTs));
  }
}

const periodOf = (ts: number): number => Math.floor(ts / PERIOD_MS);
