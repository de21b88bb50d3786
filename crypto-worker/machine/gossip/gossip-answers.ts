import type { UserId } from "../../../protocol/ids.ts";
import { unreachable } from "../../../protocol/result.ts";
import type { WaitingRequestRecord } from "../../store/tables/waiting-requests.ts";
import { encodeForwardedRoomKey, encodeSecretSend, FORWARDED_ROOM_KEY, SECRET_SEND } from "../../wire/gossip-content.ts";
import type { JsonObject } from "../../wire/json.ts";
import { parseSecretName } from "../../wire/secret-name.ts";
import { parseRoomKeyRequest, parseSecretRequest } from "../../wire/to-device-events.ts";
import type { MachineContext } from "../context.ts";
import type { Device } from "../devices/device.ts";
import type { DeviceDirectory } from "../devices/device-directory.ts";
import type { Megolm } from "../megolm/megolm.ts";
import type { OlmChannel } from "../olm/olm-channel.ts";
import type { GossipOutbox } from "./gossip-outbox.ts";
import type { OwnDevices } from "./own-devices.ts";
import type { OwnSecrets } from "./own-secrets.ts";
import type { RoomKeyRequests } from "./room-key-requests.ts";

/** Of everybody together. More than that is no honest device. */
const MAX_WAITING = 200;
/** So long a verification may take: a new device of ours asks the moment it trusts us, and that may be before we have signed it. */
const UNVERIFIED_LIFETIME_MS = 10 * 60_000;
/** So long a device without one-time keys may take to come back. */
const LIFETIME_MS = 24 * 60 * 60_000;

type Answer =
  | { readonly kind: "refuse" }
  /** For the user to verify the device, or for its keys to come. */
  | { readonly kind: "wait-for-trust" }
  /** SECURITY: `content` is encoded, and with it the secret, only once there is a session to encrypt it with. */
  | { readonly kind: "send"; readonly device: Device; readonly type: string; readonly content: () => JsonObject | undefined };

const REFUSE: Answer = { kind: "refuse" };
const WAIT_FOR_TRUST: Answer = { kind: "wait-for-trust" };

/**
 * Answers what other devices ask of us: secrets for our own devices (Secrets §Sharing), room keys for them and for those who had them from us before
 * (E2EE §Key requests). A request can be forged by the server, so nothing in it counts but which device the answer goes to.
 */
export class GossipAnswers {
  readonly #context: MachineContext;
  readonly #directory: DeviceDirectory;
  readonly #devices: OwnDevices;
  readonly #secrets: OwnSecrets;
  readonly #megolm: Megolm;
  readonly #channel: OlmChannel;
  readonly #outbox: GossipOutbox;
  readonly #roomKeys: RoomKeyRequests;

  constructor(
    context: MachineContext,
    parts: {
      readonly directory: DeviceDirectory;
      readonly devices: OwnDevices;
      readonly secrets: OwnSecrets;
      readonly megolm: Megolm;
      readonly channel: OlmChannel;
      readonly outbox: GossipOutbox;
      readonly roomKeys: RoomKeyRequests;
    },
  ) {
    this.#context = context;
    this.#directory = parts.directory;
    this.#devices = parts.devices;
    this.#secrets = parts.secrets;
    this.#megolm = parts.megolm;
    this.#channel = parts.channel;
    this.#outbox = parts.outbox;
    this.#roomKeys = parts.roomKeys;
  }

  /** An `m.secret.request`, or its cancellation. `sender` and everything in `content` are claims. */
  receiveSecretRequest(sender: UserId, content: JsonObject): void {
    const parsed = parseSecretRequest(content);
    if (!parsed.ok) return;
    const { requestId, requestingDeviceId: deviceId, name: text } = parsed.value;
    const origin = { userId: sender, deviceId, requestId };
    const name = parseSecretName(text);
    if (text === undefined) this.#context.store.waitingRequests.remove(origin);
    else if (name !== undefined) this.#receive({ ...origin, wanted: { kind: "secret", name }, receivedTs: this.#context.env.now() });
  }

  /** An `m.room_key_request`, or its cancellation. `sender` and everything in `content` are claims. */
  receiveRoomKeyRequest(sender: UserId, content: JsonObject): void {
    const parsed = parseRoomKeyRequest(content);
    if (!parsed.ok) return;
    const { requestId, requestingDeviceId: deviceId, body } = parsed.value;
    const origin = { userId: sender, deviceId, requestId };
    if (body === undefined) this.#context.store.waitingRequests.remove(origin);
    else {
      const { roomId, sessionId } = body;
      this.#receive({ ...origin, wanted: { kind: "room-key", roomId, sessionId }, receivedTs: this.#context.env.now() });
    }
  }

