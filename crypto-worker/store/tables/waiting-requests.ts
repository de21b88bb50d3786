import type { DeviceId, RoomId, SessionId, UserId } from "../../../protocol/ids.ts";
import type { SecretName } from "../../wire/secret-name.ts";
import type { Database } from "../types.ts";

/** Who asks, as they say; nothing of it is proven. */
export type RequestOrigin = { readonly userId: UserId; readonly deviceId: DeviceId; readonly requestId: string };

export type WaitingRequestRecord = RequestOrigin & {
  readonly wanted:
    | { readonly kind: "secret"; readonly name: SecretName }
    | { readonly kind: "room-key"; readonly roomId: RoomId; readonly sessionId: SessionId };
  readonly receivedTs: number;
};

type Row = {
  user_id: UserId;
  device_id: DeviceId;
  request_id: string;
  secret_name: SecretName | null;
  room_id: RoomId | null;
  session_id: SessionId | null;
  received_ts: number;
};

const COLUMNS = "user_id, device_id, request_id, secret_name, room_id, session_id, received_ts";

/** Requests of other devices that cannot be answered yet. */
export class WaitingRequestTable {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  all(): WaitingRequestRecord[] {
    return this.#database.prepare<Row>(`SELECT ${COLUMNS} FROM waiting_request`).all().flatMap(fromRow);
  }

  count(): number {
    return this.#database.prepare<{ n: number }>("SELECT COUNT(*) AS n FROM waiting_request").first()?.n ?? 0;
  }

  /** The first request of an id stays. */
  add({ userId, deviceId, requestId, wanted, receivedTs }: WaitingRequestRecord): void {
    const name = wanted.kind === "secret" ? wanted.name : null;
    const [roomId, sessionId] = wanted.kind === "room-key" ? [wanted.roomId, wanted.sessionId] : [null, null];
    this.#database
      .prepare(`INSERT OR IGNORE INTO waiting_request (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)`)
      .run(userId, deviceId, requestId, name, roomId, sessionId, receivedTs);
  }

  remove({ userId, deviceId, requestId }: RequestOrigin): void {
    this.#database
      .prepare("DELETE FROM waiting_request WHERE user_id = ? AND device_id = ? AND request_id = ?")
      .run(userId, deviceId, requestId);
  }
}

function fromRow(row: Row): WaitingRequestRecord[] {
  const origin = { userId: row.user_id, deviceId: row.device_id, requestId: row.request_id, receivedTs: row.received_ts };
  if (row.secret_name !== null) return [{ ...origin, wanted: { kind: "secret", name: row.secret_name } }];
  if (row.room_id === null || row.session_id === null) return [];
  return [{ ...origin, wanted: { kind: "room-key", roomId: row.room_id, sessionId: row.session_id } }];
}
