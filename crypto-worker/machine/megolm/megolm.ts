import type { RoomId, SessionId, UserId } from "../../../protocol/ids.ts";
import type { Result } from "../../../protocol/result.ts";
import { MEGOLM_ALGORITHM } from "../../wire/algorithms.ts";
import type { EncryptionSettings as RoomEncryption } from "../../wire/encryption-event.ts";
import type { JsonObject } from "../../wire/json.ts";
import { parseWithheld, type ForwardedRoomKeyContent } from "../../wire/to-device-events.ts";
import type { MachineContext } from "../context.ts";
import type { Device } from "../devices/device.ts";
import type { DeviceDirectory } from "../devices/device-directory.ts";
import type { DecryptedOlmEvent } from "../olm/decrypted-olm-event.ts";
import type { OlmChannel } from "../olm/olm-channel.ts";
import type { OutgoingRequest } from "../requests/outgoing-request.ts";
import { clampEncryptionSettings, type EncryptionSettings } from "./encryption-settings.ts";
import type { ExportedRoomKey } from "./exported-room-key.ts";
import type { InboundSession } from "./inbound-session.ts";
import { forwardedRoomKeyOf, importForwardedRoomKey, type ForwardedImport, type ForwardedRoomKey } from "./forwarded-room-key.ts";
import { InboundSessions } from "./inbound-sessions.ts";
import { OnlyTrusted } from "./only-trusted.ts";
import { requestOf } from "./outbound-session.ts";
import { OutboundSessions } from "./outbound-sessions.ts";
import { RoomEventDecryption, type RawRoomEvent } from "./room-event-decryption.ts";
import type { DecryptionResult } from "./room-event.ts";
import { RoomKeySharing } from "./room-key-sharing.ts";
import { exportRoomKeys, importRoomKeys, type ImportOptions, type ImportResult, type RoomKeyPredicate } from "./room-key-transfer.ts";
import { parseRoomKey, type RoomKeyInfo } from "./room-key.ts";
import { RoomSettings, type RoomSettingsFailure } from "./room-settings.ts";
import { senderDataOf, UNKNOWN_SENDER } from "./sender-data.ts";
import { DEFAULT_DECRYPTION_SETTINGS, type DecryptionSettings } from "./trust-requirement.ts";
import { NOTICE_BOUNDS } from "./withheld.ts";

/** A key of which somebody told us that we do not get it. */
export type RoomKeyWithheldInfo = { readonly roomId: RoomId; readonly sessionId: string; readonly code: string };

/** Everything of Megolm. Each call is one transaction, or joins the caller's. */
export class Megolm {
  readonly #context: MachineContext;
  readonly #inbound: InboundSessions;
  readonly #outbound: OutboundSessions;
  readonly #sharing: RoomKeySharing;
  readonly #decryption: RoomEventDecryption;
  readonly #settings: RoomSettings;
  /** Who gets keys where a caller does not say. */
  readonly onlyTrusted: OnlyTrusted;
  readonly #directory: DeviceDirectory;

  constructor(context: MachineContext, directory: DeviceDirectory, channel: OlmChannel) {
    this.#context = context;
    this.#directory = directory;
    this.#inbound = new InboundSessions(context, directory);
    this.#outbound = new OutboundSessions(context, directory, this.#inbound);
    this.#sharing = new RoomKeySharing(context, directory, channel, this.#outbound);
    this.#decryption = new RoomEventDecryption(context, directory, this.#inbound);
    this.#settings = new RoomSettings(context);
    this.onlyTrusted = new OnlyTrusted(context);
  }

