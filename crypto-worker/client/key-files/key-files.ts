import { CodedError } from "../../../protocol/errors.ts";
import { encodeBase64Url } from "../../primitives/base64.ts";
import type { ClientContext } from "../context.ts";
import { breathe, type Jobs } from "../jobs.ts";
import { rereadSession } from "../timeline/reread.ts";
import { JsonArraySplitter } from "./json-array-splitter.ts";
import { KeyExport } from "./key-export.ts";
import { KeyFileReader, type KeyFileFailure, type OpenKeyFile } from "./key-file-reader.ts";
import { KeyFileWriter } from "./key-file-writer.ts";

const IMPORT_BATCH = 200;
/** Key material that nobody asks for any more is not kept. */
const IDLE_MS = 10 * 60_000;

type Import = { readonly id: string; readonly reader: KeyFileReader };

/** Room keys to a file and back, encrypted with a passphrase (E2EE §Key exports). One of each at a time; a file is never in memory in clear. */
export class KeyFiles {
  readonly #context: ClientContext;
  readonly #jobs: Jobs;
  #export: KeyExport | undefined;
  #import: Import | undefined;
  #idle: NodeJS.Timeout | undefined;

  constructor(context: ClientContext, jobs: Jobs) {
    this.#context = context;
    this.#jobs = jobs;
  }

  /** Begins the file with every room key of now. SECURITY: nothing but the passphrase protects it. */
  async beginExport(passphrase: string): Promise<{ exportId: string; count: number }> {
    const writer = await KeyFileWriter.start(passphrase, this.#context.env);
    if (this.#context.isClosed()) throw new CodedError("cancelled");
    this.#endExport();
    const begun = new KeyExport(this.#newId(), this.#context.store.inboundGroupSessions, writer, this.#jobs.start("export-keys"));
    this.#export = begun;
    this.#touch();
    return { exportId: begun.id, count: begun.count };
  }

  /** The file's next piece, null after the last one. @throws CodedError `not-found` for one that was given up, `cancelled` */
  readExport(exportId: string): string | null {
    const current = this.#export;
    if (current?.id !== exportId) throw new CodedError("not-found");
    this.#touch();
    const piece = current.isCancelled ? undefined : current.read();
    if (piece !== undefined) return piece;
    this.#endExport();
    if (current.isCancelled) throw new CodedError("cancelled");
    return null;
  }

  beginImport(): { importId: string } {
    const id = this.#newId();
    this.#import = { id, reader: new KeyFileReader() };
    this.#touch();
    return { importId: id };
  }

  appendImport(importId: string, piece: string): void {
    const appended = this.#importOf(importId).reader.append(piece);
    this.#touch();
    if (appended.ok) return;
    this.#import = undefined;
    throw codedFailure(appended.error);
  }

  /**
   * Takes every key that is new or better. Nothing is imported unless the passphrase is right and the file whole.
   * @throws CodedError; after `wrong-passphrase` and `cancelled` it can be tried again
   */
  async importKeys(importId: string, passphrase: string): Promise<{ count: number; imported: number }> {
    const { reader } = this.#importOf(importId);
    const job = this.#jobs.start("import-keys");
    try {
      const opened = await reader.open(passphrase, job.signal);
      if (!opened.ok) throw codedFailure(opened.error);
      using file = opened.value;
      const count = await this.#count(file, job.signal);
      job.progress(0, count);
      const imported = await this.#take(file, job.signal, (done) => job.progress(done, count));
      if (this.#import?.id === importId) this.#import = undefined;
      return { count, imported };
    } finally {
      job.end();
    }
  }

  stop(): void {
    clearTimeout(this.#idle);
    this.#endExport();
    this.#import = undefined;
  }

  /** Before anything is imported the file is known to be well formed to its end. */
  async #count(file: OpenKeyFile, signal: AbortSignal): Promise<number> {
    let count = 0;
    for await (const entries of entriesOf(file, signal)) {
      for (const entry of entries) if (parseEntry(entry) === undefined) throw new CodedError("key-file-malformed");
      count += entries.length;
    }
    return count;
  }

  async #take(file: OpenKeyFile, signal: AbortSignal, progress: (done: number) => void): Promise<number> {
    let imported = 0;
    let done = 0;
    for await (const entries of entriesOf(file, signal)) {
      for (let at = 0; at < entries.length; at += IMPORT_BATCH) {
        const keys = entries.slice(at, at + IMPORT_BATCH).map(parseEntry);
        imported += this.#context.commit((changes) => {
          const { importedCount, roomKeys } = this.#context.machine.importRoomKeys(keys);
          for (const { roomId, sessionId } of roomKeys) rereadSession(this.#context, changes, roomId, sessionId, false);
          return importedCount;
        });
        done += keys.length;
        progress(done);
        await breathe();
        if (signal.aborted || this.#context.isClosed()) throw new CodedError("cancelled");
      }
    }
    return imported;
  }

  #endExport(): void {
    this.#export?.end();
    this.#export = undefined;
  }

  #importOf(importId: string): Import {
    if (this.#import?.id !== importId) throw new CodedError("not-found");
    return this.#import;
  }

  #newId(): string {
    return encodeBase64Url(this.#context.env.randomBytes(12));
  }

  #touch(): void {
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => this.stop(), IDLE_MS);
    this.#idle.unref();
  }
}

async function* entriesOf(file: OpenKeyFile, signal: AbortSignal): AsyncGenerator<string[]> {
  const splitter = new JsonArraySplitter();
  for (const piece of file.read()) {
    const entries = splitter.push(piece);
    piece.fill(0);
    if (entries === undefined) throw new CodedError("key-file-malformed");
    yield entries;
    await breathe();
    if (signal.aborted) throw new CodedError("cancelled");
  }
  if (!splitter.end()) throw new CodedError("key-file-malformed");
}

function parseEntry(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function codedFailure(failure: KeyFileFailure): CodedError {
  return new CodedError(failure === "malformed" ? "key-file-malformed" : failure);
}
