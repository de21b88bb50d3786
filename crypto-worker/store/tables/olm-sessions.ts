import type { Curve25519PublicKey } from "../../../protocol/ids.ts";
import type { Database } from "../types.ts";

export type OlmSessionRecord = {
  readonly sessionId: string;
  readonly curve25519: Curve25519PublicKey;
  readonly pickle: string;
  readonly createdTs: number;
  /** Last successful decryption, at first the creation; strictly ascending among the sessions with one device. */
  readonly usedTs: number;
};

type Row = { session_id: string; pickle: string; created_ts: number; used_ts: number };

/** Olm sessions by the other device's identity key. */
export class OlmSessionTable {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** The one to encrypt with comes first. */
  withDevice(curve25519: Curve25519PublicKey): OlmSessionRecord[] {
    return this.#database
      .prepare<Row>("SELECT session_id, pickle, created_ts, used_ts FROM olm_session WHERE curve25519 = ? ORDER BY used_ts DESC")
      .all(curve25519)
      .map((row) => ({ sessionId: row.session_id, curve25519, pickle: row.pickle, createdTs: row.created_ts, usedTs: row.used_ts }));
  }

  insert(session: OlmSessionRecord): void {
    this.#database
      .prepare("INSERT INTO olm_session (curve25519, session_id, pickle, created_ts, used_ts) VALUES (?, ?, ?, ?, ?)")
      .run(session.curve25519, session.sessionId, session.pickle, session.createdTs, session.usedTs);
  }

  update({ curve25519, sessionId, pickle, usedTs }: Omit<OlmSessionRecord, "createdTs">): void {
    this.#database
      .prepare("UPDATE olm_session SET pickle = ?, used_ts = ? WHERE curve25519 = ? AND session_id = ?")
      .run(pickle, usedTs, curve25519, sessionId);
  }

  remove(curve25519: Curve25519PublicKey, sessionId: string): void {
    this.#database.prepare("DELETE FROM olm_session WHERE curve25519 = ? AND session_id = ?").run(curve25519, sessionId);
  }
}
