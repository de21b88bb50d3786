import type { SecretName } from "../../wire/secret-name.ts";
import type { Database } from "../types.ts";

/** SECURITY: `secret` is private; wrap it in a `Secret` at once. */
export type InboxRecord = { readonly name: SecretName; readonly secret: Uint8Array };

/** Secrets that a verified device of ours sent, and that somebody has yet to compare with what they belong to. The last one of each. */
export class SecretsInboxTable {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  all(): InboxRecord[] {
    return this.#database.prepare<InboxRecord>("SELECT name, secret FROM secret_inbox").all();
  }

  has(name: SecretName): boolean {
    return this.#database.prepare("SELECT 1 AS found FROM secret_inbox WHERE name = ?").first(name) !== undefined;
  }

  save({ name, secret }: InboxRecord): void {
    this.#database.prepare("INSERT OR REPLACE INTO secret_inbox (name, secret) VALUES (?, ?)").run(name, secret);
  }

  remove(name: string): void {
    this.#database.prepare("DELETE FROM secret_inbox WHERE name = ?").run(name);
  }
}
