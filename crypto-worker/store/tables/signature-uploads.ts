import type { Database } from "../types.ts";

export type SignatureUploadRecord = { readonly id: string; readonly bodyJson: string };

/** Signatures that verifications led to and that the server has not acknowledged: others see a verification only through them. */
export class SignatureUploadTable {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** In the order in which they were added. */
  all(): SignatureUploadRecord[] {
    return this.#database
      .prepare<{ id: string; body: string }>("SELECT id, body FROM signature_upload ORDER BY position")
      .all()
      .map(({ id, body }) => ({ id, bodyJson: body }));
  }

  add(id: string, bodyJson: string): void {
    this.#database.prepare("INSERT INTO signature_upload (id, body) VALUES (?, ?)").run(id, bodyJson);
  }

  /** False when there is none with this id. */
  remove(id: string): boolean {
    return this.#database.prepare("DELETE FROM signature_upload WHERE id = ?").run(id).changes > 0;
  }
}
