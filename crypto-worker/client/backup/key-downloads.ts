import type { RoomId, SessionId } from "../../../protocol/ids.ts";
import { delay } from "../back-off.ts";
import { inBackground } from "../background.ts";
import type { ClientContext } from "../context.ts";
import { segment, type HttpFailure } from "../http.ts";
import { rereadSession } from "../timeline/reread.ts";

const BETWEEN_MS = 100;
const FIRST_DELAY_MS = 60_000;
const MAX_DELAY_MS = 24 * 60 * 60_000;
/** Of sessions that were asked for; the oldest is forgotten, and then asked for again should it be met again. */
const MAX_REMEMBERED = 10_000;

type Wanted = { readonly roomId: RoomId; readonly sessionId: SessionId; failures: number; notBefore: number };

/**
 * Fetches single keys out of the backup, for events that cannot be read: a device that did not restore all of it, or has a message from before it had the
 * backup's key, reads it nonetheless. Each key is asked for once in a while only (element-web#34829: the backup is consulted, and not in a loop).
 */
export class KeyDownloads {
  readonly #context: ClientContext;
  readonly #onVersionGone: () => Promise<void>;
  readonly #wanted = new Map<string, Wanted>();
  #version: string | undefined;
  /** The last one that was asked. */
  #asked: string | undefined;
  #running = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(context: ClientContext, onVersionGone: () => Promise<void>) {
    this.#context = context;
    this.#onVersionGone = onVersionGone;
  }

  /** The version that can be read now; undefined while there is none, or no connection. */
  allow(version: string | undefined): void {
    if (version === this.#version) return;
    this.#version = version;
    if (version !== undefined && version !== this.#asked) {
      // Another backup may have what the last one had not.
      for (const wanted of this.#wanted.values()) wanted.notBefore = 0;
      this.#asked = version;
    }
    this.#wake();
  }

  /** An event of this session could not be read. */
  want(roomId: RoomId, sessionId: SessionId): void {
    const key = `${roomId} ${sessionId}`;
    if (this.#wanted.has(key)) return;
    if (this.#wanted.size >= MAX_REMEMBERED) for (const oldest of [...this.#wanted.keys()].slice(0, 100)) this.#wanted.delete(oldest);
    this.#wanted.set(key, { roomId, sessionId, failures: 0, notBefore: 0 });
    this.#wake();
  }

  stop(): void {
    this.#version = undefined;
    clearTimeout(this.#timer);
  }

  #wake(): void {
    if (this.#running || this.#version === undefined) return;
    clearTimeout(this.#timer);
    const next = Math.min(...[...this.#wanted.values()].map(({ notBefore }) => notBefore));
    if (!Number.isFinite(next)) return;
    const delayMs = Math.min(MAX_DELAY_MS, Math.max(BETWEEN_MS, next - Date.now()));
    this.#timer = setTimeout(() => inBackground(this.#context, this.#run()), delayMs);
    this.#timer.unref();
  }

  async #run(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    try {
      for (const [key, wanted] of this.#wanted) {
        if (wanted.notBefore > Date.now()) continue;
        if (this.#version === undefined || this.#context.isClosed()) return;
        if (this.#context.store.events.undecryptable(wanted.roomId, wanted.sessionId).length === 0) {
          this.#wanted.delete(key);
          continue;
        }
        if (await this.#download(wanted, this.#version)) this.#wanted.delete(key);
        await delay(BETWEEN_MS);
      }
    } finally {
      this.#running = false;
      this.#wake();
    }
  }

  /** Whether it is done with. */
  async #download(wanted: Wanted, version: string): Promise<boolean> {
    const { roomId, sessionId } = wanted;
    const path = `/_matrix/client/v3/room_keys/keys/${segment(roomId)}/${segment(sessionId)}?version=${segment(version)}`;
    const answer = await this.#context.http.json({ kind: "keys_backup", method: "GET", path });
    if (this.#context.isClosed() || version !== this.#version) return false;
    if (!answer.ok) {
      await this.#failed(wanted, answer.error);
      return false;
    }
    const restored = this.#context.commit((changes) => {
      const { importedCount } = this.#context.machine.backup.restoreEntry(roomId, sessionId, answer.value);
      if (importedCount > 0) rereadSession(this.#context, changes, roomId, sessionId, false);
      return importedCount > 0;
    });
    // Damaged, or no better than ours.
    if (!restored) backOff(wanted);
    return restored;
  }

  async #failed(wanted: Wanted, { code, errcode }: HttpFailure): Promise<void> {
    // Without a connection nothing was learnt; it is tried again when there is one.
    if (code === "offline") return;
    backOff(wanted);
    if (errcode === "M_WRONG_ROOM_KEYS_VERSION") await this.#onVersionGone();
  }
}

function backOff(wanted: Wanted): void {
  wanted.notBefore = Date.now() + Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(wanted.failures, 16));
  wanted.failures += 1;
}
