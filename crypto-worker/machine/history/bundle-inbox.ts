import type { MxcUri, RoomId, SessionId, UserId } from "../../../protocol/ids.ts";
import { err, ok, type Result } from "../../../protocol/result.ts";
import type { AcceptedInvite, ReceivedKeyBundle } from "../../store/tables/key-bundles.ts";
import { encodeEncryptedFile, parseEncryptedFile, type EncryptedFile } from "../../wire/encrypted-file.ts";
import { parseJsonObject } from "../../wire/json.ts";
import { parseRoomKeyBundle as parseBundleContent, parseWithheld } from "../../wire/to-device-events.ts";
import { MEGOLM_ALGORITHM } from "../../wire/algorithms.ts";
import { decryptAttachment } from "../attachments/attachment-decryptor.ts";
import type { MachineContext } from "../context.ts";
import type { DeviceDirectory } from "../devices/device-directory.ts";
import type { Forwarder } from "../megolm/encryption-info.ts";
import { parseExportedRoomKey } from "../megolm/exported-room-key.ts";
import type { SessionSink } from "../megolm/inbound-session.ts";
import type { RoomKeyInfo } from "../megolm/room-key.ts";
import { senderDataOf } from "../megolm/sender-data.ts";
import { NOTICE_BOUNDS } from "../megolm/withheld.ts";
import type { DecryptedOlmEvent } from "../olm/decrypted-olm-event.ts";
import { BUNDLE_EVENT_TYPE } from "./bundle-sharing.ts";
import { HISTORY_NOT_SHARED, parseRoomKeyBundle, type RoomKeyBundle } from "./room-key-bundle.ts";

/** A bundle that is there to be downloaded. */
export type ReadyBundle = { readonly roomId: RoomId; readonly sender: UserId; readonly url: MxcUri };

export type BundleFailure =
  /** None was announced for an invite that was accepted lately. */
  | "no-bundle"
  /** The device that sent it is not signed by its owner, or the owner is not who they were. A new look at the owner's devices may change that. */
  | "untrusted-sender"
  | "wrong-hash"
  | "invalid-bundle";

/** A bundle that was read and belongs to this room; `importBatch` takes its keys. */
export type OpenBundle = RoomKeyBundle & { readonly roomId: RoomId; readonly forwarder: Forwarder };

export type BundleImport = {
  /** Where the next batch begins; undefined when everything was taken. */
  readonly next: number | undefined;
  readonly importedCount: number;
  readonly roomKeys: readonly RoomKeyInfo[];
  /** Sessions of the room whose keys the forwarder says are not for us. */
  readonly withheld: readonly SessionId[];
};

/** How long after an accepted invite its bundle is welcome. */
const ACCEPTED_FOR_MS = 24 * 60 * 60 * 1000;
/** How long one is kept for an invite that may still be accepted. */
const KEPT_FOR_MS = 90 * 24 * 60 * 60 * 1000;
/** Of one sender: more invites than these lie nowhere unanswered. */
const KEPT_OF_A_SENDER = 100;
const BUNDLE_TYPES: ReadonlySet<string> = new Set([BUNDLE_EVENT_TYPE, "io.element.msc4268.room_key_bundle"]);
const FILE_LIMITS = { maxBytes: 1 << 14, maxDepth: 8 };

export function isBundleType(type: string): boolean {
  return BUNDLE_TYPES.has(type);
}

/**
 * Bundles that others announced. One is downloaded only when its sender's invite to that very room was accepted within a day (E2EE §Receiving a key bundle
 * event), so that nobody can make us fetch what they like. Both facts are in the store, so that a restart in between loses nothing.
 */
export class BundleInbox {
  readonly #context: MachineContext;
  readonly #directory: DeviceDirectory;
  readonly #sink: SessionSink;

  constructor(context: MachineContext, directory: DeviceDirectory, sink: SessionSink) {
    this.#context = context;
    this.#directory = directory;
    this.#sink = sink;
  }

