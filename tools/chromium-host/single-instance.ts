import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, watch, writeFileSync, type FSWatcher } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

export type SecondInstance = { readonly argv: readonly string[]; readonly cwd: string; readonly data: unknown };

/**
 * One running app per profile folder. The lock is SQLite's exclusive file lock: taken synchronously, and given back by the kernel
 * however the process ends. An instance that does not get it leaves a note in the folder, which the first one watches.
 */
export class SingleInstance {
  readonly #folder: string;
  readonly #onSecond: (second: SecondInstance) => void;
  #database: DatabaseSync | undefined;
  #watcher: FSWatcher | undefined;

  constructor(userData: string, onSecond: (second: SecondInstance) => void) {
    this.#folder = join(userData, "chromium-host");
    this.#onSecond = onSecond;
  }

  acquire(data: unknown): boolean {
    if (this.#database !== undefined) return true;
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    const database = new DatabaseSync(join(this.#folder, "instance.lock"));
    try {
      database.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE;");
    } catch (error) {
      database.close();
      if (!(error instanceof Error && /locked|busy/i.test(error.message))) throw error;
      this.#leaveNote(data);
      return false;
    }
    this.#database = database;
    for (const name of this.#notes()) rmSync(join(this.#folder, name), { force: true });
    this.#watcher = watch(this.#folder, () => this.#readNotes());
    this.#watcher.unref();
    return true;
  }

  release(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
    this.#database?.close();
    this.#database = undefined;
  }

  get held(): boolean {
    return this.#database !== undefined;
  }

  #leaveNote(data: unknown): void {
    const note: SecondInstance = { argv: process.argv, cwd: process.cwd(), data };
    const draft = join(this.#folder, `draft-${process.pid}`);
    writeFileSync(draft, JSON.stringify(note), { mode: 0o600 });
    // Renamed, so that the reader never sees half of it.
    renameSync(draft, join(this.#folder, `second-${process.pid}-${Date.now()}.json`));
  }

  #notes(): string[] {
    return readdirSync(this.#folder).filter((name) => name.startsWith("second-"));
  }

  #readNotes(): void {
    if (this.#database === undefined) return;
    for (const name of this.#notes()) {
      const path = join(this.#folder, name);
      const note: SecondInstance = JSON.parse(readFileSync(path, "utf8"));
      rmSync(path, { force: true });
      this.#onSecond(note);
    }
  }
}
