import type { Database } from "../types.ts";

/** Single values that deserve no table: latches, the seal's secret, the sync position. */
export class CustomValueTable {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  load(name: string): Uint8Array | undefined {
    return this.#database.prepare<{ value: Uint8Array }>("SELECT value FROM custom_value WHERE name = ?").first(name)?.value;
  }

  save(name: string, value: Uint8Array): void {
    this.#database.prepare("INSERT OR REPLACE INTO custom_value (name, value) VALUES (?, ?)").run(name, value);
  }

  remove(name: string): void {
    this.#database.prepare("DELETE FROM custom_value WHERE name = ?").run(name);
  }
}