  /** An `m.room_key` that came over Olm. Undefined when it is malformed, or gives us nothing that we did not have. */
  receiveRoomKey(event: DecryptedOlmEvent): RoomKeyInfo | undefined {
    const key = parseRoomKey(event.content);
    if (!key.ok) return undefined;
    const { roomId, ratchet, sharedHistory } = key.value;
    const { senderDevice, senderCurve25519: senderKey } = event;
    const added = this.#context.store.transaction(() =>
      this.#inbound.add({
        roomId,
        ratchet,
        senderKey,
        signingKey: event.senderEd25519,
        senderData: senderDevice === undefined ? UNKNOWN_SENDER : senderDataOf(senderDevice, this.#directory.trustOf(senderDevice)),
        imported: false,
        forwarder: undefined,
        sharedHistory,
        historyVisibility: undefined,
        backupVersion: undefined,
      }),
    );
    return added ? { roomId, sessionId: ratchet.sessionId, senderKey, algorithm: MEGOLM_ALGORITHM } : undefined;
  }

  /** An `m.room_key.withheld`, which anybody can write. Undefined when it explains no session. */
  receiveWithheld(sender: UserId, content: JsonObject): RoomKeyWithheldInfo | undefined {
    const withheld = parseWithheld(content);
    if (!withheld.ok || withheld.value.session === undefined) return undefined;
    const { code, session } = withheld.value;
    const { roomId, sessionId } = session;
    this.#context.store.withheldSessions.save({ roomId, sessionId, code, sender }, NOTICE_BOUNDS);
    return { roomId, sessionId, code };
  }

  /** A key that a device of ours passed on, and that the caller has asked it for. */
  importForwardedRoomKey(key: ForwardedRoomKeyContent, { userId, deviceId }: Device): ForwardedImport {
    return this.#context.store.transaction(() => importForwardedRoomKey(this.#inbound, key, { userId, deviceId }));
  }

  hasRoomKey(roomId: RoomId, sessionId: SessionId): boolean {
    return this.#inbound.find(roomId, sessionId) !== undefined;
  }

  /** SECURITY: the key of messages from this index on, in clear text. Undefined where we have none that could be passed on. */
  forwardedRoomKey(roomId: RoomId, sessionId: SessionId, index: number): ForwardedRoomKey | undefined {
    const session = this.#inbound.find(roomId, sessionId);
    return session === undefined ? undefined : forwardedRoomKeyOf(session, index);
  }

  /** From which index on we gave this device, with its present keys, our present session of the room; undefined when we did not, or it is another one. */
  sharedFrom(roomId: RoomId, sessionId: SessionId, device: Device): number | undefined {
    const session = this.#outbound.find(roomId);
    return session?.sessionId === sessionId ? session.sharedFrom(device) : undefined;
  }

  /**
   * Makes sure that everyone who may read the next message will have its key; to be called before every message, and its requests sent. Missing
   * settings come from the room's `m.room.encryption`, as far as `setRoomSettings` was told, and from `onlyTrusted`, then from the defaults.
   * @throws RoomKeySharingError
   */
  shareRoomKey(roomId: RoomId, userIds: Iterable<UserId>, settings: Partial<EncryptionSettings> = {}): OutgoingRequest[] {
    return this.#context.store.transaction(() => {
      const room = this.#settings.of(roomId);
      const onlyTrusted = this.onlyTrusted.everywhere() || this.onlyTrusted.inRoom(roomId);
      const defaults = clampEncryptionSettings({
        ...(onlyTrusted ? { sharingStrategy: "onlyTrustedDevices" } : {}),
        ...(room?.rotationPeriodMs === undefined ? {} : { rotationPeriodMs: room.rotationPeriodMs }),
        ...(room?.rotationPeriodMsgs === undefined ? {} : { rotationPeriodMsgs: room.rotationPeriodMsgs }),
      });
      return this.#sharing.share(roomId, userIds, clampEncryptionSettings(settings, defaults));
    });
  }

  /** Devices that began a new Olm session with us get the present room keys again that they were given. The requests are stored. */
  shareAgain(devices: readonly Device[]): OutgoingRequest[] {
    return this.#context.store.transaction(() => this.#sharing.shareAgain(devices));
  }

  /** False when the request is not one of ours, or was acknowledged before. */
  onToDeviceSent(requestId: string): boolean {
    const roomId = this.#context.store.roomKeyShares.acknowledge(requestId);
    if (roomId === undefined) return false;
    this.#outbound.acknowledge(roomId, requestId);
    return true;
  }

  /** Key shares and notices that were not acknowledged, of all rooms. They outlive a restart with their transaction ids. */
  pendingRequests(): OutgoingRequest[] {
    return this.#context.store.roomKeyShares.pending().flatMap((share) => requestOf(share) ?? []);
  }

  /**
   * The content of the `m.room.encrypted` event.
   * @throws RoomKeyNotSharedError when `shareRoomKey` was not called, or its requests were not all sent
   */
  encryptRoomEvent(roomId: RoomId, eventType: string, content: JsonObject): JsonObject {
    return this.#outbound.encrypt(roomId, eventType, content);
  }

  /** For events that are about to be decrypted in the same transaction: all threads of the crew work on them at once. */
  decryptAhead(events: readonly RawRoomEvent[]): void {
    this.#decryption.decryptAhead(events);
  }

  /** Never throws for what an event holds. */
  decryptRoomEvent(event: unknown, roomId: RoomId, settings: DecryptionSettings = DEFAULT_DECRYPTION_SETTINGS): DecryptionResult {
    return this.#context.store.transaction(() => this.#decryption.decrypt(event, roomId, settings));
  }

  /** The next message gets a new session. False when there was none. */
  discardRoomKey(roomId: RoomId): boolean {
    return this.#context.store.transaction(() => this.#outbound.remove(roomId));
  }

  /** Devices whose keys or trust changed: sessions whose maker was not known are looked at again. */
  onDevicesUpdated(devices: Iterable<Device>): void {
    this.#context.store.transaction(() => this.#inbound.onDevicesUpdated(devices));
  }

  roomSettings(roomId: RoomId): RoomEncryption | undefined {
    return this.#settings.of(roomId);
  }

  /** Accepts the first settings of a room, and after that only the same. */
  setRoomSettings(roomId: RoomId, settings: RoomEncryption): Result<void, RoomSettingsFailure> {
    return this.#context.store.transaction(() => this.#settings.set(roomId, settings));
  }

  /** SECURITY: dangerous. */
  exportRoomKeys(predicate?: RoomKeyPredicate): ExportedRoomKey[] {
    return exportRoomKeys(this.#context, predicate);
  }

  importRoomKeys(keys: readonly unknown[], options: ImportOptions = {}): ImportResult {
    return this.#context.store.transaction(() => importRoomKeys(this.#inbound, keys, options));
  }

  /** A session that did not come from its maker over Olm; true when it is new, or better than ours. */
  addSession(session: InboundSession): boolean {
    return this.#context.store.transaction(() => this.#inbound.add(session));
  }

  /** Writes back what was reserved and not used, and frees libolm's memory. */
  close(): void {
    this.#outbound.close();
    this.#inbound.close();
  }
}
