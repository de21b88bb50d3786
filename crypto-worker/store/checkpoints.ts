import type SQLite from "better-sqlite3-multiple-ciphers";

/** Where SQLite does it in the middle of a commit, for a process that is never idle. A page has 4 KiB. */
const LONGEST_LOG_PAGES = 8_000;
/** What is worth two flushes. */
const LONG_LOG_PAGES = 1_000;
const IDLE_MS = 1_000;

type LogState = { readonly log: number; readonly checkpointed: number };

/** Moves what the write-ahead log holds into the file below it, when nobody waits for it. The log is then written anew from its beginning. */
export class Checkpoints {
  readonly #connection: SQLite;
  #timer: NodeJS.Timeout | undefined;

  constructor(connection: SQLite) {
    this.#connection = connection;
    connection.exec(`PRAGMA wal_autocheckpoint=${LONGEST_LOG_PAGES}`);
  }

  /** Something was committed. */
  schedule(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#run();
    }, IDLE_MS).unref();
  }

  /** Closing the connection moves what is left. */
  close(): void {
    clearTimeout(this.#timer);
  }

  #run(): void {
    try {
      const { log, checkpointed } = this.#connection.prepare("PRAGMA wal_checkpoint(NOOP)").get() as LogState;
      if (log - checkpointed >= LONG_LOG_PAGES) this.#connection.exec("PRAGMA wal_checkpoint(PASSIVE)");
    } catch {
      // A disk that is full, say: the log keeps everything, and is looked at again after the next commit.
    }
  }
}
