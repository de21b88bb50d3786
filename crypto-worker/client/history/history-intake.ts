import { CodedError } from "../../../protocol/errors.ts";
import type { RoomId } from "../../../protocol/ids.ts";
import { describeError } from "../../log.ts";
import type { OpenBundle, ReadyBundle } from "../../machine/history/bundle-inbox.ts";
import type { BackOff } from "../back-off.ts";
import { inBackground } from "../background.ts";
import type { ClientContext } from "../context.ts";
import { breathe } from "../jobs.ts";
import type { MediaBlobs } from "../media/media-blobs.ts";
import { Retries } from "../retries.ts";
import { codedStoreError } from "../store-errors.ts";
import { rereadSession } from "../timeline/reread.ts";

const RETRY: BackOff = { firstMs: 5000, maxMs: 900_000 };
/** The machine refuses what is larger. */
const MAX_BYTES = 64 * 1024 * 1024;
/** About a tenth of a second; everything else has its turn in between. */
const BATCH = 200;
/** So often a bundle may run into a bug of ours. */
const BUG_ATTEMPTS = 3;

/**
 * Takes the bundles of keys of those whose invitations were accepted (MSC4268): download, hash, keys in batches, and what waited for them is read again. The machine
 * knows on disk what is welcome until the last batch is in, so that a restart at any point begins this bundle anew, and loses nothing. For the same reason a bug
 * does not end the process here: it would end every one after it too.
 */
export class HistoryIntake {
  readonly #context: ClientContext;
  readonly #blobs: MediaBlobs;
  readonly #running = new Set<RoomId>();
  readonly #retries: Retries<RoomId>;
  /** Bugs that each room's bundle ran into, also over a line that comes and goes. */
  readonly #bugs = new Map<RoomId, number>();
  readonly #stop = new AbortController();
  #online = false;

  constructor(context: ClientContext, blobs: MediaBlobs) {
    this.#context = context;
    this.#blobs = blobs;
    this.#retries = new Retries(context, RETRY, () => this.wake());
  }

  setOnline(online: boolean): void {
    this.#online = online;
    if (!online) return;
    this.#retries.clear();
    this.wake();
  }

  /** After a commit that may have brought a bundle, the inviter's devices, or the room. Cheap where nothing is waited for. */
  wake(): void {
    if (!this.#online || this.#stop.signal.aborted) return;
    const { machine, store } = this.#context;
    for (const bundle of machine.history.readyBundles()) {
      const { roomId } = bundle;
      // The invitation was accepted; the room comes with the sync.
      if (this.#running.has(roomId) || store.rooms.load(roomId)?.membership !== "join") continue;
      if (!this.#retries.mustWait(roomId)) inBackground(this.#context, this.#run(bundle));
    }
  }

  stop(): void {
    this.#stop.abort();
    this.#retries.clear();
  }

  async #run(bundle: ReadyBundle): Promise<void> {
    const { roomId } = bundle;
    this.#running.add(roomId);
    try {
      await this.#take(bundle);
      this.#retries.succeeded(roomId);
      this.#bugs.delete(roomId);
    } catch (thrown) {
      if (this.#context.isClosed()) return;
      const error = codedStoreError(thrown);
      const count = this.#retries.failed(roomId);
      if (error instanceof CodedError) this.#context.log.warn("request.failed", { kind: "history", code: error.code, count });
      else this.#noteBug(roomId, error);
    } finally {
      this.#running.delete(roomId);
    }
    this.wake();
  }

  async #take({ roomId, url }: ReadyBundle): Promise<void> {
    const { machine, isClosed } = this.#context;
    const ciphertext = await this.#blobs.download(url, MAX_BYTES, this.#stop.signal);
    if (isClosed()) throw new CodedError("cancelled");
    if (!ciphertext.ok) {
      if (!ciphertext.error.permanent) throw new CodedError(ciphertext.error.code);
      return this.#refuse(roomId, ciphertext.error.code);
    }
    // Another one was announced meanwhile: that one is next.
    if (!machine.history.readyBundles().some((ready) => ready.roomId === roomId && ready.url === url)) return;
    const bundle = machine.history.openBundle(roomId, ciphertext.value);
    if (bundle.ok) await this.#import(bundle.value);
    else this.#refuse(roomId, bundle.error);
  }

  async #import(bundle: OpenBundle): Promise<void> {
    const { machine, isClosed, log } = this.#context;
    const { roomId } = bundle;
    let imported = 0;
    for (let from: number | undefined = 0; from !== undefined;) {
      await breathe();
      if (isClosed()) throw new CodedError("cancelled");
      const at: number = from;
      from = this.#context.commit((changes) => {
        const { roomKeys, withheld, importedCount, next } = machine.history.importBatch(bundle, at, BATCH);
        for (const sessionId of [...roomKeys.map((key) => key.sessionId), ...withheld]) {
          rereadSession(this.#context, changes, roomId, sessionId, false);
        }
        imported += importedCount;
        return next;
      });
    }
    log.info("history.received", { count: imported });
  }

  #noteBug(roomId: RoomId, error: unknown): void {
    const count = (this.#bugs.get(roomId) ?? 0) + 1;
    this.#bugs.set(roomId, count);
    this.#context.log.error("bug", { kind: "history", count, ...describeError(error) });
    if (count < BUG_ATTEMPTS) return;
    this.#bugs.delete(roomId);
    this.#refuse(roomId, "internal");
  }

  /** It will never be another one. */
  #refuse(roomId: RoomId, code: string): void {
    this.#context.log.warn("history.refused", { code });
    this.#context.commit(() => this.#context.machine.history.forgetBundle(roomId));
  }
}
