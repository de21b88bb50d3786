import type { DeviceId, RoomId, UserId } from "../../protocol/ids.ts";
import type { Crew } from "../primitives/crew/crew.ts";
import type { CryptoStore } from "../store/store.ts";
import { SUPPORTED_ALGORITHMS } from "../wire/algorithms.ts";
import { KeysUpload } from "./account/keys-upload.ts";
import { OlmAccount } from "./account/olm-account.ts";
import { OwnDeviceKeys } from "./account/own-device-keys.ts";
import { Backup } from "./backup/backup.ts";
import { BackupRestore } from "./backup/backup-restore.ts";
import { BackupSigner } from "./backup/backup-trust.ts";
import type { MachineContext } from "./context.ts";
import { CrossSigning } from "./cross-signing/cross-signing.ts";
import { PrivateKeys, type CrossSigningImport, type CrossSigningSeeds } from "./cross-signing/private-keys.ts";
import type { DehydrationParts } from "./dehydration/machine-dehydration.ts";
import type { Device, LocalTrust } from "./devices/device.ts";
import { Devices } from "./devices/devices.ts";
import { StoredDeviceDirectory } from "./devices/directory.ts";
import { EmbeddedDevices } from "./devices/embedded-devices.ts";
import { Identities } from "./devices/identities.ts";
import { KeyQueries, type KeyQueriesOutcome, type RefusedDeviceList } from "./devices/key-queries.ts";
import { KeyQueryResponseReceiver } from "./devices/key-query-response.ts";
import { TrackedUsers } from "./devices/tracked-users.ts";
import type { Env } from "./env.ts";
import { Gossip } from "./gossip/gossip.ts";
import { BundleInbox } from "./history/bundle-inbox.ts";
import { BundleSharing } from "./history/bundle-sharing.ts";
import { MachineError } from "./machine-error.ts";
import { Megolm } from "./megolm/megolm.ts";
import type { InboundSession, SessionSink } from "./megolm/inbound-session.ts";
import { parseEncryptedRoomEvent, type DecryptionResult } from "./megolm/room-event.ts";
import type { ImportOptions, ImportResult } from "./megolm/room-key-transfer.ts";
import type { DecryptionSettings } from "./megolm/trust-requirement.ts";
import type { RoomKeyInfo } from "./megolm/room-key.ts";
import type { SenderDevices } from "./olm/check-olm-event.ts";
import type { DecryptedOlmEvent } from "./olm/decrypted-olm-event.ts";
import { KeyClaims } from "./olm/key-claims.ts";
import { OlmDecryption } from "./olm/olm-decryption.ts";
import { OlmSessions } from "./olm/olm-sessions.ts";
import { RenewedDevices } from "./olm/renewed-devices.ts";
import { SessionOlmChannel } from "./olm/session-olm-channel.ts";
import type { OutgoingRequest } from "./requests/outgoing-request.ts";
import { OutgoingRequests } from "./requests/outgoing-requests.ts";
import { ToDeviceReceiver, type ReceivedToDeviceEvents } from "./to-device/to-device-receiver.ts";
import { SigningTrust } from "./verification/signing-trust.ts";
import { VerificationReceiver } from "./verification/verification-receiver.ts";
import { Verifications } from "./verification/verifications.ts";

export type RequestOutcome = {
  /** Whose devices or identity changed with a response: what was shown about them may be out of date. */
  readonly changedUsers: readonly UserId[];
  /** Whose devices were not taken from it, and why; what was known of them stays. */
  readonly refusedDeviceLists: readonly RefusedDeviceList[];
};

/** The parts of one machine, put together, and the few operations that need several of them. Every method runs inside the facade's transaction. */
export class MachineParts {
  readonly context: MachineContext;
  readonly account: OlmAccount;
  readonly devices: Devices;
  readonly identities: Identities;
  readonly tracked: TrackedUsers;
  readonly directory: StoredDeviceDirectory;
  readonly crossSigning: CrossSigning;
  readonly privateKeys: PrivateKeys;
  readonly channel: SessionOlmChannel;
  readonly claims: KeyClaims;
  readonly keysUpload: KeysUpload;
  readonly megolm: Megolm;
  readonly gossip: Gossip;
  readonly backup: Backup;
  readonly backupSigner: BackupSigner;
  readonly backupRestore: BackupRestore;
  readonly bundleSharing: BundleSharing;
  readonly bundleInbox: BundleInbox;
  readonly dehydration: DehydrationParts["dehydration"];
  readonly toDevice: ToDeviceReceiver;
  readonly verifications: Verifications;
  readonly verificationReceiver: VerificationReceiver;
  readonly #requests: OutgoingRequests;
  readonly #queries: KeyQueries;
  readonly #sessions: OlmSessions;
  readonly #deviceKeys: OwnDeviceKeys;
  readonly #decryption: OlmDecryption;
  /** Room keys that nobody else hands out: those that an earlier run of the program made and may not have sent, and those that go out again. */
  readonly #unsentRoomKeys: Set<string>;
  readonly #renewed: RenewedDevices;
  readonly #stopListening: () => void;
  readonly #changedUsers = new Set<UserId>();
  #refusedDeviceLists: readonly RefusedDeviceList[] = [];

