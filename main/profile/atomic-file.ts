import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { err, ok, type Result } from "../../protocol/result.ts";

/**
 * Replaces a file so that a crash at any instruction leaves the old content or the new, never a torn one: written beside it, forced to disk, renamed,
 * and the rename forced to disk as well. Readable by its owner only. Throws what the file system throws.
 */
export function writeFileAtomically(path: string, text: string): void {
  const temporary = `${path}.new`;
  const file = openSync(temporary, "w", 0o600);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(temporary, path);
  syncFolder(dirname(path));
}

/** A file's text. `unreadable` is everything but a file that is not there: the two must never be taken for one another. */
export function readTextFile(path: string, maxBytes: number): Result<string | undefined, "unreadable"> {
  try {
    const bytes = readFileSync(path);
    return bytes.byteLength > maxBytes ? err("unreadable") : ok(bytes.toString("utf8"));
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ENOENT" ? ok(undefined) : err("unreadable");
  }
}

export function removeFile(path: string): void {
  rmSync(path, { force: true });
  syncFolder(dirname(path));
}

/** Windows cannot open a folder for this; there the rename is journalled by the file system. */
function syncFolder(folder: string): void {
  if (process.platform === "win32") return;
  const handle = openSync(folder, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
