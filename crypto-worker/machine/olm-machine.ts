import { parseUserId, type DeviceId, type UserId } from "../../protocol/ids.ts";
import type { Result } from "../../protocol/result.ts";
import type { IdentityKeys } from "../primitives/account-pickle.ts";
import { soloCrew, type Crew } from "../primitives/crew/crew.ts";
import { loadOlm } from "../primitives/olm-library.ts";
import { systemEnv } from "../primitives/system-env.ts";
import type { CryptoStore } from "../store/store.ts";
import type { EncryptionSettings as RoomEncryption } from "../wire/encryption-event.ts";
import type { JsonObject, JsonValue } from "../wire/json.ts";
import { parseKeyCounts } from "../wire/keys-responses.ts";
import { MachineBackup } from "./backup/machine-backup.ts";
import type { CrossSigningStatus } from "./cross-signing/cross-signing.ts";
import type { CrossSigningImport, CrossSigningSeeds } from "./cross-signing/private-keys.ts";
import { MachineDehydration } from "./dehydration/machine-dehydration.ts";
import { deviceInfoOf, identityInfoOf, type DeviceInfo, type IdentityInfo } from "./device-info.ts";
import type { LocalTrust } from "./devices/device.ts";
import type { Env } from "./env.ts";
import { MachineGossip } from "./gossip/machine-gossip.ts";
import { MachineHistory } from "./history/machine-history.ts";
import { MachineError, RoomKeyFileError } from "./machine-error.ts";
import { MachineParts, type RequestOutcome } from "./machine-parts.ts";
import type { EncryptionSettings } from "./megolm/encryption-settings.ts";
import type { ExportedRoomKey } from "./megolm/exported-room-key.ts";
import type { RawRoomEvent } from "./megolm/room-event-decryption.ts";
import type { DecryptionResult } from "./megolm/room-event.ts";
import { decryptRoomKeyFile, encryptRoomKeyFile } from "./megolm/room-key-file.ts";
import type { ImportOptions, ImportResult, RoomKeyPredicate } from "./megolm/room-key-transfer.ts";
import type { RoomSettingsFailure } from "./megolm/room-settings.ts";
import { DEFAULT_DECRYPTION_SETTINGS, type DecryptionSettings } from "./megolm/trust-requirement.ts";
import type { OutgoingRequest } from "./requests/outgoing-request.ts";
import { requireDeviceId, requireRoomId, requireUserId, userIdsOf } from "./require-ids.ts";
import type { ReceivedToDeviceEvents } from "./to-device/to-device-receiver.ts";

export type OlmMachineOptions = {
  readonly userId: string;
  readonly deviceId: string;
  readonly store: CryptoStore;
  /** The process's clock and random source unless given. */
  readonly env?: Env;
  /** Threads for work on many keys at once; without, the caller's thread does it all. */
  readonly crew?: Crew;
};

/** The parts of a sync that concern encryption. */
export type SyncChanges = {
  /** As the server sent them, in order; each is parsed by itself. An empty list says that none waits there. */
  readonly toDeviceEvents?: readonly unknown[];
  readonly deviceLists?: { readonly changed?: readonly string[]; readonly left?: readonly string[] };
  /** `device_one_time_keys_count`; an algorithm that is missing has none. Undefined means unchanged: so sliding sync (MSC4186) may leave it out. */
  readonly oneTimeKeyCounts?: Readonly<Record<string, number>> | ReadonlyMap<string, number> | undefined;
  /** `device_unused_fallback_key_types`; undefined where the server does not know fallback keys. */
  readonly unusedFallbackKeyTypes?: readonly string[] | undefined;
  /** Committed with everything else by whoever owns the sync; the machine does not need it. */
  readonly nextBatch?: string | undefined;
  /** Which senders' custom to-device events to accept; everyone's unless told. */
  readonly settings?: DecryptionSettings;
};

/**
 * The encryption state machine of one device. No I/O but its store: requests are handed out as data, and their responses brought back. Every call is
 * synchronous and one transaction, or joins the one that is open on the store; what it returns may leave the process once that has committed.
 *
 * Ids that are not Matrix ids are skipped in lists, and otherwise throw `MachineError`.
 */