  /** An announcement that came over Olm; without the sender's device keys in the message it proves nothing and is dropped. */
  receive({ content, sender, senderCurve25519, senderDevice, senderDeviceSource }: DecryptedOlmEvent): void {
    const bundle = parseBundleContent(content);
    if (!bundle.ok || senderDevice === undefined || senderDeviceSource !== "embedded") return;
    const { roomId, file } = bundle.value;
    const parsed = parseEncryptedFile(file);
    if (!parsed.ok) return;
    const fileJson = JSON.stringify(encodeEncryptedFile(parsed.value.url, parsed.value));
    parsed.value.key[Symbol.dispose]();
    const { store, env } = this.#context;
    const received: ReceivedKeyBundle = {
      roomId,
      sender,
      senderKey: senderCurve25519,
      senderSigningKey: senderDevice.ed25519,
      senderDevice: senderDevice.deviceId,
      trusted: isTrusted(senderDataOf(senderDevice, this.#directory.trustOf(senderDevice)).kind),
      fileJson,
      receivedTs: env.now(),
    };
    store.keyBundles.removeBefore(env.now() - KEPT_FOR_MS);
    store.keyBundles.save(received, KEPT_OF_A_SENDER);
    if (this.#invites().some((invite) => invite.roomId === roomId && invite.inviter === sender)) this.#lookAt(received);
  }

  /** The user went into the room on this invite: the inviter's bundle is welcome from now on, and one that is here already is ready. */
  acceptedInvite(roomId: RoomId, inviter: UserId): void {
    const { store, env } = this.#context;
    for (const { roomId: over, acceptedTs } of store.keyBundles.invites())
      if (!isRecent(env.now(), acceptedTs)) store.keyBundles.removeInvite(over);
    store.keyBundles.saveInvite({ roomId, inviter, acceptedTs: env.now() });
    this.#directory.updateTrackedUsers([inviter]);
    const received = store.keyBundles.find(roomId, inviter);
    if (received !== undefined) this.#lookAt(received);
  }

  /** Those to be downloaded, each then handed to `open`. A restart changes nothing. */
  ready(): ReadyBundle[] {
    return this.#invites().flatMap(({ roomId, inviter }) => {
      const received = this.#context.store.keyBundles.find(roomId, inviter);
      if (received === undefined || !this.#isTrusted(received)) return [];
      const file = fileOf(received);
      file?.key[Symbol.dispose]();
      return file === undefined ? [] : [{ roomId, sender: inviter, url: file.url }];
    });
  }

  /** Reads a downloaded bundle. Nothing is imported yet. */
  open(roomId: RoomId, ciphertext: Uint8Array): Result<OpenBundle, BundleFailure> {
    const invite = this.#invites().find((invite) => invite.roomId === roomId);
    const received = invite === undefined ? undefined : this.#context.store.keyBundles.find(roomId, invite.inviter);
    if (received === undefined) return err("no-bundle");
    if (!this.#isTrusted(received)) return err("untrusted-sender");
    const file = fileOf(received);
    if (file === undefined) return err("invalid-bundle");
    using key = file.key;
    const plaintext = decryptAttachment({ ...file, key }, ciphertext);
    if (!plaintext.ok) return plaintext;
    const bundle = parseRoomKeyBundle(plaintext.value);
    plaintext.value.fill(0);
    if (!bundle.ok) return bundle;
    return ok({ ...bundle.value, roomId, forwarder: { userId: received.sender, deviceId: received.senderDevice } });
  }

  /** Takes a part of it, beginning at `from`. Keys of other rooms and what makes no sense are left out; that the forwarder gave them stays with the keys. */
  importBatch(bundle: OpenBundle, from: number, limit: number): BundleImport {
    const { roomId, roomKeys, withheld } = bundle;
    const imported: RoomKeyInfo[] = [];
    const noted: SessionId[] = [];
    const end = Math.min(from + limit, roomKeys.length + withheld.length);
    for (let at = from; at < end; at++) {
      if (at < roomKeys.length) {
        const info = this.#importKey(bundle, roomKeys[at]);
        if (info !== undefined) imported.push(info);
      } else noted.push(...this.#importNotice(bundle, withheld[at - roomKeys.length]));
    }
    const next = end < roomKeys.length + withheld.length ? end : undefined;
    if (next === undefined) this.forget(roomId);
    return { next, importedCount: imported.length, roomKeys: imported, withheld: noted };
  }

  /** Waits for no bundle of this room any more: it was imported or cannot be had, or the user left. */
  forget(roomId: RoomId): void {
    this.#context.store.keyBundles.removeInvite(roomId);
    this.#context.store.keyBundles.removeRoom(roomId);
  }

  #importKey({ roomId, forwarder }: OpenBundle, value: unknown): RoomKeyInfo | undefined {
    const session = parseExportedRoomKey(value);
    if (!session.ok || session.value.roomId !== roomId) return undefined;
    // SECURITY: only the forwarder's word says who made it; and what they could share, we may.
    if (!this.#sink.addSession({ ...session.value, sharedHistory: true, forwarder })) return undefined;
    const { senderKey, ratchet } = session.value;
    return { roomId, senderKey, sessionId: ratchet.sessionId, algorithm: MEGOLM_ALGORITHM };
  }

  #importNotice({ roomId, forwarder }: OpenBundle, value: unknown): SessionId[] {
    const withheld = parseWithheld(value);
    if (!withheld.ok || withheld.value.session?.roomId !== roomId || withheld.value.code !== HISTORY_NOT_SHARED) return [];
    const { code, senderKey, session } = withheld.value;
    const { withheldSessions } = this.#context.store;
    // What the maker has told us themselves explains more.
    if (withheldSessions.codeOf(roomId, session.sessionId) !== undefined) return [];
    const notice = {
      roomId,
      sessionId: session.sessionId,
      code,
      sender: forwarder.userId,
      ...(senderKey === undefined ? {} : { senderKey }),
    };
    withheldSessions.save(notice, NOTICE_BOUNDS);
    return [session.sessionId];
  }

  /** The sender's device may be unknown, or signed only since we last looked. */
  #lookAt(received: ReceivedKeyBundle): void {
    if (!this.#isTrusted(received)) this.#directory.markUserDirty(received.sender);
  }

  /** What is known of the sending device today; where it is gone by now, what was known when it sent. */
  #isTrusted({ sender, senderKey, senderSigningKey, trusted }: ReceivedKeyBundle): boolean {
    const device = this.#directory.deviceByCurveKey(sender, senderKey);
    if (device === undefined || device.deleted) return trusted && !this.#directory.ownerTrust(sender).verificationViolation;
    return device.ed25519 === senderSigningKey && isTrusted(senderDataOf(device, this.#directory.trustOf(device)).kind);
  }

  #invites(): AcceptedInvite[] {
    const { store, env } = this.#context;
    return store.keyBundles.invites().filter(({ acceptedTs }) => isRecent(env.now(), acceptedTs));
  }
}

/** A clock that went backwards keeps an invite alive no longer than forwards. */
const isRecent = (now: number, acceptedTs: number): boolean => Math.abs(now - acceptedTs) <= ACCEPTED_FOR_MS;

function isTrusted(kind: string): boolean {
  return kind === "senderUnverified" || kind === "senderVerified";
}

/** Checked when it was received; by an earlier version perhaps, or the row is damaged: then the room goes without its past, and everything else goes on. */
function fileOf({ fileJson }: ReceivedKeyBundle): EncryptedFile | undefined {
  const json = parseJsonObject(fileJson, FILE_LIMITS);
  const file = json.ok ? parseEncryptedFile(json.value) : json;
  return file.ok ? file.value : undefined;
}
