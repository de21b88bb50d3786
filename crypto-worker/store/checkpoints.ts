import { statSync } from "node:fs";
import type SQLite from "better-sqlite3-multiple-ciphers";

/** SQLite's own limit is a quarter of a second's work in the middle of a commit; this one is for a process that is never idle, in pages. */
const LONGEST_LOG_PAGES = 8_000;
/** A log of this size is worth its two flushes, in bytes. */
const LONG_LOG_BYTES = 4 * 1024 * 1024;
const IDLE_MS = 1_000;

/** Moves what the write-ahead log holds into the file below it, when nobody waits for it. Without a path for a store in memory. */
export class Checkpoints {
  readonly #connection: SQLite;
  readonly #logPath: string | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(connection: SQLite, logPath: string | undefined) {
    this.#connection = connection;
    this.#logPath = logPath;
    connection.exec(`PRAGMA wal_autocheckpoint=${LONGEST_LOG_PAGES}`);
  }

  /** Something was committed. */
  schedule(): void {
    if (this.#logPath === undefined || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#run();
    }, IDLE_MS).unref();
  }

  /** Closing the connection moves what is left. */
  close(): void {
    clearTimeout(this.#timer);
  }

  #run(): void {
    const log = statSync(this.#logPath ?? "", { throwIfNoEntry: false });
    if (log === undefined || log.size < LONG_LOG_BYTES) return;
    try {
      // The log begins anew as an empty file, so that its size tells how much is in it.
      this.#connection.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    } catch {
      // A disk that is full, say: the log keeps everything, and is looked at again after the next commit.
    }
  }
}
