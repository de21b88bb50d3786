import type { DeviceId, UserId } from "../../../protocol/ids.ts";
import type { IdentityRecord } from "../../store/tables/identities.ts";
import { checkDeviceKeys, decodeDeviceKeys, type DeviceKeys } from "../../wire/device-keys.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../../wire/json.ts";
import type { KeysQueryResponse } from "../../wire/keys-responses.ts";
import { parseCrossSigningKey } from "../../wire/cross-signing-keys.ts";
import { SignatureChecks } from "../../wire/signature-checks.ts";
import type { VerifyJson } from "../../wire/signatures.ts";
import type { MachineContext } from "../context.ts";
import type { Device } from "./device.ts";
import type { Devices } from "./devices.ts";
import type { Identities } from "./identities.ts";
import { parseIdentity, type PublicIdentity } from "./parse-identity.ts";

export type KeyQueryOutcome = {
  /** New, changed and deleted ones. */
  readonly changedDevices: readonly Device[];
  readonly changedIdentities: readonly UserId[];
  /** Users of whom no further device is taken, as they have too many, or had. */
  readonly oversized: readonly UserId[];
};

/** How the devices of one response are read: each is decoded once, and many signatures are checked at once. */
type Reading = { readonly decode: typeof decodeDeviceKeys; readonly verify: VerifyJson };

/**
 * Takes the keys of the asked users out of a response. One bad key costs nobody but itself, and a list that is too long nobody but its user: who is known of
 * them stays as they are, except for those whom the list leaves out, and nobody is added.
 */
export class KeyQueryResponseReceiver {
  readonly #context: MachineContext;
  readonly #devices: Devices;
  readonly #identities: Identities;

  constructor(context: MachineContext, devices: Devices, identities: Identities) {
    this.#context = context;
    this.#devices = devices;
    this.#identities = identities;
  }