export class OlmMachine extends MachineGossip {
  readonly userId: UserId;
  readonly deviceId: DeviceId;
  /** Unpadded base64. */
  readonly identityKeys: IdentityKeys;
  /** Key backup on the server. */
  readonly backup = new MachineBackup((work) => this.run(work));
  /** The past of rooms, for those who are invited. */
  readonly history = new MachineHistory((work) => this.run(work));
  /** Devices on the server that take room keys while nobody is signed in. */
  readonly dehydration = new MachineDehydration((work) => this.run(work));
  readonly #store: CryptoStore;
  readonly #parts: MachineParts;

  private constructor(userId: UserId, deviceId: DeviceId, store: CryptoStore, parts: MachineParts) {
    super();
    this.userId = userId;
    this.deviceId = deviceId;
    this.identityKeys = parts.context.identityKeys;
    this.#store = store;
    this.#parts = parts;
  }

  /** Loads libolm, once a process. Everything else needs it to have resolved. */
  static ready(): Promise<void> {
    return loadOlm();
  }

  /**
   * Opens the machine of the store, with a new account where the store has none.
   * @throws StoreError `other-account` when the store belongs to another user or device; MachineError for malformed ids
   */
  static open({ userId, deviceId, store, env = systemEnv, crew = soloCrew }: OlmMachineOptions): OlmMachine {
    const user = requireUserId(userId);
    const device = requireDeviceId(deviceId);
    const parts = store.transaction(() => MachineParts.open(user, device, store, env, crew));
    return new OlmMachine(user, device, store, parts);
  }

  /** Frees what libolm holds. The store stays open: it is the caller's. */
  close(): void {
    this.#parts.close();
  }

  /** When this device's keys were made; older events were sent before it existed. Milliseconds since the epoch. */
  get createdTs(): number {
    return this.#parts.account.createdTs;
  }

  // Sync and requests

  /**
   * Processes to-device events in order, then device lists and key counts. What is wrong with one event is in its result, and never thrown. The server
   * forgets the events when the next sync acknowledges this one: commit its position in the same transaction, and durably (decision 0003).
   */
  receiveSyncChanges(changes: SyncChanges): ReceivedToDeviceEvents {
    return this.run((parts) => {
      const { tracked, keysUpload, verifications } = parts;
      verifications.tick();
      const received = parts.receiveToDevice(changes.toDeviceEvents ?? [], changes.settings ?? DEFAULT_DECRYPTION_SETTINGS);
      tracked.update(userIdsOf(changes.deviceLists?.changed ?? []), userIdsOf(changes.deviceLists?.left ?? []));
      keysUpload.receiveCounts(countsOf(changes.oneTimeKeyCounts), changes.unusedFallbackKeyTypes);
      if (changes.toDeviceEvents?.length === 0) keysUpload.onCaughtUp();
      return received;
    });
  }

  /** Everything that waits to be sent and is not given out by another call; the same requests with the same ids until they are answered. */
  outgoingRequests(): OutgoingRequest[] {
    return this.run((parts) => parts.outgoingRequests());
  }

  /** `responseBody` is the parsed JSON body of a successful response. One that is not known, or was answered before, is ignored. */
  markRequestAsSent(id: string, responseBody?: unknown): RequestOutcome {
    return this.run((parts) => parts.markRequestAsSent(id, responseBody));
  }

  /**
   * The response was larger than what the caller takes. A query of devices is then made in parts, which are among the requests from now on; undefined where
   * nothing can be done about it, and the request stays.
   */
  markAnswerAsTooLarge(id: string): RequestOutcome | undefined {
    return this.run((parts) => parts.markAnswerAsTooLarge(id));
  }

  /** Follows the devices of these users from now on; those who are followed already are not asked for again. */
  updateTrackedUsers(userIds: Iterable<string>): void {
    this.run(({ directory }) => directory.updateTrackedUsers(userIdsOf(userIds)));
  }

  trackedUsers(): readonly UserId[] {
    return this.run(({ directory }) => directory.trackedUsers());
  }

  /** Users among these whose devices are not known to be up to date. */
  outdatedUsers(userIds: Iterable<string>): UserId[] {
    return this.run(({ tracked }) => userIdsOf(userIds).filter((userId) => !tracked.isTracked(userId) || tracked.isDirty(userId)));
  }

  /** For users out of `/keys/changes`, as for those in a sync's `device_lists.changed`. */
  markUsersAsChanged(userIds: Iterable<string>): void {
    this.run(({ tracked }) => {
      for (const userId of userIdsOf(userIds)) tracked.markDirty(userId);
    });
  }

  /** After a gap in the syncs, in which changes of device lists may have been lost. */
  markAllTrackedUsersAsDirty(): void {
    this.run(({ tracked }) => tracked.markAllDirty());
  }

