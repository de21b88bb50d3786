import type { UserId } from "../../../protocol/ids.ts";
import type { Database } from "../types.ts";

/** Whose devices we follow, and for whom the list is out of date. */
export class TrackedUserTable {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  all(): { readonly userId: UserId; readonly dirty: boolean }[] {
    return this.#database
      .prepare<{ user_id: UserId; dirty: number }>("SELECT user_id, dirty FROM tracked_user")
      .all()
      .map((row) => ({ userId: row.user_id, dirty: row.dirty === 1 }));
  }

  save(userId: UserId, dirty: boolean): void {
    this.#database.prepare("INSERT OR REPLACE INTO tracked_user (user_id, dirty) VALUES (?, ?)").run(userId, dirty ? 1 : 0);
  }

  markAllDirty(): void {
    this.#database.prepare("UPDATE tracked_user SET dirty = 1 WHERE dirty = 0").run();
  }

  remove(userId: UserId): void {
    this.#database.prepare("DELETE FROM tracked_user WHERE user_id = ?").run(userId);
  }
}