  private constructor(context: MachineContext, account: OlmAccount) {
    this.context = context;
    this.account = account;
    this.devices = new Devices(context);
    this.identities = new Identities(context);
    this.tracked = new TrackedUsers(context);
    this.directory = new StoredDeviceDirectory(this.devices, this.identities, this.tracked);
    this.#requests = new OutgoingRequests(context);
    this.crossSigning = new CrossSigning(context, account, this.identities, this.devices, this.#requests);
    this.privateKeys = new PrivateKeys(context, this.identities);
    this.#deviceKeys = new OwnDeviceKeys(account, this.crossSigning.addSelfSignature);
    this.keysUpload = new KeysUpload(context, account, this.#deviceKeys, this.#requests);
    this.#sessions = new OlmSessions(context);
    this.#renewed = new RenewedDevices(context.env);
    this.channel = new SessionOlmChannel(context, this.#sessions, this.#deviceKeys);
    this.claims = new KeyClaims(context, account, this.directory, this.#sessions, this.channel, this.#requests);
    this.megolm = new Megolm(context, this.directory, this.channel);
    this.backupSigner = new BackupSigner(context, account, this.devices, this.identities);
    this.backup = new Backup(context, this.backupSigner, this.#requests);
    this.gossip = new Gossip(context, {
      directory: this.directory,
      privateKeys: this.privateKeys,
      backupKey: { load: () => context.store.backupKeys.loadDecryptionKey()?.privateKey },
      megolm: this.megolm,
      channel: this.channel,
      requests: this.#requests,
      acceptSeed: (name, seed) => this.importCrossSigningKeys({ [name]: seed }).imported.length > 0,
    });
    const sink: SessionSink = { addSession: (session) => this.#addSession(session) };
    this.backupRestore = new BackupRestore(this.backup, sink);
    this.bundleSharing = new BundleSharing(context, this.directory, this.channel, this.#requests);
    this.bundleInbox = new BundleInbox(context, this.directory, sink);
    const receiver = new KeyQueryResponseReceiver(context, this.devices, this.identities);
    this.#queries = new KeyQueries(context, this.tracked, receiver, this.#requests, (outcome) => this.#onKeyQuery(outcome));
    const embedded = new EmbeddedDevices(context, this.devices, this.identities);
    const senders: SenderDevices = {
      deviceByCurveKey: (userId, curve25519) => this.devices.findByCurveKey(userId, curve25519),
      parseEmbeddedDevice: (deviceKeys) => embedded.parse(deviceKeys),
    };
    this.dehydration = {
      vouchFor: this.crossSigning.vouchFor,
      selfSigningKey: () => this.identities.own()?.selfSigningKey,
      senders,
      receiveRoomKey: (event) => this.#receiveRoomKey(event),
    };
    this.#decryption = new OlmDecryption(context, account, this.#sessions, {
      ...senders,
      onNewInboundSession: (device) => {
        this.directory.onNewInboundSession(device);
        this.#renewed.add(device);
      },
      onUnknownDevice: (userId) => this.tracked.markDirty(userId),
    });
    const trust = new SigningTrust(context, this.devices, this.identities, this.crossSigning, this);
    this.verifications = new Verifications(context, this.devices, this.identities, trust);
    this.verificationReceiver = new VerificationReceiver(context, this.devices, this.tracked, this.verifications);
    this.toDevice = new ToDeviceReceiver(this.#decryption, this.directory, this.megolm, {
      verifications: this.verificationReceiver,
      gossip: this.gossip,
      bundles: this.bundleInbox,
    });
    this.#unsentRoomKeys = new Set(this.megolm.pendingRequests().map(({ id }) => id));
    this.#stopListening = context.store.onRollback(() => this.#drop());
  }

  static open(userId: UserId, deviceId: DeviceId, store: CryptoStore, env: Env, crew: Crew): MachineParts {
    const { account, isNew } = OlmAccount.open(store, env, userId, deviceId);
    const { identityKeys, pickleKey } = account;
    const parts = new MachineParts({ userId, deviceId, identityKeys, store, env, crew, pickleKey }, account);
    if (isNew) parts.#storeOwnDevice();
    else parts.#decryption.removeOldHashes();
    return parts;
  }

  receiveToDevice(events: readonly unknown[], settings: DecryptionSettings): ReceivedToDeviceEvents {
    const received = this.toDevice.receive(events, settings);
    const renewed = this.#renewed.take().flatMap(({ userId, deviceId }) => this.devices.find(userId, deviceId) ?? []);
    const requests = renewed.length === 0 ? [] : this.megolm.shareAgain(renewed);
    if (requests.length > 0) this.#renewed.markSent(renewed);
    for (const { id } of requests) this.#unsentRoomKeys.add(id);
    return received;
  }

  outgoingRequests(): OutgoingRequest[] {
    this.keysUpload.prepare();
    this.#queries.prepare();
    this.claims.prepare(this.gossip.prepare());
    const roomKeys = this.#unsentRoomKeys.size === 0 ? [] : this.megolm.pendingRequests().filter(({ id }) => this.#unsentRoomKeys.has(id));
    return [...this.#requests.all(), ...this.verifications.outgoingRequests(), ...roomKeys];
  }

  markRequestAsSent(id: string, responseBody: unknown): RequestOutcome {
    this.#beginOutcome();
    this.#unsentRoomKeys.delete(id);
    const ofVerification = this.verifications.markSent(id, responseBody);
    if (!this.#requests.markSent(id, responseBody) && !ofVerification) this.megolm.onToDeviceSent(id);
    return this.#outcome();
  }

  markAnswerAsTooLarge(id: string): RequestOutcome | undefined {
    this.#beginOutcome();
    return this.#queries.tooLarge(id) ? this.#outcome() : undefined;
  }

  decryptRoomEvent(event: unknown, roomId: RoomId, settings: DecryptionSettings): DecryptionResult {
    const result = this.megolm.decryptRoomEvent(event, roomId, settings);
    if (!result.ok && (result.reason.code === "MissingMegolmSession" || result.reason.code === "UnknownMegolmMessageIndex")) {
      const encrypted = parseEncryptedRoomEvent(event, roomId);
      if (encrypted.ok) this.gossip.roomKeys.requestByItself(roomId, encrypted.value.content.sessionId);
    }
    return result;
  }

  importRoomKeys(keys: readonly unknown[], options: ImportOptions): ImportResult {
    const result = this.megolm.importRoomKeys(keys, options);
    for (const { roomId, sessionId } of result.roomKeys) this.gossip.roomKeys.onRoomKey(roomId, sessionId);
    return result;
  }

  setLocalTrust(userId: UserId, deviceId: DeviceId, localTrust: LocalTrust): void {
    const device = this.devices.find(userId, deviceId);
    if (device === undefined || device.deleted) throw new MachineError("unknown-device");
    if (device.localTrust !== localTrust) this.devices.save({ ...device, localTrust });
  }

  verifyIdentity(userId: UserId): OutgoingRequest[] {
    const isNews = userId === this.context.userId && !this.identities.ownIsVerified();
    const requests = this.#verifyIdentity(userId);
    // The device that verified us, or another one, can now give us what this one lacks.
    if (isNews) this.gossip.secrets.requestMissing();
    return requests;
  }

  #verifyIdentity(userId: UserId): OutgoingRequest[] {
    const requests = this.crossSigning.verifyIdentity(userId);
    // Verifying our own changes what we think of everyone.
    this.#onTrustChanged(userId === this.context.userId ? this.tracked.all() : [userId]);
    return requests;
  }

  verifyOwnDevice(deviceId: DeviceId): OutgoingRequest[] {
    const requests = this.crossSigning.verifyOwnDevice(deviceId);
    this.#onTrustChanged([this.context.userId]);
    return requests;
  }

  /** The signatures that follow are kept until the server has them. */
  importCrossSigningKeys(seeds: CrossSigningSeeds): CrossSigningImport & { readonly requests: readonly OutgoingRequest[] } {
    const outcome = this.privateKeys.import(seeds);
    const { userId, deviceId, store } = this.context;
    const requests: OutgoingRequest[] = [];
    // Whoever has the private master key has shown that this identity is theirs.
    if (outcome.imported.includes("master") && !this.identities.ownIsVerified()) requests.push(...this.#verifyIdentity(userId));
    requests.push(...this.#signOwnDevice(deviceId));
    for (const { id, body } of requests) store.signatureUploads.add(id, JSON.stringify(body));
    return { ...outcome, requests };
  }

  pinIdentity(userId: UserId, withdrawVerification: boolean): void {
    const identity = this.identities.find(userId);
    if (identity === undefined) throw new MachineError("unknown-identity");
    const previouslyVerified = identity.previouslyVerified && !withdrawVerification;
    this.identities.save({ ...identity, pinnedMasterKey: identity.masterKey, previouslyVerified });
    this.#onTrustChanged([userId]);
  }

  bootstrapCrossSigning(reset: boolean): OutgoingRequest[] {
    // The signature on our device is about to change, and with it the keys that are uploaded.
    this.#deviceKeys.invalidate();
    const requests = this.crossSigning.bootstrap(reset, this.keysUpload);
    this.#onTrustChanged(this.tracked.all());
    return requests;
  }

  /** Writes the ratchets that moved. */
  flush(): void {
    this.#sessions.flush();
    this.account.flush();
  }

  close(): void {
    this.#stopListening();
    this.megolm.close();
    this.verifications.close();
    this.verificationReceiver.close();
    this.#drop();
  }

  #addSession(session: InboundSession): boolean {
    const added = this.megolm.addSession(session);
    if (added) this.gossip.roomKeys.onRoomKey(session.roomId, session.ratchet.sessionId);
    return added;
  }

  #receiveRoomKey(event: DecryptedOlmEvent): RoomKeyInfo | undefined {
    const roomKey = this.megolm.receiveRoomKey(event);
    if (roomKey !== undefined) this.gossip.roomKeys.onRoomKey(roomKey.roomId, roomKey.sessionId);
    return roomKey;
  }

  #beginOutcome(): void {
    this.#changedUsers.clear();
    this.#refusedDeviceLists = [];
  }

  #outcome(): RequestOutcome {
    return { changedUsers: [...this.#changedUsers], refusedDeviceLists: this.#refusedDeviceLists };
  }

  #onKeyQuery({ changedDevices, changedIdentities, refused }: KeyQueriesOutcome): void {
    const { userId } = this.context;
    this.#refusedDeviceLists = refused;
    if (changedIdentities.includes(userId)) this.crossSigning.clearIfDiffers();
    for (const device of changedDevices) this.#changedUsers.add(device.userId);
    for (const changed of changedIdentities) this.#changedUsers.add(changed);
    const devices = new Set<Device>(changedDevices);
    for (const changed of changedIdentities) for (const device of this.devices.all(changed)) devices.add(device);
    if (this.#changedUsers.has(userId)) this.#deviceKeys.invalidate();
    if (devices.size > 0) this.megolm.onDevicesUpdated(devices);
    this.verificationReceiver.onDevicesChanged(this.#changedUsers);
  }

  /** Where nothing is missing for it: our verified identity, its self-signing key, and no such signature yet. */
  #signOwnDevice(deviceId: DeviceId): OutgoingRequest[] {
    const device = this.devices.find(this.context.userId, deviceId);
    const isSigned = device === undefined || device.crossSignedBy === this.identities.own()?.selfSigningKey;
    return isSigned || !this.identities.ownIsVerified() || !this.privateKeys.has("selfSigning") ? [] : this.verifyOwnDevice(deviceId);
  }

  #onTrustChanged(userIds: Iterable<UserId>): void {
    this.#deviceKeys.invalidate();
    const devices: Device[] = [];
    for (const userId of userIds) if (this.identities.find(userId) !== undefined) devices.push(...this.devices.all(userId));
    if (devices.length > 0) this.megolm.onDevicesUpdated(devices);
  }

  /** Nobody has to verify the device that they are using. */
  #storeOwnDevice(): void {
    const { userId, deviceId, identityKeys, env } = this.context;
    this.devices.save({
      userId,
      deviceId,
      ...identityKeys,
      algorithms: [...SUPPORTED_ALGORITHMS],
      displayName: undefined,
      deleted: false,
      dehydrated: false,
      localTrust: "verified",
      crossSignedBy: undefined,
      withheldCodeSent: false,
      firstSeenTs: env.now(),
      olmWedgingIndex: 0,
      keysJson: this.#deviceKeys.text(),
    });
    this.tracked.track(userId);
  }

  #drop(): void {
    this.#requests.dropAll();
    this.#sessions.drop();
    this.#renewed.drop();
    this.account.drop();
    this.devices.drop();
    this.identities.drop();
    this.tracked.drop();
    this.#deviceKeys.invalidate();
  }
}
