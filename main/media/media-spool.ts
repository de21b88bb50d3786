import { mkdir, open, readdir, rm, stat, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { CodedError } from "../../protocol/errors.ts";
import { MEDIA_PIECE_BYTES, spoolIdSchema } from "../../protocol/messages/media.ts";
import type { BodySink, StreamedBody } from "../matrix/transport.ts";

const SUFFIX = ".part";

/**
 * Files on their way between the worker and the server: what the one cannot hold in memory and the other is not to read. The worker names them, and removes
 * what it does not need any more.
 */
export class MediaSpool {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** `offset` is where the file ends; 0 makes it. Throws `conflict` for any other. */
  async append(spoolId: string, offset: number, bytes: Uint8Array, durable: boolean): Promise<void> {
    await this.#use(spoolId, await this.#flagFor(spoolId, offset), async (handle) => {
      const { size } = await handle.stat();
      if (size !== offset) throw new CodedError("conflict");
      await writeAll(handle, bytes, offset);
      if (durable) await handle.sync();
    });
  }

  /** Shorter than `length` where the file ends. Throws `not-found`. */
  read(spoolId: string, offset: number, length: number): Promise<Uint8Array> {
    return this.#use(spoolId, "r", async (handle) => readUpTo(handle, offset, length));
  }

  async remove(spoolIds: readonly string[]): Promise<void> {
    await Promise.all(spoolIds.map((spoolId) => rm(this.#path(spoolId), { force: true })));
  }

  async list(): Promise<string[]> {
    const names = await readdir(this.#folder).catch(unlessMissing(() => []));
    return names.map((name) => name.slice(0, -SUFFIX.length)).filter((id) => spoolIdSchema.safeParse(id).success);
  }

  /** A file as the body of a request. Throws `not-found`. */
  async source(spoolId: string, moved: (bytes: number) => void): Promise<StreamedBody> {
    const path = this.#path(spoolId);
    const { size } = await stat(path).catch(unlessMissing(notFound));
    return {
      size,
      async *read() {
        const handle = await open(path, "r");
        try {
          for (let at = 0; at < size;) {
            const bytes = await readUpTo(handle, at, Math.min(MEDIA_PIECE_BYTES, size - at));
            // Shorter than it was: the request fails for want of its end.
            if (bytes.byteLength === 0) return;
            at += bytes.byteLength;
            yield bytes;
            moved(at);
          }
        } finally {
          await handle.close();
        }
      },
    };
  }

  /** A file for the body of an answer. Each attempt starts it anew. */
  sink(spoolId: string, moved: (bytes: number, total: number | null) => void): BodySink {
    return {
      write: async (body, total) => {
        await this.#use(spoolId, "w", async (handle) => {
          let at = 0;
          moved(at, total);
          for await (const chunk of body) {
            await writeAll(handle, chunk, at);
            at += chunk.byteLength;
            moved(at, total);
          }
        });
      },
    };
  }

  async #flagFor(spoolId: string, offset: number): Promise<"wx" | "r+"> {
    if (offset > 0) return "r+";
    // An empty piece behind an empty file: it exists already.
    const exists = await stat(this.#path(spoolId)).then(
      () => true,
      unlessMissing(() => false),
    );
    return exists ? "r+" : "wx";
  }

  async #use<T>(spoolId: string, flags: "r" | "r+" | "w" | "wx", work: (handle: FileHandle) => Promise<T>): Promise<T> {
    if (flags === "w" || flags === "wx") await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const handle = await open(this.#path(spoolId), flags, 0o600).catch(unlessMissing(notFound));
    try {
      return await work(handle);
    } catch (error) {
      throw codeOf(error) === "ENOSPC" ? new CodedError("store-disk-full") : error;
    } finally {
      await handle.close();
    }
  }

  #path(spoolId: string): string {
    // The contract has checked it; it must not become a path of any other shape, whoever calls.
    return join(this.#folder, spoolIdSchema.parse(spoolId) + SUFFIX);
  }
}

async function readUpTo(handle: FileHandle, offset: number, length: number): Promise<Uint8Array> {
  const buffer = new Uint8Array(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await handle.read(buffer, filled, length - filled, offset + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}

async function writeAll(handle: FileHandle, bytes: Uint8Array, offset: number): Promise<void> {
  for (let done = 0; done < bytes.byteLength;) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.byteLength - done, offset + done);
    done += bytesWritten;
  }
}

const notFound = (): never => {
  throw new CodedError("not-found");
};

/** For what a missing file means; anything else stays what it is. */
const unlessMissing =
  <T>(answer: () => T) =>
  (error: unknown): T => {
    if (codeOf(error) === "ENOENT") return answer();
    throw codeOf(error) === "ENOSPC" ? new CodedError("store-disk-full") : error;
  };

const codeOf = (error: unknown): unknown => (error instanceof Error && "code" in error ? error.code : undefined);
