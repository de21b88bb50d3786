import type { RoomId, SessionId } from "../../../protocol/ids.ts";
import type { HistoryVisibility } from "../../wire/history-visibility.ts";
import type { Database } from "../types.ts";

/** The session that we encrypt a room's messages with. */
export type OutboundSessionRecord = {
  readonly roomId: RoomId;
  readonly sessionId: SessionId;
  /** libolm's pickle, somewhere at or before `reservedIndex`. */
  readonly pickle: string;
  /** Every index below it may have been used. */
  readonly reservedIndex: number;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly rotationPeriodMs: number;
  readonly rotationPeriodMsgs: number;
  readonly historyVisibility: HistoryVisibility;
};

type Row = {
  room_id: RoomId;
  session_id: SessionId;
  pickle: string;
  reserved_index: number;
  created_at: number;
  rotation_period_ms: number;
  rotation_period_msgs: number;
  history_visibility: HistoryVisibility;
};

/** At most one session a room. Removing one removes its shares. */
export class OutboundGroupSessionTable {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  load(roomId: RoomId): OutboundSessionRecord | undefined {
    const row = this.#database
      .prepare<Row>(
        `SELECT room_id, session_id, pickle, reserved_index, created_at, rotation_period_ms, rotation_period_msgs, history_visibility
         FROM outbound_group_session WHERE room_id = ?`,
      )
      .first(roomId);
    return row === undefined
      ? undefined
      : {
          roomId: row.room_id,
          sessionId: row.session_id,
          pickle: row.pickle,
          reservedIndex: row.reserved_index,
          createdAt: row.created_at,
          rotationPeriodMs: row.rotation_period_ms,
          rotationPeriodMsgs: row.rotation_period_msgs,
          historyVisibility: row.history_visibility,
        };
  }

  insert(session: OutboundSessionRecord): void {
    this.#database
      .prepare(
        `INSERT INTO outbound_group_session
         (room_id, session_id, pickle, reserved_index, created_at, rotation_period_ms, rotation_period_msgs, history_visibility)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(
        session.roomId,
        session.sessionId,
        session.pickle,
        session.reservedIndex,
        session.createdAt,
        session.rotationPeriodMs,
        session.rotationPeriodMsgs,
        session.historyVisibility,
      );
  }

  updateRatchet(roomId: RoomId, pickle: string, reservedIndex: number): void {
    this.#database
      .prepare("UPDATE outbound_group_session SET pickle = ?, reserved_index = ? WHERE room_id = ?")
      .run(pickle, reservedIndex, roomId);
  }

  remove(roomId: RoomId): boolean {
    return this.#database.prepare("DELETE FROM outbound_group_session WHERE room_id = ?").run(roomId).changes > 0;
  }
}
