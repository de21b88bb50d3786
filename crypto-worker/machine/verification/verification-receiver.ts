import type { DeviceId, EventId, RoomId, UserId } from "../../../protocol/ids.ts";
import { isJsonObject, stringField, type JsonObject } from "../../wire/json.ts";
import { parseRoomEvent, type RoomEvent } from "../../wire/room-event.ts";
import type { MachineContext } from "../context.ts";
import type { Devices } from "../devices/devices.ts";
import type { TrackedUsers } from "../devices/tracked-users.ts";
import { flowIdOf, parseReference, parseTransaction, type FlowAddress } from "./flow-address.ts";
import type { StoredFlow } from "./flow-store.ts";
import { isVerificationType, parseRequest, parseVerificationMessage, REQUEST_TYPE, type VerificationMessage } from "./message.ts";
import { ParkedMessages, type IncomingMessage } from "./parked-messages.ts";
import type { RequestState } from "./request.ts";
import { receiveSasStart } from "./sas.ts";
import type { Verifications } from "./verifications.ts";

/** A request counts for so long after it was made, and so long before: clocks differ. */
const MAX_REQUEST_AGE = 10 * 60_000;
const MAX_REQUEST_SKEW = 5 * 60_000;

/** Brings verification messages of both transports to their flows. Whatever fits none is ignored: anybody can send these in clear text. */
export class VerificationReceiver {
  readonly #context: MachineContext;
  readonly #devices: Devices;
  readonly #tracked: TrackedUsers;
  readonly #verifications: Verifications;
  readonly #parked: ParkedMessages;

  constructor(context: MachineContext, devices: Devices, tracked: TrackedUsers, verifications: Verifications) {
    this.#context = context;
    this.#devices = devices;
    this.#tracked = tracked;
    this.#verifications = verifications;
    this.#parked = new ParkedMessages(context);
    verifications.onBound = (userId, eventId) => this.#replay(this.#parked.take(userId, eventId));
  }

  /** `senderDevice` is known where the message came over Olm. */
  receiveToDevice(type: string, sender: UserId, content: JsonObject, senderDevice: DeviceId | undefined): void {
    this.#receiveToDevice({ kind: "to-device", type, sender, content, at: this.#context.env.now() }, senderDevice);
  }

  #receiveToDevice(incoming: Extract<IncomingMessage, { kind: "to-device" }>, senderDevice: DeviceId | undefined): void {
    const { type, sender, content } = incoming;
    const flowId = parseTransaction(content);
    if (flowId === undefined || this.#mustWait(sender, flowId, type, content, incoming)) return;
    const address = { kind: "to-device", transactionId: flowId } as const;
    if (type === REQUEST_TYPE) {
      this.#receiveRequest(address, sender, content, undefined);
      return;
    }
    const stored = this.#verifications.flows.find(sender, flowId);
    if (stored === undefined) this.#receiveUnasked(type, sender, content, address);
    else if (stored.flow.address.kind === "to-device" && isFrom(stored, senderDevice)) this.#receive(stored, type, content);
  }

  /** A decrypted event of a room, as it came or as `decryptRoomEvent` gives it; also one that came in clear text. Others than verification's are ignored. */
  receiveRoomEvent(value: unknown, roomId: RoomId): void {
    const event = parseRoomEvent(isJsonObject(value) ? asSent(value) : value);
    if (!event.ok || event.value.stateKey !== undefined) return;
    this.#receiveInRoom({ kind: "in-room", roomId, event: event.value, at: this.#context.env.now() });
  }

  /** What these users' devices sent before we knew of them. */
  onDevicesChanged(userIds: Iterable<UserId>): void {
    for (const userId of userIds) this.#replay(this.#parked.take(userId));
  }

  close(): void {
    this.#parked.close();
  }

