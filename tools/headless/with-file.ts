import { open, type FileHandle } from "node:fs/promises";
import { CodedError } from "../../protocol/errors.ts";

/** Opens a file for as long as `work` lasts. Throws `not-found` or `forbidden` where it cannot be opened. */
export async function withFile<T>(path: string, flags: "r" | "w", work: (handle: FileHandle) => Promise<T>): Promise<T> {
  let handle: FileHandle;
  try {
    handle = await open(path, flags, 0o600);
  } catch (error) {
    if (error instanceof Error && "code" in error) throw new CodedError(error.code === "ENOENT" ? "not-found" : "forbidden");
    throw error;
  }
  try {
    return await work(handle);
  } finally {
    await handle.close();
  }
}
