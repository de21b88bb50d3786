import SQLite from "better-sqlite3-multiple-ciphers";
import { StoreError, type StoreErrorCode } from "./types.ts";

const byPrefix: readonly (readonly [string, StoreErrorCode])[] = [
  ["SQLITE_NOTADB", "wrong-key"],
  ["SQLITE_CORRUPT", "corrupt"],
  ["SQLITE_BUSY", "in-use"],
  ["SQLITE_LOCKED", "in-use"],
  ["SQLITE_READONLY", "read-only"],
  ["SQLITE_PERM", "read-only"],
  ["SQLITE_FULL", "disk-full"],
  ["EROFS", "read-only"],
  ["EACCES", "read-only"],
  ["EPERM", "read-only"],
  ["ENOSPC", "disk-full"],
  ["EDQUOT", "disk-full"],
  ["ENOENT", "missing"],
];

/** Turns what SQLite or the file system throws into a code; the driver's message is dropped, as it can quote SQL and values. Other errors pass unchanged. */
export function storeErrorFrom(error: unknown): unknown {
  if (error instanceof StoreError) return error;
  const code = errnoOf(error);
  if (code === undefined) return error;
  const known = byPrefix.find(([prefix]) => code.startsWith(prefix));
  if (known !== undefined) return new StoreError(known[1]);
  if (code === "SQLITE_ERROR" || code.startsWith("SQLITE_CONSTRAINT") || code === "SQLITE_MISMATCH") return error;
  return code.startsWith("SQLITE_") ? new StoreError("failed") : error;
}

function errnoOf(error: unknown): string | undefined {
  if (error instanceof SQLite.SqliteError) return error.code;
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
