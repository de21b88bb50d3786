import type { RoomId, SessionId } from "../../../protocol/ids.ts";
import { delay, type BackOff } from "../back-off.ts";
import { inBackground } from "../background.ts";
import type { ClientContext } from "../context.ts";
import { segment } from "../http.ts";
import { Retries } from "../retries.ts";
import { rereadSession } from "../timeline/reread.ts";

const BETWEEN_MS = 100;
const BACK_OFF: BackOff = { firstMs: 60_000, maxMs: 24 * 60 * 60_000 };
/** Of sessions that were asked for; the oldest is forgotten, and then asked for again should it be met again. */
const MAX_REMEMBERED = 10_000;

type Wanted = { readonly roomId: RoomId; readonly sessionId: SessionId; readonly key: string };

/**
 * Fetches single keys out of the backup, for events that cannot be read: a device that did not restore all of it, or has a message from before it had the
 * backup's key, reads it nonetheless. Each key is asked for once in a while only (element-web#34829: the backup is consulted, and not in a loop).
 */
export class KeyDownloads {
  readonly #context: ClientContext;
  readonly #onVersionGone: () => Promise<void>;
  readonly #wanted = new Map<string, Wanted>();
  readonly #retries: Retries<string>;
  #version: string | undefined;
  /** The last one that was asked. */
  #asked: string | undefined;
  #running = false;

  constructor(context: ClientContext, onVersionGone: () => Promise<void>) {
    this.#context = context;
    this.#onVersionGone = onVersionGone;
    this.#retries = new Retries(context, BACK_OFF, () => this.#wake());
  }

  /** The version that can be read now; undefined while there is none, or no connection. */
  allow(version: string | undefined): void {
    if (version === this.#version) return;
    this.#version = version;
    if (version !== undefined && version !== this.#asked) {
      // Another backup may have what the last one had not.
      this.#retries.clear();
      this.#asked = version;
    }
    this.#wake();
  }

  /** An event of this session could not be read. */
  want(roomId: RoomId, sessionId: SessionId): void {
    const key = `${roomId} ${sessionId}`;
    if (this.#wanted.has(key)) return;
    if (this.#wanted.size >= MAX_REMEMBERED) for (const oldest of [...this.#wanted.keys()].slice(0, 100)) this.#forget(oldest);
    this.#wanted.set(key, { roomId, sessionId, key });
    this.#wake();
  }

  stop(): void {
    this.#version = undefined;
    this.#retries.clear();
  }

  #wake(): void {
    if (!this.#running && this.#version !== undefined) inBackground(this.#context, this.#run());
  }

  async #run(): Promise<void> {
    this.#running = true;
    try {
      for (let next = this.#next(); next !== undefined; next = this.#next()) {
        await delay(BETWEEN_MS);
        await this.#attempt(next);
      }
    } finally {
      this.#running = false;
    }
  }

  /** The first that may be asked for now. What could be read meanwhile is forgotten. */
  #next(): Wanted | undefined {
    if (this.#version === undefined || this.#context.isClosed()) return undefined;
    for (const wanted of this.#wanted.values()) {
      if (this.#retries.mustWait(wanted.key)) continue;
      if (this.#context.store.events.undecryptable(wanted.roomId, wanted.sessionId).length > 0) return wanted;
      this.#forget(wanted.key);
    }
    return undefined;
  }

  async #attempt(wanted: Wanted): Promise<void> {
    const version = this.#version;
    if (version === undefined || this.#context.isClosed()) return;
    try {
      if (await this.#download(wanted, version)) this.#forget(wanted.key);
    } catch (error) {
      this.#retries.failed(wanted.key);
      throw error;
    }
  }

  /** Whether it is done with. */
  async #download({ key, roomId, sessionId }: Wanted, version: string): Promise<boolean> {
    const path = `/_matrix/client/v3/room_keys/keys/${segment(roomId)}/${segment(sessionId)}?version=${segment(version)}`;
    const answer = await this.#context.http.json({ kind: "keys_backup", method: "GET", path });
    if (this.#context.isClosed() || version !== this.#version) return false;
    if (!answer.ok) {
      this.#retries.failed(key);
      if (answer.error.errcode === "M_WRONG_ROOM_KEYS_VERSION") await this.#onVersionGone();
      return false;
    }
    const restored = this.#context.commit((changes) => {
      const { importedCount } = this.#context.machine.backup.restoreEntry(roomId, sessionId, answer.value);
      if (importedCount > 0) rereadSession(this.#context, changes, roomId, sessionId, false);
      return importedCount > 0;
    });
    // Damaged, or no better than ours.
    if (!restored) this.#retries.failed(key);
    return restored;
  }

  #forget(key: string): void {
    this.#wanted.delete(key);
    this.#retries.succeeded(key);
  }
}
