import type { DeviceId, UserId } from "../../../protocol/ids.ts";
import { PkSigning } from "../../primitives/pk.ts";
import { Secret } from "../../primitives/secret.ts";
import type { CrossSigningUsage } from "../../store/tables/cross-signing-keys.ts";
import type { IdentityRecord } from "../../store/tables/identities.ts";
import { encodeCrossSigningKey } from "../../wire/cross-signing-keys.ts";
import { field, parseJsonObject, type JsonObject } from "../../wire/json.ts";
import { signatureOf, signJson } from "../../wire/signatures.ts";
import type { KeysUpload } from "../account/keys-upload.ts";
import type { OlmAccount } from "../account/olm-account.ts";
import type { MachineContext } from "../context.ts";
import type { Device } from "../devices/device.ts";
import type { Devices } from "../devices/devices.ts";
import type { Identities } from "../devices/identities.ts";
import { MachineError } from "../machine-error.ts";
import { signaturesUploadRequest, signingKeysUploadRequest, type OutgoingRequest } from "../requests/outgoing-request.ts";
import type { OutgoingRequests } from "../requests/outgoing-requests.ts";
import { newRequestId } from "../requests/request-id.ts";

const USAGES: readonly CrossSigningUsage[] = ["master", "self_signing", "user_signing"];
const SEED_BYTES = 32;
const STORED_JSON_LIMITS = { maxBytes: 1 << 20, maxDepth: 16 };

export type CrossSigningStatus = { readonly hasMaster: boolean; readonly hasSelfSigning: boolean; readonly hasUserSigning: boolean };

/** Our private cross-signing keys, and all that is signed with them. */
export class CrossSigning {
  readonly #context: MachineContext;
  readonly #account: OlmAccount;
  readonly #identities: Identities;
  readonly #devices: Devices;
  readonly #requests: OutgoingRequests;

  constructor(context: MachineContext, account: OlmAccount, identities: Identities, devices: Devices, requests: OutgoingRequests) {
    this.#context = context;
    this.#account = account;
    this.#identities = identities;
    this.#devices = devices;
    this.#requests = requests;
  }

  status(): CrossSigningStatus {
    const has = (usage: CrossSigningUsage): boolean => this.#context.store.crossSigningKeys.load(usage) !== undefined;
    return { hasMaster: has("master"), hasSelfSigning: has("self_signing"), hasUserSigning: has("user_signing") };
  }

