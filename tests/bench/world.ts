import { OlmMachine } from "../../crypto-worker/machine/olm-machine.ts";
import { InboundGroupSession, OutboundGroupSession } from "../../crypto-worker/primitives/group-session.ts";
import { openMemoryStore, type CryptoStore } from "../../crypto-worker/store/store.ts";
import { objectField, type JsonObject, type JsonValue } from "../../crypto-worker/wire/json.ts";

/** What a device has uploaded, and how many of its one-time keys were claimed. */
export type Uploaded = { readonly userId: string; readonly deviceId: string; readonly body: JsonObject; claimed: number };

/** The body of a keys/query response with these devices. */
export function keysQueryResponse(devices: readonly Uploaded[]): JsonObject {
  return { device_keys: nested(devices, ({ body }) => objectField(body, "device_keys") ?? {}), failures: {} };
}

/** The body of a keys/claim response. With `reuse` the key stays claimable, for devices that never get to see the message. */
export function keysClaimResponse(devices: readonly Uploaded[], reuse: boolean): JsonObject {
  const oneKey = (device: Uploaded): JsonObject => {
    const keys = Object.entries(objectField(device.body, "one_time_keys") ?? {});
    const key = keys[device.claimed];
    if (key === undefined) throw new Error("no one-time key is left");
    if (!reuse) device.claimed += 1;
    return Object.fromEntries([key]);
  };
  return { one_time_keys: nested(devices, oneKey), failures: {} };
}

/** Someone else's device, with a machine of ours in memory behind it. */
export class Sender {
  readonly machine: OlmMachine;
  readonly uploaded: Uploaded;
  readonly #store: CryptoStore;

  constructor(userId: string, deviceId: string) {
    this.#store = openMemoryStore();
    this.machine = OlmMachine.open({ userId, deviceId, store: this.#store });
    const upload = this.machine.outgoingRequests().find(({ kind }) => kind === "keys_upload");
    if (upload === undefined) throw new Error("nothing to upload");
    this.machine.markRequestAsSent(upload.id, { one_time_key_counts: { signed_curve25519: 50 } });
    this.uploaded = { userId, deviceId, body: upload.body, claimed: 0 };
  }

  /** Learns of these devices and opens an Olm session with each. */
  meet(devices: readonly Uploaded[]): void {
    const userIds = devices.map(({ userId }) => userId);
    this.machine.updateTrackedUsers(userIds);
    for (const { id, kind } of this.machine.outgoingRequests())
      if (kind === "keys_query") this.machine.markRequestAsSent(id, keysQueryResponse(devices));
    const claim = this.machine.getMissingSessions(userIds);
    if (claim !== undefined) this.machine.markRequestAsSent(claim.id, keysClaimResponse(devices, false));
  }

  /** A new room key as the to-device event that `receiver` gets. */
  roomKeyFor(receiver: Uploaded, roomId: string): JsonObject {
    const [request] = this.machine.shareRoomKey(roomId, [receiver.userId]);
    if (request === undefined) throw new Error("no room key was shared");
    this.machine.markRequestAsSent(request.id, {});
    return toDeviceEvent(this.uploaded.userId, objectField(request.body, "messages") ?? {}, receiver);
  }

  close(): void {
    this.machine.close();
    this.#store.close();
  }
}

/** What the server makes of a to-device request for one of its recipients. */
export function toDeviceEvent(
  sender: string,
  messages: JsonObject,
  { userId, deviceId }: Pick<Uploaded, "userId" | "deviceId">,
): JsonObject {
  const content = objectField(objectField(messages, userId) ?? {}, deviceId);
  if (content === undefined) throw new Error("nothing for this device");
  return { type: "m.room.encrypted", sender, content };
}

/** Room keys as in an export. */
export function newRoomKeys(count: number, identity: { readonly curve25519: string; readonly ed25519: string }): JsonObject[] {
  return Array.from({ length: count }, (_, i) => {
    using outbound = OutboundGroupSession.create();
    const inbound = InboundGroupSession.fromSessionKey(outbound.sessionKey());
    if (!inbound.ok) throw new Error(inbound.error);
    const exported = inbound.value.exportSession(0);
    inbound.value.free();
    if (!exported.ok) throw new Error(exported.error);
    return {
      algorithm: "m.megolm.v1.aes-sha2",
      room_id: `!room${i % 100}:example.org`,
      sender_key: identity.curve25519,
      session_id: outbound.sessionId,
      session_key: exported.value,
      sender_claimed_keys: { ed25519: identity.ed25519 },
      forwarding_curve25519_key_chain: [],
      "org.matrix.msc3061.shared_history": true,
    };
  });
}

function nested(devices: readonly Uploaded[], valueOf: (device: Uploaded) => JsonValue): JsonObject {
  const users = new Map<string, [string, JsonValue][]>();
  for (const device of devices) {
    const list = users.get(device.userId) ?? [];
    list.push([device.deviceId, valueOf(device)]);
    users.set(device.userId, list);
  }
  return Object.fromEntries([...users].map(([userId, list]) => [userId, Object.fromEntries(list)]));
}
