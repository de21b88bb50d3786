import { parseDeviceId, type DeviceId, type Ed25519PublicKey } from "../../../protocol/ids.ts";
import { PkSigning } from "../../primitives/pk.ts";
import { Secret } from "../../primitives/secret.ts";
import { parseBackupInfo } from "../../wire/backup.ts";
import type { JsonObject } from "../../wire/json.ts";
import { claimedSignatures, signatureOf, signJson, verifyJson } from "../../wire/signatures.ts";
import type { OlmAccount } from "../account/olm-account.ts";
import type { MachineContext } from "../context.ts";
import type { Devices } from "../devices/devices.ts";
import type { Identities } from "../devices/identities.ts";

/** `missing` also where the key that would check it is not known. */
export type SignatureState = "missing" | "invalid" | "validButNotTrusted" | "validAndTrusted";

/** Who vouches for a backup's public key (E2EE §Server-side key backups). */
export type BackupTrust = {
  /** Of this device. */
  readonly deviceState: SignatureState;
  /** Of our cross-signing identity. */
  readonly userState: SignatureState;
  /** Of our other devices, as far as they are known. */
  readonly otherDevices: ReadonlyMap<DeviceId, SignatureState>;
  /** Whether any of these signatures is valid and of somebody whom we trust. */
  readonly trusted: boolean;
  /** Whether the decryption key that this device has belongs to it; that alone is reason to trust the backup as well. */
  readonly matchesDecryptionKey: boolean;
};

const PREFIX = "ed25519:";
/** A server could claim any number of signatures; each one of a known device costs a check. */
const MAX_SIGNATURES = 200;

/** Signs a backup's `auth_data`, and says who did. */
export class BackupSigner {
  readonly #context: MachineContext;
  readonly #account: OlmAccount;
  readonly #devices: Devices;
  readonly #identities: Identities;

  constructor(context: MachineContext, account: OlmAccount, devices: Devices, identities: Identities) {
    this.#context = context;
    this.#account = account;
    this.#devices = devices;
    this.#identities = identities;
  }

  /** Adds the signature of this device, and of our master key where its private half is here. */
  sign(authData: JsonObject): JsonObject {
    const { userId, deviceId } = this.#context;
    const byDevice = signJson(authData, this.#account.sign, userId, PREFIX + deviceId);
    const master = this.#masterKey();
    return master === undefined ? byDevice : signJson(byDevice, (message) => master.sign(message), userId, PREFIX + master.publicKey);
  }

  /** Nothing is signed in an `info` that cannot be read, or is of another algorithm. */
  verify(info: unknown): BackupTrust {
    const parsed = parseBackupInfo(info);
    if (!parsed.ok)
      return { deviceState: "missing", userState: "missing", otherDevices: new Map(), trusted: false, matchesDecryptionKey: false };
    const { authData, publicKey } = parsed.value;
    const { deviceId, identityKeys, store } = this.#context;
    const deviceState = this.#stateOf(authData, deviceId, identityKeys.ed25519, true);
    const own = this.#identities.own();
    const userState =
      own === undefined ? "missing" : this.#stateOf(authData, own.masterKey, own.masterKey, this.#identities.ownIsVerified());
    const otherDevices = this.#otherDevices(authData, own?.masterKey);
    return {
      deviceState,
      userState,
      otherDevices,
      trusted: [deviceState, userState, ...otherDevices.values()].includes("validAndTrusted"),
      matchesDecryptionKey: store.backupKeys.loadDecryptionKey()?.publicKey === publicKey,
    };
  }

  #otherDevices(authData: JsonObject, masterKey: Ed25519PublicKey | undefined): ReadonlyMap<DeviceId, SignatureState> {
    const { userId, deviceId: ourDeviceId } = this.#context;
    const states = new Map<DeviceId, SignatureState>();
    for (const keyId of claimedSignatures(authData).get(userId)?.keys() ?? []) {
      if (states.size >= MAX_SIGNATURES) break;
      const name = keyId.startsWith(PREFIX) ? keyId.slice(PREFIX.length) : "";
      // A device that calls itself like our master key must not be taken for it, nor the other way round (CVE-2022-39250).
      if (name === ourDeviceId || name === masterKey) continue;
      const deviceId = parseDeviceId(name);
      if (!deviceId.ok) continue;
      const device = this.#devices.find(userId, deviceId.value);
      if (device === undefined || device.deleted) continue;
      states.set(device.deviceId, this.#stateOf(authData, device.deviceId, device.ed25519, this.#identities.trustOf(device).verified));
    }
    return states;
  }

  #stateOf(authData: JsonObject, name: string, key: Ed25519PublicKey, isTrusted: boolean): SignatureState {
    const { userId } = this.#context;
    if (signatureOf(authData, userId, PREFIX + name) === undefined) return "missing";
    if (!verifyJson(authData, userId, PREFIX + name, key)) return "invalid";
    return isTrusted ? "validAndTrusted" : "validButNotTrusted";
  }

  #masterKey(): PkSigning | undefined {
    const record = this.#context.store.crossSigningKeys.load("master");
    if (record === undefined) return undefined;
    using seed = Secret.take(record.seed, "cross-signing-seed");
    const signing = PkSigning.fromSeed(seed);
    return signing.publicKey === this.#identities.own()?.masterKey ? signing : undefined;
  }
}