  receive(response: KeysQueryResponse, userIds: readonly UserId[]): KeyQueryOutcome {
    const changedDevices: Device[] = [];
    const changedIdentities: UserId[] = [];
    // Our own first: other identities are checked against our user-signing key.
    const ordered = [...userIds].sort((a, b) => Number(b === this.#context.userId) - Number(a === this.#context.userId));
    using checks = new SignatureChecks(this.#context.crew);
    const reading = { decode: decodingOnce(), verify: checks.verify };
    this.#expectSignatures(checks, response, ordered, reading.decode);
    for (const userId of ordered) {
      if (this.#receiveIdentity(response, userId, reading.verify)) changedIdentities.push(userId);
      const devices = response.devices.get(userId);
      if (devices !== undefined) changedDevices.push(...this.#receiveDevices(userId, devices, reading));
    }
    const oversized = ordered.filter((userId) => response.oversized.has(userId) || this.#devices.isFull(userId));
    return { changedDevices, changedIdentities, oversized };
  }

  /** Also for an identity that was made here, before the server has it. */
  acceptIdentity(identity: PublicIdentity): boolean {
    const known = this.#identities.find(identity.userId);
    const isOwn = identity.userId === this.#context.userId;
    if (known !== undefined && isSameIdentity(known, identity)) return false;
    const record: IdentityRecord = {
      ...identity,
      // Trust on first use: the pin stays until the user accepts another key.
      pinnedMasterKey: known?.pinnedMasterKey ?? identity.masterKey,
      masterSignedBy: isOwn ? undefined : this.#signerOf(identity, known),
      verifiedMasterKey: known?.verifiedMasterKey,
      previouslyVerified: known?.previouslyVerified ?? false,
    };
    this.#identities.save(record);
    return true;
  }

  /** A signature that was checked stays valid where the server has not (or no longer) attached it. */
  #signerOf(identity: PublicIdentity, known: IdentityRecord | undefined): IdentityRecord["masterSignedBy"] {
    const ours = this.#identities.own()?.userSigningKey;
    if (ours !== undefined && known?.masterKey === identity.masterKey && known.masterSignedBy === ours) return ours;
    return this.#identities.masterSignedByUs(identity);
  }

  /** Where the response is big: a new device's signatures are nearly all that it costs. */
  #expectSignatures(checks: SignatureChecks, response: KeysQueryResponse, userIds: readonly UserId[], decode: Reading["decode"]): void {
    const received = userIds.reduce((sum, userId) => sum + (response.devices.get(userId)?.size ?? 0), 0);
    if (!this.#context.crew.isWorthwhile(received)) return;
    for (const userId of userIds) {
      const master = parseCrossSigningKey(response.masterKeys.get(userId), { userId, usage: "master" });
      const selfSigning = parseCrossSigningKey(response.selfSigningKeys.get(userId), { userId, usage: "self_signing" });
      if (master.ok && selfSigning.ok)
        checks.expect(selfSigning.value.json, userId, `ed25519:${master.value.publicKey}`, master.value.publicKey);
      for (const [deviceId, value] of response.devices.get(userId) ?? []) {
        const keys = this.#devices.find(userId, deviceId) === undefined ? decode(value) : undefined;
        if (keys?.ok !== true) continue;
        const { json, ed25519 } = keys.value;
        checks.expect(json, userId, `ed25519:${deviceId}`, ed25519);
        if (selfSigning.ok) checks.expect(json, userId, `ed25519:${selfSigning.value.publicKey}`, selfSigning.value.publicKey);
      }
    }
  }

  #receiveIdentity(response: KeysQueryResponse, userId: UserId, verify: VerifyJson): boolean {
    if (!response.masterKeys.has(userId)) return false;
    const identity = parseIdentity(response, userId, userId === this.#context.userId, verify);
    return identity !== undefined && this.acceptIdentity(identity);
  }

  #receiveDevices(userId: UserId, received: ReadonlyMap<DeviceId, JsonValue>, reading: Reading): Device[] {
    const changed: Device[] = [];
    for (const [deviceId, value] of received) {
      const device = this.#acceptDevice(userId, deviceId, value, reading);
      if (device !== undefined) changed.push(this.#devices.save(device));
    }
    for (const device of this.#devices.active(userId)) {
      // A response without our own device is a server's mistake or a logout that we hear of elsewhere; we are not deleted.
      if (received.has(device.deviceId) || this.#isOwnDevice(device)) continue;
      changed.push(this.#devices.save({ ...device, deleted: true }));
    }
    return changed;
  }

  /** The device as it is to be stored, or undefined when it is unacceptable or has not changed. */
  #acceptDevice(userId: UserId, deviceId: DeviceId, value: JsonValue, { decode, verify }: Reading): Device | undefined {
    if (!isJsonObject(value)) return undefined;
    const known = this.#devices.find(userId, deviceId);
    if (known === undefined && this.#devices.isFull(userId)) return undefined;
    const keysJson = JSON.stringify(withoutUnsigned(value));
    const isUnchanged = known?.keysJson === keysJson;
    // Unchanged text was verified when it was stored.
    const decoded = decode(value);
    const keys = isUnchanged || !decoded.ok ? decoded : checkDeviceKeys(decoded.value, { userId, deviceId }, verify);
    if (!keys.ok || (known !== undefined && known.ed25519 !== keys.value.ed25519)) return undefined;
    if (this.#isOwnDevice(keys.value) && !this.#isOurKeys(keys.value)) return undefined;
    const selfSigningKey = this.#identities.find(userId)?.selfSigningKey;
    // A signature that was checked stays valid where the server has not (or no longer) attached it: keep the text that has it.
    const keepsText =
      known !== undefined && selfSigningKey !== undefined && known.crossSignedBy === selfSigningKey && hasKeysOf(known, keys.value);
    const isSigned = selfSigningKey !== undefined && verify(value, userId, `ed25519:${selfSigningKey}`, selfSigningKey);
    const crossSignedBy = keepsText || isSigned ? selfSigningKey : undefined;
    const { curve25519, ed25519, algorithms, dehydrated, displayName } = keys.value;
    const text = keepsText ? known.keysJson : keysJson;
    const fresh = {
      userId,
      deviceId,
      curve25519,
      ed25519,
      algorithms,
      dehydrated,
      displayName,
      crossSignedBy,
      keysJson: text,
      deleted: false,
    };
    if (known === undefined)
      return { ...fresh, localTrust: "unset", withheldCodeSent: false, firstSeenTs: this.#context.env.now(), olmWedgingIndex: 0 };
    const isSame = known.keysJson === text && !known.deleted && known.crossSignedBy === crossSignedBy && known.displayName === displayName;
    return isSame ? undefined : { ...known, ...fresh };
  }

  #isOwnDevice(device: { readonly userId: UserId; readonly deviceId: DeviceId }): boolean {
    return device.userId === this.#context.userId && device.deviceId === this.#context.deviceId;
  }

  #isOurKeys(keys: DeviceKeys): boolean {
    const { curve25519, ed25519 } = this.#context.identityKeys;
    return keys.curve25519 === curve25519 && keys.ed25519 === ed25519;
  }
}

function decodingOnce(): Reading["decode"] {
  const decoded = new Map<unknown, ReturnType<typeof decodeDeviceKeys>>();
  return (value) => {
    const keys = decoded.get(value) ?? decodeDeviceKeys(value);
    decoded.set(value, keys);
    return keys;
  };
}

/** Whether a signature over one is a signature over the other. */
function hasKeysOf(device: Device, keys: DeviceKeys): boolean {
  return (
    device.ed25519 === keys.ed25519 &&
    device.curve25519 === keys.curve25519 &&
    device.dehydrated === keys.dehydrated &&
    device.algorithms.join() === keys.algorithms.join()
  );
}

function isSameIdentity(a: IdentityRecord, b: PublicIdentity): boolean {
  return a.masterJson === b.masterJson && a.selfSigningJson === b.selfSigningJson && a.userSigningJson === b.userSigningJson;
}

function withoutUnsigned(value: JsonObject): JsonObject {
  if (!Object.hasOwn(value, "unsigned")) return value;
  const { unsigned: _unsigned, ...rest } = value;
  return rest;
}
