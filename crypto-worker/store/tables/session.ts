import type { Session } from "../../../protocol/control.ts";
import type { Database } from "../types.ts";

type SessionRow = { homeserver: string; user_id: string; device_id: string; access_token: string; refresh_token: string | null };

/** The login that this store belongs to. The access token is kept nowhere else. */
export class SessionTable {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  load(): Session | undefined {
    const row = this.#database
      .prepare<SessionRow>("SELECT homeserver, user_id, device_id, access_token, refresh_token FROM session WHERE id = 1")
      .first();
    return row === undefined
      ? undefined
      : {
          homeserver: row.homeserver,
          userId: row.user_id,
          deviceId: row.device_id,
          accessToken: row.access_token,
          refreshToken: row.refresh_token,
        };
  }

  save(session: Session): void {
    this.#database
      .prepare("INSERT OR REPLACE INTO session (id, homeserver, user_id, device_id, access_token, refresh_token) VALUES (1, ?, ?, ?, ?, ?)")
      .run(session.homeserver, session.userId, session.deviceId, session.accessToken, session.refreshToken);
  }
}
