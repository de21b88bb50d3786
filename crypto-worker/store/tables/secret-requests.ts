import type { SecretName } from "../../wire/secret-name.ts";
import type { Database } from "../types.ts";

export type SecretRequestRecord = { readonly name: SecretName; readonly requestId: string };

/** Our requests for secrets that no device of ours has answered yet; one a secret. */
export class SecretRequestTable {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  all(): SecretRequestRecord[] {
    return this.#database
      .prepare<{ name: SecretName; request_id: string }>("SELECT name, request_id FROM secret_request")
      .all()
      .map((row) => ({ name: row.name, requestId: row.request_id }));
  }

  /** The request of this id. */
  find(requestId: string): SecretRequestRecord | undefined {
    return this.all().find((request) => request.requestId === requestId);
  }

  /** Replaces an earlier one for the same secret. */
  save({ name, requestId }: SecretRequestRecord): void {
    this.#database.prepare("INSERT OR REPLACE INTO secret_request (name, request_id) VALUES (?, ?)").run(name, requestId);
  }

  remove(name: SecretName): void {
    this.#database.prepare("DELETE FROM secret_request WHERE name = ?").run(name);
  }
}