  /**
   * The claim of one-time keys for devices of these users that no Olm session reaches, and for broken sessions of anyone; undefined when there are none,
   * or their last claim failed a moment ago.
   */
  getMissingSessions(userIds: Iterable<string>): OutgoingRequest | undefined {
    return this.run(({ claims }) => claims.missingSessions(userIdsOf(userIds)));
  }

  // Rooms

  /** Call before every message of the room and send the requests. The same unanswered requests again when called again. */
  shareRoomKey(roomId: string, userIds: Iterable<string>, settings: Partial<EncryptionSettings> = {}): OutgoingRequest[] {
    return this.run(({ megolm }) => megolm.shareRoomKey(requireRoomId(roomId), userIdsOf(userIds), settings));
  }

  /** The content of the `m.room.encrypted` event. */
  encryptRoomEvent(roomId: string, eventType: string, content: JsonObject): JsonObject {
    return this.run(({ megolm }) => megolm.encryptRoomEvent(requireRoomId(roomId), eventType, content));
  }

  /**
   * Decrypts events that `decryptRoomEvent` is about to be given, in the same transaction, with all threads of the crew at once. Changes nothing but how
   * long that takes.
   */
  decryptAhead(events: readonly RawRoomEvent[]): void {
    this.run(({ megolm }) => megolm.decryptAhead(events));
  }

  /** Never throws for what the event contains. */
  decryptRoomEvent(event: unknown, roomId: string, settings: DecryptionSettings = DEFAULT_DECRYPTION_SETTINGS): DecryptionResult {
    return this.run((parts) => parts.decryptRoomEvent(event, requireRoomId(roomId), settings));
  }

  /** The next message gets a new session. False when there was none. */
  discardRoomKey(roomId: string): boolean {
    return this.run(({ megolm }) => megolm.discardRoomKey(requireRoomId(roomId)));
  }

  roomSettings(roomId: string): RoomEncryption | undefined {
    return this.run(({ megolm }) => megolm.roomSettings(requireRoomId(roomId)));
  }

  /** The first settings of a room stay: weaker ones are refused. */
  setRoomSettings(roomId: string, settings: RoomEncryption): Result<void, RoomSettingsFailure> {
    return this.run(({ megolm }) => megolm.setRoomSettings(requireRoomId(roomId), settings));
  }

  /** Whether room keys go to trusted devices only: those verified, or those of verified people and signed by them. Without a room: in all rooms. */
  onlyAllowTrustedDevices(roomId?: string): boolean {
    return this.run(({ megolm: { onlyTrusted } }) =>
      roomId === undefined ? onlyTrusted.everywhere() : onlyTrusted.inRoom(requireRoomId(roomId)),
    );
  }

  /** Kept over restarts, off at first. It decides for `shareRoomKey` where its caller names no strategy; who is left out is told `m.unverified`. */
  setOnlyAllowTrustedDevices(on: boolean, roomId?: string): void {
    this.run(({ megolm: { onlyTrusted } }) =>
      roomId === undefined ? onlyTrusted.setEverywhere(on) : onlyTrusted.setInRoom(requireRoomId(roomId), on),
    );
  }

  // To-device

  /**
   * The `m.room.encrypted` content for one device.
   * @throws MachineError `unknown-device`, `no-olm-session`
   */
  encryptToDeviceEvent(userId: string, deviceId: string, type: string, content: JsonObject): JsonObject {
    return this.run(({ directory, channel }) => {
      const device = directory.device(requireUserId(userId), requireDeviceId(deviceId));
      if (device === undefined || device.deleted) throw new MachineError("unknown-device");
      const encrypted = channel.encrypt(device, channel.payload(type, content));
      if (!encrypted.ok) throw new MachineError(encrypted.error);
      return encrypted.value;
    });
  }

  // Devices and identities

  /** Undefined for one that is not known or was deleted. */
  getDevice(userId: string, deviceId: string): DeviceInfo | undefined {
    return this.getUserDevices(userId).find((device) => device.deviceId === deviceId);
  }

  getUserDevices(userId: string): DeviceInfo[] {
    const user = parseUserId(userId);
    if (!user.ok) return [];
    return this.run(({ directory }) => directory.userDevices(user.value).map((device) => deviceInfoOf(device, directory.trustOf(device))));
  }

  getIdentity(userId: string): IdentityInfo | undefined {
    const user = parseUserId(userId);
    return user.ok ? this.run(({ directory }) => identityInfoOf(directory.ownerTrust(user.value))) : undefined;
  }

