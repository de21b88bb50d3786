import { closeSync, fdatasyncSync, openSync } from "node:fs";
import SQLite from "better-sqlite3-multiple-ciphers";
import { Checkpoints } from "./checkpoints.ts";
import { storeErrorFrom } from "./sqlite-error.ts";
import type { Database, SqlValue, Statement } from "./types.ts";

type NativeStatement = ReturnType<SQLite["prepare"]>;

/** `Database` over one better-sqlite3 connection. The connection is keyed and configured by `store.ts`; this class adds transactions and typed errors. */
export class SqliteDatabase implements Database {
  readonly #connection: SQLite;
  /** The write-ahead log, held open to be flushed; undefined for a store in memory. SQLite keeps no lock on this file, so a second descriptor is safe. */
  #log: number | undefined;
  readonly #logPath: string | undefined;
  readonly #checkpoints: Checkpoints | undefined;
  #onFirstFlush: (() => void) | undefined;
  readonly #statements = new Map<string, Statement<object>>();
  readonly #rollbackListeners = new Set<() => void>();
  readonly #begin: NativeStatement;
  readonly #commit: NativeStatement;
  #depth = 0;
  /** Whether SQLite knows of the open transaction: it is told with the first statement, as many a transaction of the machine needs none. */
  #begun = false;
  #durable = false;
  #effects: (() => void)[] = [];

  /** `onFirstFlush` runs right after the first flush of the log, which comes at the latest with closing. */
  constructor(connection: SQLite, path: string | undefined, onFirstFlush?: () => void) {
    this.#connection = connection;
    this.#onFirstFlush = onFirstFlush;
    this.#logPath = path === undefined ? undefined : `${path}-wal`;
    this.#checkpoints = path === undefined ? undefined : new Checkpoints(connection);
    this.#begin = connection.prepare("BEGIN IMMEDIATE");
    this.#commit = connection.prepare("COMMIT");
  }

  get inTransaction(): boolean {
    return this.#depth > 0;
  }

  prepare<Row extends object>(text: string): Statement<Row> {
    const known = this.#statements.get(text);
    if (known !== undefined) return known as Statement<Row>;
    const statement = new SqliteStatement<Row>(
      guard(() => this.#connection.prepare(text)),
      () => this.#enter(),
    );
    this.#statements.set(text, statement);
    return statement;
  }

  transaction<T>(work: () => T): T {
    if (this.#depth > 0) return this.#join(work);
    let value: T;
    try {
      value = this.#join(work);
      if (this.#begun) guard(() => this.#commit.run());
      if (this.#durable) this.#flush();
    } catch (error) {
      this.#abandon();
      throw error;
    }
    this.#durable = false;
    if (this.#begun) this.#checkpoints?.schedule();
    this.#begun = false;
    const effects = this.#effects;
    this.#effects = [];
    for (const effect of effects) effect();
    return value;
  }

  afterCommit(effect: () => void): void {
    if (this.#depth > 0) this.#effects.push(effect);
    else effect();
  }

  onRollback(listener: () => void): () => void {
    this.#rollbackListeners.add(listener);
    return () => this.#rollbackListeners.delete(listener);
  }

  requireDurability(): void {
    if (this.#depth === 0) throw new Error("durability is a property of a transaction");
    this.#durable = true;
  }

  execute(script: string): void {
    this.#enter();
    guard(() => this.#connection.exec(script));
  }

  close(): void {
    this.#checkpoints?.close();
    try {
      if (this.#onFirstFlush !== undefined) this.#flush();
    } finally {
      if (this.#log !== undefined) closeSync(this.#log);
      this.#log = undefined;
      this.#statements.clear();
      this.#connection.close();
    }
  }

  #enter(): void {
    if (this.#begun || this.#depth === 0) return;
    guard(() => this.#begin.run());
    this.#begun = true;
  }

  #join<T>(work: () => T): T {
    this.#depth += 1;
    try {
      return work();
    } finally {
      this.#depth -= 1;
    }
  }

  #flush(): void {
    if (this.#logPath === undefined) return;
    guard(() => {
      this.#log ??= openSync(this.#logPath ?? "", "r+");
      fdatasyncSync(this.#log);
      this.#onFirstFlush?.();
      this.#onFirstFlush = undefined;
    });
  }

  #abandon(): void {
    this.#durable = false;
    this.#begun = false;
    this.#effects = [];
    if (this.#connection.inTransaction) this.#connection.exec("ROLLBACK");
    for (const listener of this.#rollbackListeners) listener();
  }
}

class SqliteStatement<Row extends object> implements Statement<Row> {
  readonly #native: NativeStatement;
  readonly #enter: () => void;

  /** `enter` begins the transaction that the statement belongs to, where that has not begun. */
  constructor(native: NativeStatement, enter: () => void) {
    this.#native = native;
    this.#enter = enter;
  }

  run(...params: readonly SqlValue[]): { readonly changes: number } {
    this.#enter();
    return guard(() => this.#native.run(...params));
  }

  first(...params: readonly SqlValue[]): Row | undefined {
    this.#enter();
    return guard(() => this.#native.get(...params) as Row | undefined);
  }

  all(...params: readonly SqlValue[]): Row[] {
    this.#enter();
    return guard(() => this.#native.all(...params) as Row[]);
  }
}

function guard<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw storeErrorFrom(error);
  }
}
