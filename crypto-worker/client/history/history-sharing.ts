import { CodedError, type ErrorCode } from "../../../protocol/errors.ts";
import type { RoomId, UserId } from "../../../protocol/ids.ts";
import { describeError } from "../../log.ts";
import { RoomKeySharingError } from "../../machine/megolm/room-key-sharing.ts";
import type { OutgoingRequest } from "../../machine/requests/outgoing-request.ts";
import { Secret } from "../../primitives/secret.ts";
import type { HistoryShare, UploadedBundle } from "../../store/tables/history-shares.ts";
import { MEGOLM_ALGORITHM } from "../../wire/algorithms.ts";
import { isSharedHistory } from "../../wire/history-visibility.ts";
import { delay, type BackOff } from "../back-off.ts";
import { inBackground } from "../background.ts";
import type { ClientContext } from "../context.ts";
import type { MediaBlobs } from "../media/media-blobs.ts";
import type { RequestPump } from "../pump.ts";
import { Retries } from "../retries.ts";
import { recipientsOf } from "../rooms/members.ts";
import type { RoomEncryption } from "../send-queue/room-encryption.ts";
import { codedStoreError } from "../store-errors.ts";

export type HistorySharingParts = {
  /** Fetches what the backup has of a room. Rejects with a `CodedError`. */
  readonly completeRoom: (roomId: RoomId) => Promise<void>;
  readonly blobs: MediaBlobs;
  readonly encryption: RoomEncryption;
  readonly pump: RequestPump;
};

type Outcome = { readonly kind: "shared"; readonly count: number } | { readonly kind: "nothing"; readonly code: string };

/** An invitation waits for its bundle no longer than this. */
const INVITATION_WAIT_MS = 10_000;
const RETRY: BackOff = { firstMs: 5000, maxMs: 900_000 };
/** After so many failures what is here is shared, without what the backup has on top. */
const BACKUP_ATTEMPTS = 3;
/** How long an invitation may take to come back with the sync. */
const ARRIVAL_MS = 10 * 60_000;
/** The other side takes a bundle for a day after it came in; invitations may lie for longer. */
const KEPT_MS = 7 * 24 * 60 * 60_000;

const REFUSALS: ReadonlySet<ErrorCode> = new Set(["forbidden", "invalid-request", "not-found"]);

/**
 * Gives people who are invited the keys of what was said before (E2EE §Sharing keys between users, MSC4268): bundle, upload, word of it to their devices, then
 * the invitation. What fails or takes long holds no invitation up. It goes on later, also after a restart, for as long as the person is invited or in the room.
 */
export class HistorySharing {
  readonly #context: ClientContext;
  readonly #parts: HistorySharingParts;
  readonly #running = new Map<string, Promise<void>>();
  /** Whose invitation is being sent: the room does not say yet that they are welcome. */
  readonly #inviting = new Set<string>();
  readonly #retries: Retries<string>;
  readonly #stop = new AbortController();
  #online = false;

  constructor(context: ClientContext, parts: HistorySharingParts) {
    this.#context = context;
    this.#parts = parts;
    this.#retries = new Retries(context, RETRY, () => this.wake());
  }