  /** Sends every answer that can be given by now. The devices that one-time keys must be claimed for before their answers can be encrypted. */
  answerWaiting(): Device[] {
    const withoutSession: Device[] = [];
    for (const request of this.#context.store.waitingRequests.all()) {
      const answer = this.#decide(request);
      if (answer.kind === "send" && !this.#channel.hasSession(answer.device.curve25519) && this.#isYoung(request, LIFETIME_MS)) {
        withoutSession.push(answer.device);
        continue;
      }
      if (answer.kind === "wait-for-trust" && this.#isYoung(request, UNVERIFIED_LIFETIME_MS)) continue;
      if (answer.kind === "send") this.#send(answer.device, answer.type, answer.content());
      this.#context.store.waitingRequests.remove(request);
    }
    return withoutSession;
  }

  #receive(request: WaitingRequestRecord): void {
    const { waitingRequests } = this.#context.store;
    const device = this.#directory.device(request.userId, request.deviceId);
    if (device === undefined || device.deleted) this.#directory.markUserDirty(request.userId);
    if (this.#decide(request).kind !== "refuse" && waitingRequests.count() < MAX_WAITING) waitingRequests.add(request);
  }

  #decide(request: WaitingRequestRecord): Answer {
    if (request.userId === this.#context.userId && this.#devices.isThisOne(request.deviceId)) return REFUSE;
    const { wanted } = request;
    switch (wanted.kind) {
      case "secret":
        return this.#decideSecret(request, wanted);
      case "room-key":
        return this.#decideRoomKey(request, wanted);
      default:
        return unreachable(wanted);
    }
  }

  #decideSecret(request: WaitingRequestRecord, { name }: WaitingRequestRecord["wanted"] & { kind: "secret" }): Answer {
    if (request.userId !== this.#context.userId || !this.#secrets.has(name)) return REFUSE;
    const device = this.#devices.find(request.deviceId);
    if (device === undefined) return WAIT_FOR_TRUST;
    if (device.localTrust === "blacklisted") return REFUSE;
    if (!this.#devices.mayKnowSecrets(device)) return WAIT_FOR_TRUST;
    const content = (): JsonObject | undefined => {
      const text = this.#secrets.text(name);
      return text === undefined ? undefined : encodeSecretSend(request.requestId, text);
    };
    return { kind: "send", device, type: SECRET_SEND, content };
  }

  #decideRoomKey(request: WaitingRequestRecord, { roomId, sessionId }: WaitingRequestRecord["wanted"] & { kind: "room-key" }): Answer {
    if (!this.#roomKeys.settings().forwarding || !this.#megolm.hasRoomKey(roomId, sessionId)) return REFUSE;
    const isOwn = request.userId === this.#context.userId;
    const device = this.#directory.device(request.userId, request.deviceId);
    if (device === undefined || device.deleted) return isOwn ? WAIT_FOR_TRUST : REFUSE;
    if (device.localTrust === "blacklisted") return REFUSE;
    const isTrusted = isOwn && this.#devices.isVerified(device);
    // Others get nothing but what was sent to exactly this device before, from the same index on (CVE-2021-40823).
    const from = isTrusted ? 0 : this.#megolm.sharedFrom(roomId, sessionId, device);
    if (from === undefined) return isOwn ? WAIT_FOR_TRUST : REFUSE;
    const content = (): JsonObject | undefined => {
      const key = this.#megolm.forwardedRoomKey(roomId, sessionId, from);
      return key === undefined ? undefined : encodeForwardedRoomKey(key);
    };
    return { kind: "send", device, type: FORWARDED_ROOM_KEY, content };
  }

  #send(device: Device, type: string, content: JsonObject | undefined): void {
    if (content === undefined) return;
    const encrypted = this.#channel.encrypt(device, this.#channel.payload(type, content));
    if (encrypted.ok) this.#outbox.send(device, encrypted.value);
  }

  /** A clock that went backwards cannot tell an age. */
  #isYoung({ receivedTs }: WaitingRequestRecord, lifetimeMs: number): boolean {
    const age = this.#context.env.now() - receivedTs;
    return age >= 0 && age < lifetimeMs;
  }
}