  /** @throws MachineError `unknown-device` */
  setLocalTrust(userId: string, deviceId: string, trust: LocalTrust): void {
    this.run((parts) => parts.setLocalTrust(requireUserId(userId), requireDeviceId(deviceId), trust));
  }

  /**
   * Records that the user compared this identity, and signs it. Our own: marks it verified on this device.
   * @throws MachineError `unknown-identity`, `missing-cross-signing-key`
   */
  verifyIdentity(userId: string): OutgoingRequest[] {
    return this.run((parts) => parts.verifyIdentity(requireUserId(userId)));
  }

  /** Signs another device of ours. @throws MachineError `unknown-device`, `missing-cross-signing-key` */
  verifyOwnDevice(deviceId: string): OutgoingRequest[] {
    return this.run((parts) => parts.verifyOwnDevice(requireDeviceId(deviceId)));
  }

  /** Accepts the identity's present master key, without a verification. @throws MachineError `unknown-identity` */
  pinIdentity(userId: string): void {
    this.run((parts) => parts.pinIdentity(requireUserId(userId), false));
  }

  /** Accepts that an identity which was verified is not any more; pins it too. @throws MachineError `unknown-identity` */
  withdrawVerification(userId: string): void {
    this.run((parts) => parts.pinIdentity(requireUserId(userId), true));
  }

  /**
   * Makes and publishes our cross-signing identity, or offers the existing one again. In sending order; the caller adds `auth` to the
   * `signing_keys_upload`.
   * @throws MachineError `identity-exists` when there is an identity whose private keys are not here, and `reset` is not set
   */
  bootstrapCrossSigning({ reset = false }: { readonly reset?: boolean } = {}): OutgoingRequest[] {
    return this.run((parts) => parts.bootstrapCrossSigning(reset));
  }

  crossSigningStatus(): CrossSigningStatus {
    return this.run(({ crossSigning }) => crossSigning.status());
  }

  /** SECURITY: our private cross-signing keys, as many as are here. Only to encrypt them at once, for a recovery key or another device of ours. */
  exportCrossSigningKeys(): CrossSigningSeeds {
    return this.run(({ privateKeys }) => privateKeys.export());
  }

  /**
   * Takes those of our private keys whose public halves our identity has published. With the master key our identity is verified, and this device is
   * signed. `requests` are the signatures to upload; they are among `outgoingRequests` too until they were sent.
   * @throws MachineError `unknown-identity` when our identity is not known (yet)
   */
  importCrossSigningKeys(seeds: CrossSigningSeeds): CrossSigningImport & { readonly requests: readonly OutgoingRequest[] } {
    return this.run((parts) => parts.importCrossSigningKeys(seeds));
  }

  // Room key files

  /** SECURITY: the keys of past messages in clear text. */
  exportRoomKeys(predicate?: RoomKeyPredicate): ExportedRoomKey[] {
    return this.run(({ megolm }) => megolm.exportRoomKeys(predicate));
  }

  importRoomKeys(keys: readonly unknown[], options: ImportOptions = {}): ImportResult {
    return this.run((parts) => parts.importRoomKeys(keys, options));
  }

  /** SECURITY: the only protection of the text is the passphrase. Blocks for the rounds of PBKDF2. @throws RoomKeyFileError */
  static encryptExportedRoomKeys(keys: readonly ExportedRoomKey[], passphrase: string, rounds: number, env: Env = systemEnv): string {
    const file = encryptRoomKeyFile(keys, passphrase, rounds, env);
    if (!file.ok) throw new RoomKeyFileError(file.error);
    return file.value;
  }

  /** The entries as they are in the file: `importRoomKeys` checks each. @throws RoomKeyFileError `wrong-passphrase`, also for a damaged file */
  static decryptExportedRoomKeys(text: string, passphrase: string): readonly JsonValue[] {
    const keys = decryptRoomKeyFile(text, passphrase);
    if (!keys.ok) throw new RoomKeyFileError(keys.error);
    return keys.value;
  }

  protected override run<T>(work: (parts: MachineParts) => T): T {
    return this.#store.transaction(() => {
      const value = work(this.#parts);
      this.#parts.flush();
      return value;
    });
  }
}

function countsOf(counts: SyncChanges["oneTimeKeyCounts"]): ReadonlyMap<string, number> | undefined {
  return counts === undefined || counts instanceof Map ? counts : parseKeyCounts(counts as JsonObject);
}