  #receiveInRoom(incoming: Extract<IncomingMessage, { kind: "in-room" }>): void {
    const { roomId, event } = incoming;
    const { sender, content } = event;
    const isRequest = event.type === "m.room.message" && stringField(content, "msgtype") === REQUEST_TYPE;
    const type = isRequest ? REQUEST_TYPE : event.type;
    const flowId = isRequest ? event.eventId : parseReference(content);
    if (flowId === undefined || !isVerificationType(type) || (type === REQUEST_TYPE && !isRequest)) return;
    if (sender === this.#context.userId) this.#receiveOwnInRoom(event, roomId, flowId, isRequest);
    else if (isRequest && parseRequest(content)?.to !== this.#context.userId) return;
    else if (this.#mustWait(sender, flowId, type, content, incoming)) return;
    else if (isRequest) this.#receiveRequest({ kind: "in-room", roomId, eventId: flowId }, sender, content, event.originServerTs);
    else this.#receiveReference(incoming, flowId);
  }

  #receiveReference(incoming: Extract<IncomingMessage, { kind: "in-room" }>, flowId: EventId): void {
    const { roomId, event } = incoming;
    const { flows } = this.#verifications;
    const stored = flows.findInRoom(roomId, flowId);
    if (stored?.flow.userId === event.sender) this.#receive(stored, event.type, event.content);
    // The answer may overtake the server's word on what our request is called.
    else if (stored === undefined && flows.unsentIn(roomId).some(({ flow }) => flow.userId === event.sender))
      this.#parked.park(event.sender, flowId, incoming);
  }

  /** Our own request tells its event's id; another device of ours tells that it has answered. */
  #receiveOwnInRoom({ type, content, unsigned }: RoomEvent, roomId: RoomId, flowId: EventId, isRequest: boolean): void {
    const { flows } = this.#verifications;
    if (isRequest) {
      const unsent = flows.unsent(stringField(unsigned, "transaction_id") ?? "");
      if (unsent !== undefined) this.#verifications.bind(unsent, flowId);
      return;
    }
    const stored = flows.findInRoom(roomId, flowId);
    const received = parseVerificationMessage(type, content);
    if (stored !== undefined && received.ok && answersForUs(received.value.message, this.#context.deviceId))
      this.#step(stored, { kind: "answered-elsewhere" });
  }

  #receiveRequest(address: FlowAddress, sender: UserId, content: JsonObject, originServerTs: number | undefined): void {
    const request = parseRequest(content);
    const now = this.#context.env.now();
    const timestamp = originServerTs ?? request?.timestamp;
    if (request === undefined || timestamp === undefined) return;
    if (now - timestamp > MAX_REQUEST_AGE || timestamp - now > MAX_REQUEST_SKEW) return;
    if (this.#isUs(sender, request.fromDevice) || this.#verifications.flows.find(sender, flowIdOf(address)) !== undefined) return;
    this.#verifications.open(address, sender, { device: request.fromDevice, methods: request.methods });
  }

  /** SAS that was started without a request: deprecated, by to-device only. */
  #receiveUnasked(type: string, sender: UserId, content: JsonObject, address: FlowAddress): void {
    const received = parseVerificationMessage(type, content);
    if (!received.ok || received.value.message.type !== "start" || received.value.message.method !== "m.sas.v1") return;
    const { message, text } = received.value;
    if (this.#isUs(sender, message.fromDevice)) return;
    const methods = ["m.sas.v1"] as const;
    const request: RequestState = {
      kind: "expect-method-end",
      weStarted: false,
      createdAt: this.#context.env.now(),
      recipients: [],
      theirDevice: message.fromDevice,
      theirMethods: methods,
      ourMethods: methods,
    };
    const flow = { address, userId: sender, request, method: undefined };
    const env = this.#verifications.envFor(flow);
    if (env.parties === undefined) return;
    const { state } = receiveSasStart(env.parties, address, { message, text }, false, env);
    if (state.kind !== "cancelled") this.#verifications.openWithoutRequest({ ...flow, method: state });
  }

  #receive(stored: StoredFlow, type: string, content: JsonObject): void {
    const received = parseVerificationMessage(type, content);
    if (!received.ok) {
      if (received.error === "m.invalid_message") this.#step(stored, { kind: "invalid-message" });
      return;
    }
    const { message } = received.value;
    // Only a device that was asked can be ready.
    const { recipients } = stored.flow.request;
    if (message.type === "ready" && recipients.length > 0 && !recipients.includes(message.fromDevice)) return;
    this.#step(stored, { kind: "message", received: received.value });
  }

  #step(stored: StoredFlow, input: Parameters<Verifications["step"]>[1]): void {
    this.#verifications.outbox.add(this.#verifications.step(stored, input));
  }

  /** Keeps what comes from a device that is not known yet, and what follows it; asks for the user's devices. */
  #mustWait(sender: UserId, flowId: string, type: string, content: JsonObject, incoming: IncomingMessage): boolean {
    if (!this.#parked.has(sender, flowId) && !this.#isFromUnknownDevice(sender, type, content)) return false;
    if (this.#parked.park(sender, flowId, incoming)) {
      this.#tracked.track(sender);
      this.#tracked.markDirty(sender);
    }
    return true;
  }

  #isFromUnknownDevice(sender: UserId, type: string, content: JsonObject): boolean {
    if (!NAMES_DEVICE.has(type)) return false;
    const fromDevice = parseRequest({ ...content, methods: [] })?.fromDevice;
    if (fromDevice === undefined || this.#isUs(sender, fromDevice)) return false;
    const device = this.#devices.find(sender, fromDevice);
    return device === undefined || device.deleted;
  }

  #isUs(userId: UserId, deviceId: DeviceId): boolean {
    return userId === this.#context.userId && deviceId === this.#context.deviceId;
  }

  #replay(messages: readonly IncomingMessage[]): void {
    for (const message of messages) {
      if (message.kind === "in-room") this.#receiveInRoom(message);
      else this.#receiveToDevice(message, undefined);
    }
  }
}

/** Messages that say which device sent them. */
const NAMES_DEVICE: ReadonlySet<string> = new Set([REQUEST_TYPE, "m.key.verification.ready", "m.key.verification.start"]);

function isFrom({ flow }: StoredFlow, senderDevice: DeviceId | undefined): boolean {
  const { theirDevice } = flow.request;
  return senderDevice === undefined || theirDevice === undefined || senderDevice === theirDevice;
}

/** Another device of ours has accepted or refused their request. */
function answersForUs(message: VerificationMessage, ourDevice: DeviceId): boolean {
  return message.type === "cancel" || ((message.type === "ready" || message.type === "start") && message.fromDevice !== ourDevice);
}

/** `decryptRoomEvent` names two fields in our own way. */
function asSent(event: JsonObject): JsonObject {
  const { eventId, originServerTs, ...rest } = event;
  return {
    ...rest,
    ...(eventId === undefined ? {} : { event_id: eventId }),
    ...(originServerTs === undefined ? {} : { origin_server_ts: originServerTs }),
  };
}
