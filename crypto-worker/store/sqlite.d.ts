/**
 * The part of better-sqlite3-multiple-ciphers that the store uses. The package's own declarations are not reachable through its `exports`, and they are
 * full of `any`; these are narrower.
 */
declare module "better-sqlite3-multiple-ciphers" {
  type Value = string | number | Uint8Array | null;

  class SqliteError extends Error {
    readonly code: string;
  }

  interface Statement {
    run(...params: Value[]): { readonly changes: number };
    get(...params: Value[]): unknown;
    all(...params: Value[]): unknown[];
  }

  class Database {
    static readonly SqliteError: typeof SqliteError;
    constructor(
      path: string,
      options?: { readonly fileMustExist?: boolean; readonly timeout?: number; readonly nativeBinding?: object | null },
    );
    readonly inTransaction: boolean;
    prepare(sql: string): Statement;
    exec(sql: string): this;
    /** The key as SQLCipher takes it: a passphrase, or `x'…'` with 64 hex digits for a raw key. */
    key(key: Buffer): number;
    close(): this;
  }

  export default Database;
}
