import type { Curve25519PublicKey, Ed25519PublicKey } from "../../../protocol/ids.ts";
import type { SessionOrigin } from "../../machine/megolm/inbound-session.ts";
import type { SenderData } from "../../machine/megolm/sender-data.ts";
import type { Database } from "../types.ts";
import { senderFromRow, senderValues, type SenderRow } from "./inbound-group-sessions.ts";

type Row = SenderRow & { sender_key: Curve25519PublicKey; signing_key: Ed25519PublicKey | null };

/** Devices that gave us a session as theirs after another one had. At most one of them all has made it, and nothing in the key says which. */
export class SessionClaimTable {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** `session` is the number of a stored session. */
  ofSession(session: number): SessionOrigin[] {
    return this.#database
      .prepare<Row>(
        `SELECT sender_key, signing_key, sender_kind, sender_flags, sender_user_id, sender_device_id, sender_master_key
         FROM session_claim WHERE session = ?`,
      )
      .all(session)
      .map((row) => ({ senderKey: row.sender_key, signingKey: row.signing_key ?? undefined, senderData: senderFromRow(row) }));
  }

  /** False where the device's claim is here, or there are `limit` of this session. */
  add(session: number, { senderKey, signingKey, senderData }: SessionOrigin, limit: number): boolean {
    const added = this.#database
      .prepare(
        `INSERT INTO session_claim (session, sender_key, signing_key, sender_kind, sender_flags, sender_user_id, sender_device_id, sender_master_key)
         SELECT ?, ?, ?, ?, ?, ?, ?, ? WHERE (SELECT COUNT(*) FROM session_claim WHERE session = ?) < ?
         ON CONFLICT DO NOTHING`,
      )
      .run(session, senderKey, signingKey ?? null, ...senderValues(senderData), session, limit);
    return added.changes === 1;
  }

  updateSenderData(session: number, senderKey: Curve25519PublicKey, data: SenderData): void {
    this.#database
      .prepare(
        `UPDATE session_claim SET sender_kind = ?, sender_flags = ?, sender_user_id = ?, sender_device_id = ?, sender_master_key = ?
         WHERE session = ? AND sender_key = ?`,
      )
      .run(...senderValues(data), session, senderKey);
  }
}
