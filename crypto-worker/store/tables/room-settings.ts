import type { RoomId } from "../../../protocol/ids.ts";
import type { EncryptionSettings } from "../../wire/encryption-event.ts";
import type { Database } from "../types.ts";

type Row = { algorithm: EncryptionSettings["algorithm"]; rotation_period_ms: number | null; rotation_period_msgs: number | null };

/** What a room's `m.room.encryption` said when we first accepted it. There is no way to remove a row. */
export class RoomSettingsTable {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  load(roomId: RoomId): EncryptionSettings | undefined {
    const row = this.#database
      .prepare<Row>("SELECT algorithm, rotation_period_ms, rotation_period_msgs FROM room_settings WHERE room_id = ?")
      .first(roomId);
    return row === undefined
      ? undefined
      : {
          algorithm: row.algorithm,
          rotationPeriodMs: row.rotation_period_ms ?? undefined,
          rotationPeriodMsgs: row.rotation_period_msgs ?? undefined,
        };
  }

  insert(roomId: RoomId, settings: EncryptionSettings): void {
    this.#database
      .prepare("INSERT INTO room_settings (room_id, algorithm, rotation_period_ms, rotation_period_msgs) VALUES (?, ?, ?, ?)")
      .run(roomId, settings.algorithm, settings.rotationPeriodMs ?? null, settings.rotationPeriodMsgs ?? null);
  }
}
