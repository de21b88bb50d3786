import { makeTables, tablesAreMade } from "./migrate.ts";
import type { LaterPart } from "./migrations/migrations.ts";
import type { Database, Statement } from "./types.ts";

const INSERTION = /^\s*INSERT\b/;

/**
 * The database as the tables of one part see it. The first row that is put into any of them makes them all, in the open transaction if there is one; until
 * then every other statement finds nothing.
 */
export class LazyTables implements Database {
  readonly #database: Database;
  readonly #part: LaterPart;
  /** Undefined while nobody has looked. */
  #made: boolean | undefined;

  constructor(database: Database, part: LaterPart) {
    this.#database = database;
    this.#part = part;
  }

  get inTransaction(): boolean {
    return this.#database.inTransaction;
  }

  prepare<Row extends object>(text: string): Statement<Row> {
    this.#made ??= tablesAreMade(this.#database, this.#part);
    if (!this.#made) {
      if (!INSERTION.test(text)) return nothing;
      this.#make();
    }
    return this.#database.prepare(text);
  }

  execute(script: string): void {
    this.#make();
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
      makeTables(this.#database, this.#part);
      this.#made = true;
      const stop = this.#database.onRollback(() => {
        this.#made = undefined;
        stop();
      });
      this.#database.afterCommit(stop);
    });
  }
}

const nothing: Statement<never> = {
  run: () => ({ changes: 0 }),
  first: () => undefined,
  all: () => [],
};
