import { parseMxcUri } from "../../../protocol/ids.ts";
import type { Result } from "../../../protocol/result.ts";
import type { AttachmentKeys } from "../../wire/encrypted-file.ts";
import type { MachineContext } from "../context.ts";
import { MachineError } from "../machine-error.ts";
import { requireRoomId, requireUserId } from "../require-ids.ts";
import type { BundleFailure, BundleImport, BundleInbox, OpenBundle, ReadyBundle } from "./bundle-inbox.ts";
import type { BundleSharing, SharedBundle } from "./bundle-sharing.ts";
import { encryptRoomKeyBundle, type EncryptedRoomKeyBundle } from "./room-key-bundle.ts";

export type HistoryParts = { readonly context: MachineContext; readonly bundleSharing: BundleSharing; readonly bundleInbox: BundleInbox };

/**
 * The machine's calls about a room's past for those who are invited (E2EE §Sharing keys between users, MSC4268), each one transaction.
 *
 * To invite: restore the room from the backup (`isRestored`), `buildBundle`, upload its ciphertext, bring the invitee's devices and sessions up to date,
 * `shareBundle`, then invite. The current history visibility must allow sharing: the caller knows it.
 * To be invited: `acceptedInvite` when joining; whenever `readyBundles` is not empty, download, `openBundle`, `importBatch` until it has no next.
 */
export class MachineHistory {
  readonly #run: <T>(work: (parts: HistoryParts) => T) => T;

  constructor(run: <T>(work: (parts: HistoryParts) => T) => T) {
    this.#run = run;
  }

  /** Undefined where nothing is known of the room's past. */
  buildBundle(roomId: string): EncryptedRoomKeyBundle | undefined {
    return this.#run(({ context }) => encryptRoomKeyBundle(context, requireRoomId(roomId)));
  }

  /**
   * To the cross-signed devices of this user. `url` is where the ciphertext lies.
   * @throws RoomKeySharingError where we have no identity or this device is not signed by it, or the user's identity changed since it was verified;
   *   MachineError `invalid-mxc-uri`
   */
  shareBundle(
    userId: string,
    { roomId, url, keys }: { readonly roomId: string; readonly url: string; readonly keys: AttachmentKeys },
  ): SharedBundle {
    const place = parseMxcUri(url);
    if (!place.ok) throw new MachineError(place.error);
    return this.#run(({ bundleSharing }) => bundleSharing.share(requireUserId(userId), requireRoomId(roomId), place.value, keys));
  }

  /** A bundle of the inviter's is welcome for a day. */
  acceptedInvite(roomId: string, inviter: string): void {
    this.#run(({ bundleInbox }) => bundleInbox.acceptedInvite(requireRoomId(roomId), requireUserId(inviter)));
  }

  /** Bundles to download now: look after every sync, and at the start. */
  readyBundles(): ReadyBundle[] {
    return this.#run(({ bundleInbox }) => bundleInbox.ready());
  }

  openBundle(roomId: string, ciphertext: Uint8Array): Result<OpenBundle, BundleFailure> {
    return this.#run(({ bundleInbox }) => bundleInbox.open(requireRoomId(roomId), ciphertext));
  }

  /** Some 200 entries at a time keep the worker answering. With the last one the bundle is forgotten. */
  importBatch(bundle: OpenBundle, from: number, limit: number): BundleImport {
    return this.#run(({ bundleInbox }) => bundleInbox.importBatch(bundle, from, limit));
  }

  /** After leaving the room, or when its bundle cannot be downloaded any more. */
  forgetBundle(roomId: string): void {
    this.#run(({ bundleInbox }) => bundleInbox.forget(requireRoomId(roomId)));
  }

  /** Whether all keys of the room were fetched from the backup once; without that a bundle may lack what other devices of ours know. */
  isRestored(roomId: string): boolean {
    return this.#run(({ context }) => context.store.keyBundles.isRestored(requireRoomId(roomId)));
  }

  markRestored(roomId: string): void {
    this.#run(({ context }) => context.store.keyBundles.markRestored(requireRoomId(roomId)));
  }
}