  /**
   * Makes our identity, or offers the one that this device has all private keys of again. In sending order: device keys if they are not on the server,
   * the public keys, the signatures.
   * @throws MachineError `identity-exists` when there is one whose private keys are elsewhere: only a reset replaces it, and everyone will see that
   */
  bootstrap(reset: boolean, keysUpload: KeysUpload): OutgoingRequest[] {
    const complete = USAGES.every((usage) => this.#context.store.crossSigningKeys.load(usage) !== undefined);
    if (!complete && !reset && this.#identities.own() !== undefined) throw new MachineError("identity-exists");
    const identity = complete && !reset ? this.#requireOwn() : this.#create();
    const device = this.#signDevice(this.#requireDevice(this.#context.userId, this.#context.deviceId));
    const deviceKeys = keysUpload.prepareDeviceKeys();
    const master = parseStored(identity.masterJson);
    const signingKeys = signingKeysUploadRequest(newRequestId(this.#context.env), {
      master_key: master,
      self_signing_key: parseStored(identity.selfSigningJson),
      user_signing_key: parseStored(identity.userSigningJson ?? "{}"),
    });
    const signatures = this.#signaturesUpload(this.#context.userId, [
      [device.deviceId, parseStored(device.keysJson)],
      [identity.masterKey, master],
    ]);
    return [...(deviceKeys === undefined ? [] : [deviceKeys]), this.#pending(signingKeys), signatures];
  }

  /**
   * Records that the user has verified this identity, and signs it: another user's with our user-signing key, our own with this device.
   * @throws MachineError
   */
  verifyIdentity(userId: UserId): OutgoingRequest[] {
    const identity = this.#requireIdentity(userId);
    const isOwn = userId === this.#context.userId;
    if (isOwn) {
      const master = this.#signWithDevice(parseStored(identity.masterJson));
      this.#identities.save({
        ...identity,
        masterJson: JSON.stringify(master),
        verifiedMasterKey: identity.masterKey,
        pinnedMasterKey: identity.masterKey,
      });
      return [this.#signaturesUpload(userId, [[identity.masterKey, onlySignature(master, userId, `ed25519:${this.#context.deviceId}`)]])];
    }
    const userSigning = this.#signer("user_signing");
    if (userSigning.publicKey !== this.#identities.own()?.userSigningKey) throw new MachineError("missing-cross-signing-key");
    const master = this.#signWith(userSigning, parseStored(identity.masterJson));
    this.#identities.save({
      ...identity,
      masterJson: JSON.stringify(master),
      masterSignedBy: userSigning.publicKey,
      pinnedMasterKey: identity.masterKey,
    });
    return [
      this.#signaturesUpload(userId, [
        [identity.masterKey, onlySignature(master, this.#context.userId, `ed25519:${userSigning.publicKey}`)],
      ]),
    ];
  }

  /**
   * Signs another device of ours with the self-signing key.
   * @throws MachineError
   */
  verifyOwnDevice(deviceId: DeviceId): OutgoingRequest[] {
    const { userId } = this.#context;
    const device = this.#signDevice(this.#requireDevice(userId, deviceId));
    const keys = parseStored(device.keysJson);
    return [this.#signaturesUpload(userId, [[deviceId, onlySignature(keys, userId, `ed25519:${device.crossSignedBy ?? ""}`)]])];
  }

  /**
   * Device keys with our identity's word for them, of a device that is being made.
   * @throws MachineError `missing-cross-signing-key`
   */
  readonly vouchFor = (deviceKeys: JsonObject): JsonObject => this.#signWith(this.#selfSigning(), deviceKeys);

  /** Forgets private keys that are not those of our identity any more: another device has replaced it. */
  clearIfDiffers(): void {
    const own = this.#identities.own();
    if (own === undefined) return;
    const current = new Map<CrossSigningUsage, string | undefined>([
      ["master", own.masterKey],
      ["self_signing", own.selfSigningKey],
      ["user_signing", own.userSigningKey],
    ]);
    for (const usage of USAGES) {
      const key = this.#context.store.crossSigningKeys.load(usage);
      if (key !== undefined && key.publicKey !== current.get(usage)) this.#context.store.crossSigningKeys.remove(usage);
    }
  }

  /** Our device keys with the self-signing key's signature, if the store has one over exactly these. */
  readonly addSelfSignature = (deviceKeys: JsonObject): JsonObject => {
    const { userId, deviceId } = this.#context;
    const device = this.#devices.find(userId, deviceId);
    const selfSigningKey = this.#identities.own()?.selfSigningKey;
    if (device === undefined || selfSigningKey === undefined || device.crossSignedBy !== selfSigningKey) return deviceKeys;
    const keyId = `ed25519:${selfSigningKey}`;
    const signature = signatureOf(parseStored(device.keysJson), userId, keyId);
    return signature === undefined ? deviceKeys : signJson(deviceKeys, () => signature, userId, keyId);
  };

  #create(): IdentityRecord {
    const { userId, store, env } = this.#context;
    const publicKey = (usage: CrossSigningUsage): PkSigning => {
      const seed = env.randomBytes(SEED_BYTES);
      using secret = Secret.from(seed, "cross-signing-seed");
      const signing = PkSigning.fromSeed(secret);
      store.crossSigningKeys.save({ usage, seed, publicKey: signing.publicKey });
      seed.fill(0);
      return signing;
    };
    const master = publicKey("master");
    const selfSigning = publicKey("self_signing");
    const userSigning = publicKey("user_signing");
    store.requireDurability();
    const masterJson = this.#signWithDevice(encodeCrossSigningKey(userId, "master", master.publicKey));
    const identity: IdentityRecord = {
      userId,
      masterKey: master.publicKey,
      selfSigningKey: selfSigning.publicKey,
      userSigningKey: userSigning.publicKey,
      masterJson: JSON.stringify(masterJson),
      selfSigningJson: JSON.stringify(this.#signWith(master, encodeCrossSigningKey(userId, "self_signing", selfSigning.publicKey))),
      userSigningJson: JSON.stringify(this.#signWith(master, encodeCrossSigningKey(userId, "user_signing", userSigning.publicKey))),
      pinnedMasterKey: master.publicKey,
      masterSignedBy: undefined,
      verifiedMasterKey: master.publicKey,
      previouslyVerified: true,
    };
    this.#identities.save(identity);
    return identity;
  }

  #signDevice(device: Device): Device {
    const selfSigning = this.#selfSigning();
    const keys = this.#signWith(selfSigning, parseStored(device.keysJson));
    return this.#devices.save({ ...device, keysJson: JSON.stringify(keys), crossSignedBy: selfSigning.publicKey });
  }

  /** The published one. */
  #selfSigning(): PkSigning {
    const selfSigning = this.#signer("self_signing");
    if (selfSigning.publicKey !== this.#identities.own()?.selfSigningKey) throw new MachineError("missing-cross-signing-key");
    return selfSigning;
  }

  #signer(usage: CrossSigningUsage): PkSigning {
    const key = this.#context.store.crossSigningKeys.load(usage);
    if (key === undefined) throw new MachineError("missing-cross-signing-key");
    using seed = Secret.take(key.seed, "cross-signing-seed");
    return PkSigning.fromSeed(seed);
  }

  #signWith(key: PkSigning, json: JsonObject): JsonObject {
    return signJson(json, (message) => key.sign(message), this.#context.userId, `ed25519:${key.publicKey}`);
  }

  #signWithDevice(json: JsonObject): JsonObject {
    return signJson(json, this.#account.sign, this.#context.userId, `ed25519:${this.#context.deviceId}`);
  }

  #signaturesUpload(userId: UserId, signed: readonly (readonly [string, JsonObject])[]): OutgoingRequest {
    return this.#pending(signaturesUploadRequest(newRequestId(this.#context.env), { [userId]: Object.fromEntries(signed) }));
  }

  /** The caller has it from our return value, and its answer changes nothing here: the next keys/query shows the result. */
  #pending(request: OutgoingRequest): OutgoingRequest {
    return this.#requests.addUnlisted(request, () => undefined);
  }

  #requireOwn(): IdentityRecord {
    return this.#requireIdentity(this.#context.userId);
  }

  #requireIdentity(userId: UserId): IdentityRecord {
    const identity = this.#identities.find(userId);
    if (identity === undefined) throw new MachineError("unknown-identity");
    return identity;
  }

  #requireDevice(userId: UserId, deviceId: DeviceId): Device {
    const device = this.#devices.find(userId, deviceId);
    if (device === undefined || device.deleted) throw new MachineError("unknown-device");
    return device;
  }
}

/** Text that was checked and written by us. */
function parseStored(text: string): JsonObject {
  const json = parseJsonObject(text, STORED_JSON_LIMITS);
  if (!json.ok) throw new Error("signed JSON in the store is damaged");
  return json.value;
}

/** The signed object with this one signature: others are not ours to upload. */
function onlySignature(json: JsonObject, userId: string, keyId: string): JsonObject {
  const { unsigned: _unsigned, ...rest } = json;
  const signature = field(rest, "signatures") === undefined ? undefined : signatureOf(json, userId, keyId);
  return { ...rest, signatures: { [userId]: { [keyId]: signature ?? "" } } };
}
