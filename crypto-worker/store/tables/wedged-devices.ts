import type { DeviceId, UserId } from "../../../protocol/ids.ts";
import type { Database } from "../types.ts";

export type WedgedDevice = { readonly userId: UserId; readonly deviceId: DeviceId };

/** Devices whose messages no session of ours decrypts, and with which a new session is to be made. */
export class WedgedDeviceTable {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  all(): WedgedDevice[] {
    return this.#database
      .prepare<{ user_id: UserId; device_id: DeviceId }>("SELECT user_id, device_id FROM wedged_device")
      .all()
      .map((row) => ({ userId: row.user_id, deviceId: row.device_id }));
  }

  add(userId: UserId, deviceId: DeviceId): void {
    this.#database.prepare("INSERT OR IGNORE INTO wedged_device (user_id, device_id) VALUES (?, ?)").run(userId, deviceId);
  }

  /** False when it was not among them. */
  remove(userId: UserId, deviceId: DeviceId): boolean {
    return this.#database.prepare("DELETE FROM wedged_device WHERE user_id = ? AND device_id = ?").run(userId, deviceId).changes > 0;
  }
}
