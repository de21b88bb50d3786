import { makeClientTables } from "./migrate.ts";
import type { Database, Statement } from "./types.ts";

/**
 * The database as the client's tables see it: the first statement about any of them makes them all where the file does not have them yet, in the open
 * transaction if there is one. A machine without a client does not pay for them.
 */
export class ClientTables implements Database {
  readonly #database: Database;
  #made = false;

  constructor(database: Database) {
    this.#database = database;
  }

  get inTransaction(): boolean {
    return this.#database.inTransaction;
  }

  prepare<Row extends object>(text: string): Statement<Row> {
    if (!this.#made) this.#make();
    return this.#database.prepare(text);
  }

  execute(script: string): void {
    if (!this.#made) this.#make();
    this.#database.execute(script);
  }

  transaction<T>(work: () => T): T {
    return this.#database.transaction(work);
  }

  afterCommit(effect: () => void): void {
    this.#database.afterCommit(effect);
  }

  onRollback(listener: () => void): () => void {
    return this.#database.onRollback(listener);
  }

  requireDurability(): void {
    this.#database.requireDurability();
  }

  #make(): void {
    this.#database.transaction(() => {
      makeClientTables(this.#database);
      this.#made = true;
      const stop = this.#database.onRollback(() => {
        this.#made = false;
        stop();
      });
      this.#database.afterCommit(stop);
    });
  }
}