  async inviting(roomId: RoomId, userId: UserId, invite: () => Promise<void>): Promise<void> {
    if (!this.#allows(roomId)) return invite();
    const { store, env } = this.#context;
    const key = keyOf(roomId, userId);
    this.#context.commit(() => store.historyShares.add(roomId, userId, env.now()));
    this.#inviting.add(key);
    try {
      await Promise.race([this.#run(roomId, userId), delay(INVITATION_WAIT_MS)]);
      await invite();
    } catch (error) {
      // An answer that is lost says nothing: the invitation may have come through, as the sync will tell.
      if (isRefusal(error) && !this.#context.isClosed() && !this.#isInside(roomId, userId))
        this.#context.commit(() => store.historyShares.remove(roomId, userId));
      throw error;
    } finally {
      this.#inviting.delete(key);
    }
  }

  setOnline(online: boolean): void {
    this.#online = online;
    if (!online) return;
    this.#retries.clear();
    this.wake();
  }

  /** After a sync: goes on with what is left. */
  wake(): void {
    if (!this.#online || this.#stop.signal.aborted) return;
    for (const share of this.#context.store.historyShares.all()) {
      if (this.#retries.mustWait(keyOf(share.roomId, share.userId))) continue;
      if (this.#isWelcome(share)) inBackground(this.#context, this.#run(share.roomId, share.userId));
    }
  }

  stop(): void {
    this.#stop.abort();
    this.#retries.clear();
  }

  /** SECURITY: the room's state can only forbid. What may be shared at all is in the marks of the sessions, which came from their makers. */
  #allows(roomId: RoomId): boolean {
    const room = this.#context.store.rooms.load(roomId);
    if (room?.membership !== "join" || room.algorithm !== MEGOLM_ALGORITHM) return false;
    return isSharedHistory(recipientsOf(this.#context, roomId).historyVisibility);
  }

  /** Whether to go on with what an earlier attempt left: forgets it where its person is not (or no longer) invited. */
  #isWelcome({ roomId, userId, createdTs }: HistoryShare): boolean {
    if (this.#running.has(keyOf(roomId, userId))) return false;
    const { store, env } = this.#context;
    const age = Math.abs(env.now() - createdTs);
    if (this.#isInside(roomId, userId) && age <= KEPT_MS) return true;
    // Of a gap in the timeline nobody can say yet who came in it.
    const isCertain = store.rooms.load(roomId)?.membersComplete !== false;
    if (age > (isCertain ? ARRIVAL_MS : KEPT_MS)) this.#context.commit(() => store.historyShares.remove(roomId, userId));
    return false;
  }

  #isInside(roomId: RoomId, userId: UserId): boolean {
    const membership = this.#context.store.members.load(roomId, userId)?.membership;
    return membership === "invite" || membership === "join";
  }

  /** One at a time a person and room. Never rejects. */
  #run(roomId: RoomId, userId: UserId): Promise<void> {
    const key = keyOf(roomId, userId);
    const run =
      this.#running.get(key) ??
      this.#attempt(roomId, userId, key).finally(() => {
        this.#running.delete(key);
      });
    this.#running.set(key, run);
    return run;
  }

  async #attempt(roomId: RoomId, userId: UserId, key: string): Promise<void> {
    const { store, log } = this.#context;
    try {
      const outcome = await this.#share(roomId, userId, this.#retries.countOf(key));
      this.#retries.succeeded(key);
      if (outcome.kind === "shared") return log.info("history.shared", { count: outcome.count });
      this.#context.commit(() => store.historyShares.remove(roomId, userId));
      log.info("history.not-shared", { code: outcome.code });
    } catch (thrown) {
      if (this.#context.isClosed()) return;
      const error = codedStoreError(thrown);
      // A bug of ours must not cost anybody their invitation.
      if (!(error instanceof CodedError)) log.error("bug", { kind: "history", ...describeError(error) });
      const count = this.#retries.failed(key);
      log.warn("history.not-shared", { code: error instanceof CodedError ? error.code : "internal", count });
    }
  }

  async #share(roomId: RoomId, userId: UserId, failures: number): Promise<Outcome> {
    const { machine, deviceId, userId: ownUserId, store } = this.#context;
    if (machine.getDevice(ownUserId, deviceId)?.crossSigned !== true) return { kind: "nothing", code: "unsigned-here" };
    await this.#parts.encryption.reach(userId);
    // Their server could not be asked.
    if (machine.outdatedUsers([userId]).length > 0) throw new CodedError("timeout");
    if (!machine.getUserDevices(userId).some(({ crossSigned }) => crossSigned)) return { kind: "nothing", code: "no-signed-device" };
    const known = store.historyShares.uploaded(roomId, userId);
    const uploaded = known ?? (await this.#upload(roomId, userId, failures));
    return "code" in uploaded ? { kind: "nothing", code: uploaded.code } : this.#send(roomId, userId, uploaded);
  }

  async #upload(roomId: RoomId, userId: UserId, failures: number): Promise<UploadedBundle | { readonly code: string }> {
    const { machine, store } = this.#context;
    try {
      await this.#parts.completeRoom(roomId);
    } catch (error) {
      if (!(error instanceof CodedError) || failures < BACKUP_ATTEMPTS) throw error;
    }
    const bundle = machine.history.buildBundle(roomId);
    if (bundle === undefined) return { code: "no-keys" };
    using key = bundle.keys.key;
    const mxc = await this.#parts.blobs.upload(bundle.ciphertext, this.#stop.signal);
    // What the server has refused for good it would refuse again, for a week.
    if (!mxc.ok && mxc.error.permanent) return { code: mxc.error.code };
    if (!mxc.ok) throw new CodedError(mxc.error.code);
    const uploaded = { mxc: mxc.value, key: key.use((bytes) => bytes.slice()), iv: bundle.keys.iv, sha256: bundle.keys.sha256 };
    this.#context.commit(() => store.historyShares.setUploaded(roomId, userId, uploaded));
    return uploaded;
  }

  /** One commit: what is announced is not announced again, and its to-device messages outlive a crash. */
  async #send(roomId: RoomId, userId: UserId, { mxc, key: bytes, iv, sha256 }: UploadedBundle): Promise<Outcome> {
    const { machine, store } = this.#context;
    using key = Secret.take(bytes, "attachment-key");
    let requests: readonly OutgoingRequest[] = [];
    try {
      const outcome = this.#context.commit((): Outcome => {
        // The invitation was refused, or the room has changed its mind, while this was on its way.
        if (!store.historyShares.has(roomId, userId) || !this.#allows(roomId)) return { kind: "nothing", code: "not-wanted" };
        // SECURITY: they were put out meanwhile, or the sync has not said yet that they are in: whether to go on is seen again after that.
        if (!this.#inviting.has(keyOf(roomId, userId)) && !this.#isInside(roomId, userId)) throw new CodedError("conflict");
        const shared = machine.history.shareBundle(userId, { roomId, url: mxc, keys: { key, iv, sha256 } });
        // Their devices have no key for a session left, for now.
        if (shared.sentCount === 0 && shared.unreachableCount > 0) throw new CodedError("encryption-failed");
        if (shared.sentCount === 0) return { kind: "nothing", code: "no-trusted-device" };
        store.historyShares.remove(roomId, userId);
        store.requireDurability();
        ({ requests } = shared);
        return { kind: "shared", count: shared.sentCount };
      });
      await Promise.all(requests.map((request) => this.#parts.pump.send(request)));
      return outcome;
    } catch (error) {
      if (error instanceof RoomKeySharingError) return { kind: "nothing", code: error.code };
      throw error;
    }
  }
}

const isRefusal = (error: unknown): boolean => error instanceof CodedError && REFUSALS.has(error.code);

const keyOf = (roomId: RoomId, userId: UserId): string => `${roomId} ${userId}`;
