import { CodedError } from "../../../protocol/errors.ts";
import type { RoomId } from "../../../protocol/ids.ts";
import type { ServerBackupEntry } from "../../machine/backup/backup-restore.ts";
import { entriesOfBackup } from "../../wire/backup.ts";
import type { ClientContext } from "../context.ts";
import { segment } from "../http.ts";
import { breathe, type Jobs } from "../jobs.ts";
import { rereadSession } from "../timeline/reread.ts";

/** About a tenth of a second; everything else has its turn in between. */
const CHUNK = 200;
const TIMEOUT_MS = 600_000;

/** Fetches a whole backup and takes what is new, as a job that a person can stop: what was taken by then stays. */
export class BackupRestore {
  readonly #context: ClientContext;
  readonly #jobs: Jobs;
  #running: Promise<number> | undefined;

  constructor(context: ClientContext, jobs: Jobs) {
    this.#context = context;
    this.#jobs = jobs;
  }

  get isRunning(): boolean {
    return this.#running !== undefined;
  }

  /** How many keys were new or better. Asked for while it is under way, it answers when that ends. @throws CodedError */
  run(version: string): Promise<number> {
    this.#running ??= this.#restore(version).finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** All keys of one room, without a job; then the room counts as restored. @throws CodedError */
  async room(version: string, roomId: RoomId): Promise<void> {
    const room = await this.#context.http.jsonOrThrow({
      kind: "keys_backup",
      method: "GET",
      path: `/_matrix/client/v3/room_keys/keys/${segment(roomId)}?version=${segment(version)}`,
      timeoutMs: TIMEOUT_MS,
    });
    const entries = [...entriesOfBackup({ rooms: { [roomId]: room } })];
    for (let at = 0; at < entries.length; at += CHUNK) {
      await breathe();
      if (this.#context.isClosed()) throw new CodedError("cancelled");
      this.#take(entries.slice(at, at + CHUNK));
    }
    this.#context.commit(() => this.#context.machine.history.markRestored(roomId));
  }

  async #restore(version: string): Promise<number> {
    const job = this.#jobs.start("backup-restore");
    try {
      const body = await this.#context.http.jsonOrThrow({
        kind: "keys_backup",
        method: "GET",
        path: `/_matrix/client/v3/room_keys/keys?version=${segment(version)}`,
        timeoutMs: TIMEOUT_MS,
        signal: job.signal,
      });
      const entries = [...entriesOfBackup(body)];
      let imported = 0;
      for (let at = 0; at < entries.length; at += CHUNK) {
        job.progress(at, entries.length);
        await breathe();
        if (job.signal.aborted || this.#context.isClosed()) break;
        imported += this.#take(entries.slice(at, at + CHUNK));
      }
      return imported;
    } catch (error) {
      if (error instanceof CodedError && job.signal.aborted) return 0;
      throw error;
    } finally {
      job.end();
    }
  }

  #take(entries: readonly ServerBackupEntry[]): number {
    return this.#context.commit((changes) => {
      const { importedCount, roomKeys } = this.#context.machine.backup.restoreBatch(entries);
      for (const { roomId, sessionId } of roomKeys) rereadSession(this.#context, changes, roomId, sessionId, false);
      return importedCount;
    });
  }
}
