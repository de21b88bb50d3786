/** What SQLite can hold. Integers beyond 2^53 do not occur. */
export type SqlValue = string | number | Uint8Array | null;

/** A prepared statement; `all` and `first` return rows as typed by its author, who owns the columns named in the text. */
export interface Statement<Row> {
  run(...params: readonly SqlValue[]): { readonly changes: number };
  first(...params: readonly SqlValue[]): Row | undefined;
  all(...params: readonly SqlValue[]): Row[];
}

/** One open store file: transactions and statements, nothing else. Tables are modules of their own over it (`store/tables/`). */
export interface Database {
  /** Statements are cached by text, so preparing one in a hot path is a map look-up. Parameters are positional (`?`); text is never built from data. */
  prepare<Row extends object = Record<string, SqlValue>>(text: string): Statement<Row>;
  /** Runs a script of several statements without keeping any prepared: for migrations. */
  execute(script: string): void;
  /**
   * Runs `work` in one transaction and commits when it returns; joins the one that is open, so that a sync with everything in it is one commit.
   * What `work` throws rolls the whole outermost transaction back, calls the rollback listeners, and is thrown on.
   */
  transaction<T>(work: () => T): T;
  /** Runs `effect` once the outermost transaction is on disk; forgets it if that rolls back. Outside a transaction it runs at once. */
  afterCommit(effect: () => void): void;
  /** Called after every rollback: whoever caches rows or ratchets must forget what the transaction changed. Returns how to stop. */
  onRollback(listener: () => void): () => void;
  readonly inTransaction: boolean;
  /**
   * Makes the commit of the open transaction survive a power cut before `transaction` returns (one fsync of the log, about 0.3 ms). Every commit survives a
   * crash of the process without it. Needed where the outside world acts on the commit: an outbound ratchet whose ciphertext leaves, one-time keys that
   * are uploaded, a sync position that is acknowledged. A ratchet that is stepped often may instead make a reservation of the next indices durable once
   * and skip the unused ones after a restart. Docs: docs/decisions/0003-durability.md.
   */
  requireDurability(): void;
}

/** Why a store could not be opened or written. None of them is answered with a fresh store. */
export type StoreErrorCode =
  | "wrong-key"
  | "corrupt"
  | "from-the-future"
  | "other-account"
  | "in-use"
  | "read-only"
  | "disk-full"
  | "missing"
  | "already-exists"
  | "runtime-too-old"
  | "program-damaged"
  | "failed";

export class StoreError extends Error {
  readonly code: StoreErrorCode;

  constructor(code: StoreErrorCode) {
    super(`store: ${code}`);
    this.name = "StoreError";
    this.code = code;
  }
}
