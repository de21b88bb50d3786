import { generateKeyPairSync, randomBytes } from "node:crypto";
import {
  parseCurve25519PublicKey,
  parseDeviceId,
  parseEd25519PublicKey,
  parseRoomId,
  parseUserId,
  type Curve25519PublicKey,
  type DeviceId,
  type RoomId,
  type UserId,
} from "../../protocol/ids.ts";
import { err, ok, type Result } from "../../protocol/result.ts";
import type { MachineContext } from "../../crypto-worker/machine/context.ts";
import type { Device, DeviceTrust, OwnerTrust } from "../../crypto-worker/machine/devices/device.ts";
import type { DeviceDirectory } from "../../crypto-worker/machine/devices/device-directory.ts";
import { Megolm } from "../../crypto-worker/machine/megolm/megolm.ts";
import type { DecryptedOlmEvent } from "../../crypto-worker/machine/olm/decrypted-olm-event.ts";
import { soloCrew } from "../../crypto-worker/primitives/crew/crew.ts";
import type { OlmChannel, OlmPayload } from "../../crypto-worker/machine/olm/olm-channel.ts";
import type { OutgoingRequest } from "../../crypto-worker/machine/requests/outgoing-request.ts";
import { isJsonObject, objectField, stringField, type JsonObject } from "../../crypto-worker/wire/json.ts";
import { openMemoryStore, type CryptoStore } from "../../crypto-worker/store/store.ts";

/** Takes the value out of a result that the test knows to be one. */
export function must<T, E>(result: Result<T, E>): T {
  if (!result.ok) throw new Error(`unexpected failure: ${String(result.error)}`);
  return result.value;
}

export const userId = (name: string): UserId => must(parseUserId(`@${name}:example.org`));
export const roomId = (name: string): RoomId => must(parseRoomId(`!${name}:example.org`));
/** Other implementations check that an Ed25519 key is a point of the curve, so it cannot be just any bytes. */
const newKey = (type: "ed25519" | "x25519"): string => {
  const { publicKey } = type === "ed25519" ? generateKeyPairSync("ed25519") : generateKeyPairSync("x25519");
  const spki = publicKey.export({ format: "der", type: "spki" });
  return spki.subarray(-32).toString("base64").slice(0, 43);
};

export function newDevice(user: UserId, id: string, changes: Partial<Device> = {}): Device {
  return {
    userId: user,
    deviceId: must(parseDeviceId(id)),
    ed25519: must(parseEd25519PublicKey(newKey("ed25519"))),
    curve25519: must(parseCurve25519PublicKey(newKey("x25519"))),
    algorithms: [],
    displayName: undefined,
    deleted: false,
    dehydrated: false,
    localTrust: "unset",
    crossSignedBy: undefined,
    withheldCodeSent: false,
    firstSeenTs: 0,
    olmWedgingIndex: 0,
    keysJson: "{}",
    ...changes,
  };
}

export const noIdentity: OwnerTrust = {
  hasIdentity: false,
  masterKey: undefined,
  verified: false,
  previouslyVerified: false,
  verificationViolation: false,
  pinViolation: false,
};

export function identity(changes: Partial<OwnerTrust> = {}): OwnerTrust {
  return { ...noIdentity, hasIdentity: true, masterKey: must(parseEd25519PublicKey(newKey("ed25519"))), ...changes };
}

/** A directory that is what the test says. */
export class TestDirectory implements DeviceDirectory {
  readonly #devices = new Map<UserId, Map<DeviceId, Device>>();
  readonly #owners = new Map<UserId, OwnerTrust>();
  readonly #signed = new Set<string>();

  put(device: Device, signed = false): void {
    const devices = this.#devices.get(device.userId) ?? new Map<DeviceId, Device>();
    devices.set(device.deviceId, device);
    this.#devices.set(device.userId, devices);
    if (signed) this.#signed.add(device.ed25519);
  }

  change(device: Device, changes: Partial<Device>): Device {
    const known = this.device(device.userId, device.deviceId);
    if (known === undefined) throw new Error("no such device");
    const changed = { ...known, ...changes };
    this.put(changed);
    return changed;
  }

  setOwner(user: UserId, owner: OwnerTrust): void {
    this.#owners.set(user, owner);
  }

  sign(device: Device): void {
    this.#signed.add(device.ed25519);
  }

  device(user: UserId, deviceId: DeviceId): Device | undefined {
    return this.#devices.get(user)?.get(deviceId);
  }

