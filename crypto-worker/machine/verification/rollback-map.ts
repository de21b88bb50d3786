import type { Database } from "../../store/types.ts";

/** A map of immutable values in memory that is what it was again when the store's transaction rolls back. For few entries: it is copied once a transaction. */
export class RollbackMap<K, V> {
  readonly #database: Database;
  #entries = new Map<K, V>();
  #saved: Map<K, V> | undefined;
  readonly #stopListening: () => void;

  constructor(database: Database) {
    this.#database = database;
    this.#stopListening = database.onRollback(() => {
      if (this.#saved !== undefined) this.#entries = this.#saved;
      this.#saved = undefined;
    });
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: K): V | undefined {
    return this.#entries.get(key);
  }

  /** A copy: may be walked while entries change. */
  entries(): (readonly [K, V])[] {
    return [...this.#entries];
  }

  values(): V[] {
    return [...this.#entries.values()];
  }

  set(key: K, value: V): void {
    this.#save();
    this.#entries.set(key, value);
  }

  delete(key: K): void {
    if (!this.#entries.has(key)) return;
    this.#save();
    this.#entries.delete(key);
  }

  close(): void {
    this.#stopListening();
  }

  #save(): void {
    if (this.#saved !== undefined || !this.#database.inTransaction) return;
    this.#saved = new Map(this.#entries);
    this.#database.afterCommit(() => {
      this.#saved = undefined;
    });
  }
}
