import type { EventId } from "../../../protocol/ids.ts";
import type { Database } from "../types.ts";

type Row = { event_id: string; origin_server_ts: number };

/** Which event used each message index: Megolm itself decrypts the same ciphertext any number of times. */
export class MegolmMessageIndexTable {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Takes the index for this event; false when another event has it. `session` is the number of the inbound session. */
  claim(session: number, messageIndex: number, eventId: EventId, originServerTs: number): boolean {
    const inserted = this.#database
      .prepare(
        `INSERT INTO megolm_message_index (session, message_index, event_id, origin_server_ts) VALUES (?, ?, ?, ?)
         ON CONFLICT DO NOTHING`,
      )
      .run(session, messageIndex, eventId, originServerTs);
    if (inserted.changes === 1) return true;
    const holder = this.#database
      .prepare<Row>("SELECT event_id, origin_server_ts FROM megolm_message_index WHERE session = ? AND message_index = ?")
      .first(session, messageIndex);
    return holder?.event_id === eventId && holder.origin_server_ts === originServerTs;
  }
}