  userDevices(user: UserId): readonly Device[] {
    return [...(this.#devices.get(user)?.values() ?? [])].filter(({ deleted }) => !deleted);
  }

  deviceByCurveKey(user: UserId, curve25519: Curve25519PublicKey): Device | undefined {
    return [...(this.#devices.get(user)?.values() ?? [])].find((device) => device.curve25519 === curve25519);
  }

  trustOf(device: Device): DeviceTrust {
    const owner = this.ownerTrust(device.userId);
    const locallyVerified = device.localTrust === "verified";
    const crossSignedByOwner = owner.hasIdentity && this.#signed.has(device.ed25519);
    const crossSigningTrusted = crossSignedByOwner && owner.verified;
    return { verified: locallyVerified || crossSigningTrusted, locallyVerified, crossSignedByOwner, crossSigningTrusted, owner };
  }

  ownerTrust(user: UserId): OwnerTrust {
    return this.#owners.get(user) ?? noIdentity;
  }

  markUserDirty(): void {}

  trackedUsers(): readonly UserId[] {
    return [...this.#devices.keys()];
  }

  updateTrackedUsers(): void {}

  setWithheldCodeSent(device: Device): void {
    this.change(device, { withheldCodeSent: true });
  }
}

/** Carries what it is given in clear text. */
export class TestChannel implements OlmChannel {
  readonly withoutSession = new Set<string>();
  encrypted = 0;

  hasSession(curve25519: Curve25519PublicKey): boolean {
    return !this.withoutSession.has(curve25519);
  }

  payload(type: string, content: JsonObject): OlmPayload {
    return { head: JSON.stringify({ type, content }) };
  }

  encrypt(device: Device, payload: OlmPayload): Result<JsonObject, "no-olm-session"> {
    if (!this.hasSession(device.curve25519)) return err("no-olm-session");
    this.encrypted += 1;
    return ok({ algorithm: "test", body: payload.head });
  }

  encryptAll(devices: readonly Device[], payload: OlmPayload): ReadonlyMap<Device, JsonObject> {
    return new Map(
      devices.flatMap((device) => {
        const content = this.encrypt(device, payload);
        return content.ok ? [[device, content.value] as const] : [];
      }),
    );
  }
}

/** One device with everything that Megolm needs. `now` is its clock. */
export class Party {
  readonly user: UserId;
  readonly device: Device;
  readonly store: CryptoStore;
  readonly directory = new TestDirectory();
  readonly channel = new TestChannel();
  readonly context: MachineContext;
  megolm: Megolm;
  now = 1_700_000_000_000;

  constructor(name: string, deviceId: string, store: CryptoStore = openMemoryStore()) {
    this.user = userId(name);
    this.device = newDevice(this.user, deviceId, { localTrust: "verified" });
    this.store = store;
    this.directory.put(this.device);
    this.context = {
      userId: this.user,
      deviceId: this.device.deviceId,
      identityKeys: { curve25519: this.device.curve25519, ed25519: this.device.ed25519 },
      store: this.store,
      env: { now: () => this.now, randomBytes: (length) => randomBytes(length) },
      crew: soloCrew,
      pickleKey: new Uint8Array(32),
    };
    this.megolm = new Megolm(this.context, this.directory, this.channel);
  }

  /** As after a crash: nothing is written back. */
  restart(): void {
    this.megolm = new Megolm(this.context, this.directory, this.channel);
  }

  close(): void {
    this.megolm.close();
    this.store.close();
  }

  /** Shares the room's key and reports every request as sent. */
  shareAndSend(room: RoomId, users: readonly UserId[], settings: Parameters<Megolm["shareRoomKey"]>[2] = {}): OutgoingRequest[] {
    const requests = this.megolm.shareRoomKey(room, users, settings);
    for (const { id } of requests) this.megolm.onToDeviceSent(id);
    return requests;
  }
}

/** The content that a to-device request has for a device. */
export function contentFor(request: OutgoingRequest, device: Device): JsonObject | undefined {
  const forUser = objectField(objectField(request.body, "messages") ?? {}, device.userId);
  return objectField(forUser ?? {}, device.deviceId);
}

/** What a recipient's Olm layer makes of a test channel's message. `knowing` is whether it has the sender's device. */
export function asOlmEvent(from: Party, content: JsonObject, knowing: "embedded" | "unknown" = "embedded"): DecryptedOlmEvent {
  const inner: unknown = JSON.parse(stringField(content, "body") ?? "null");
  if (!isJsonObject(inner)) throw new Error("not a message of the test channel");
  return {
    type: stringField(inner, "type") ?? "",
    content: objectField(inner, "content") ?? {},
    sender: from.user,
    senderCurve25519: from.device.curve25519,
    senderEd25519: from.device.ed25519,
    senderDevice: knowing === "embedded" ? from.device : undefined,
    senderDeviceSource: knowing,
  };
}

/** Hands every room key in the requests that is for `to` over. */
export function deliver(
  requests: readonly OutgoingRequest[],
  from: Party,
  to: Party,
  knowing: "embedded" | "unknown" = "embedded",
): number {
  let received = 0;
  for (const request of requests) {
    const content = contentFor(request, to.device);
    if (content === undefined) continue;
    if (request.path.includes("m.room_key.withheld")) to.megolm.receiveWithheld(from.user, content);
    else if (to.megolm.receiveRoomKey(asOlmEvent(from, content, knowing)) !== undefined) received += 1;
  }
  return received;
}

let eventNumber = 0;

/** The event that the server makes of an encrypted content. */
export function asRoomEvent(sender: UserId, content: JsonObject, changes: JsonObject = {}): JsonObject {
  eventNumber += 1;
  return {
    type: "m.room.encrypted",
    event_id: `$event${eventNumber}`,
    sender,
    origin_server_ts: 1_700_000_000_000 + eventNumber,
    content,
    unsigned: {},
    ...changes,
  };
}
