import { parseEventId, type DeviceId, type EventId, type RoomId, type UserId } from "../../../protocol/ids.ts";
import { isJsonObject, stringField } from "../../wire/json.ts";
import type { MachineContext } from "../context.ts";
import type { Device } from "../devices/device.ts";
import type { Devices } from "../devices/devices.ts";
import type { Identities } from "../devices/identities.ts";
import { MachineError } from "../machine-error.ts";
import { roomMessageRequest, toDeviceRequest, type OutgoingRequest } from "../requests/outgoing-request.ts";
import { newRequestId } from "../requests/request-id.ts";
import { isCancelCode } from "./cancellation.ts";
import { applyVerifiedKeys, type TrustActions } from "./completion.ts";
import { flowIdOf, parseTransaction, type FlowAddress } from "./flow-address.ts";
import { FlowStore, type StoredFlow } from "./flow-store.ts";
import { canStart, isEnded, stepFlow, type Flow, type FlowEnv, type FlowInput } from "./flow.ts";
import { encodeRequest, REQUEST_TYPE } from "./message.ts";
import { VerificationOutbox } from "./outbox.ts";
import type { Parties } from "./parties.ts";
import { encodeQrCode, parseQrCode } from "./qr-code.ts";
import { showQr } from "./qr.ts";
import type { RequestState } from "./request.ts";
import { requestInfoOf, verificationInfoOf, type VerificationInfo, type VerificationRequestInfo } from "./verification-info.ts";
import { parseMethods } from "./verification-method.ts";

/** `flowId` of a request in a room is the transaction id until the server has answered; it stays good for every call. */
export type NewVerification = { readonly flowId: string; readonly requests: OutgoingRequest[] };

/** All verifications of this device: holds their states, feeds them, and does what they ask for. The states themselves only step (`flow.ts`). */
export class Verifications {
  readonly #context: MachineContext;
  readonly #devices: Devices;
  readonly #identities: Identities;
  readonly #trust: TrustActions;
  readonly flows: FlowStore;
  readonly outbox: VerificationOutbox;
  /** Called when our own request in a room got its event id: its answers may be here already. */
  onBound: (userId: UserId, eventId: EventId) => void = () => undefined;

  constructor(context: MachineContext, devices: Devices, identities: Identities, trust: TrustActions) {
    this.#context = context;
    this.#devices = devices;
    this.#identities = identities;
    this.#trust = trust;
    this.flows = new FlowStore(context);
    this.outbox = new VerificationOutbox(context);
  }

  // Requests of ours. A new one with the same user ends those under way.

  /** @throws MachineError `unknown-device` */
  requestDevice(userId: UserId, deviceId: DeviceId, methods: readonly string[]): NewVerification {
    const device = this.#devices.find(userId, deviceId);
    if (device === undefined || !this.#isEligible(device)) throw new MachineError("unknown-device");
    return this.#requestByToDevice(userId, [deviceId], methods);
  }

  /** Of our other devices that our identity vouches for, or of all when there are none; whichever answers. @throws MachineError `unknown-device` */
  requestOwn(methods: readonly string[]): NewVerification {
    const { userId } = this.#context;
    const devices = this.#devices.active(userId).filter((device) => this.#isEligible(device));
    const signed = devices.filter((device) => this.#identities.trustOf(device).crossSignedByOwner);
    const recipients = (signed.length > 0 ? signed : devices).map(({ deviceId }) => deviceId);
    if (recipients.length === 0) throw new MachineError("unknown-device");
    return this.#requestByToDevice(userId, recipients, methods);
  }

  /** In a room with that user. @throws MachineError `unknown-identity` when nothing of theirs is known */
  requestUser(userId: UserId, roomId: RoomId, methods: readonly string[]): NewVerification {
    if (userId === this.#context.userId || (this.#identities.find(userId) === undefined && this.#devices.active(userId).length === 0))
      throw new MachineError("unknown-identity");
    const superseded = this.#supersede(userId);
    const flow = this.#newFlow({ kind: "in-room", roomId, eventId: undefined }, userId, methods, []);
    const requestId = newRequestId(this.#context.env);
    this.flows.save(flow, requestId);
    const content = {
      ...encodeRequest(this.#context.deviceId, parseMethods(methods)),
      msgtype: REQUEST_TYPE,
      to: userId,
      body: `${this.#context.userId} asks to verify your keys, which your client does not support in a chat.`,
    };
    return { flowId: requestId, requests: [...superseded, roomMessageRequest(requestId, roomId, "m.room.message", content)] };
  }

  // What our user does. Without effect where the flow's state does not wait for it, as for a second press.

  accept(userId: UserId, flowId: string, methods: readonly string[]): OutgoingRequest[] {
    return this.#input(userId, flowId, { kind: "accept", methods: parseMethods(methods) });
  }

  /** `code` is `m.user` unless it is one of the others; `m.mismatched_sas` says that the codes differ. */
  cancel(userId: UserId, flowId: string, code: string): OutgoingRequest[] {
    return this.#input(userId, flowId, { kind: "cancel", code: isCancelCode(code) ? code : "m.user" });
  }

  startSas(userId: UserId, flowId: string): OutgoingRequest[] {
    return this.#input(userId, flowId, { kind: "start-sas" });
  }

  acceptSas(userId: UserId, flowId: string): OutgoingRequest[] {
    return this.#input(userId, flowId, { kind: "accept-sas" });
  }

  confirmSas(userId: UserId, flowId: string): OutgoingRequest[] {
    return this.#input(userId, flowId, { kind: "confirm-sas" });
  }

  /** The same code again while nobody has scanned it. @throws MachineError `wrong-verification-state`, `unknown-identity`, `identity-not-verified` */
  generateQr(userId: UserId, flowId: string): Uint8Array {
    const stored = this.#require(userId, flowId);
    const { flow } = stored;
    if (flow.method?.method === "qr" && flow.method.kind === "expect-scan") return encodeQrCode(flow.method.code);
    const parties = this.#partiesOf(flow);
    const { request } = flow;
    const isPossible =
      request.kind === "expect-start" &&
      request.ourMethods.includes("m.qr_code.show.v1") &&
      request.theirMethods.includes("m.qr_code.scan.v1");
    if (!isPossible || parties === undefined) throw new MachineError("wrong-verification-state");
    const qr = showQr(parties, flowIdOf(flow.address), this.#context.env);
    if (!qr.ok) throw new MachineError(qr.error);
    this.step(stored, { kind: "show-qr", qr: qr.value });
    if (qr.value.kind !== "expect-scan") throw new Error("a new code waits for its scanner");
    return encodeQrCode(qr.value.code);
  }

  /** A code of this flow with wrong keys cancels it. @throws MachineError `invalid-qr-code` for one of no or another flow, `wrong-verification-state` */
  scanQr(userId: UserId, flowId: string, bytes: Uint8Array): OutgoingRequest[] {
    const stored = this.#require(userId, flowId);
    const code = parseQrCode(bytes);
    if (!code.ok || code.value.flowId !== flowIdOf(stored.flow.address)) throw new MachineError("invalid-qr-code");
    if (!canStart(stored.flow)) throw new MachineError("wrong-verification-state");
    return this.step(stored, { kind: "scan-qr", code: code.value });
  }

  confirmQrScanned(userId: UserId, flowId: string): OutgoingRequest[] {
    return this.#input(userId, flowId, { kind: "confirm-qr" });
  }

  // What our user sees

  /** Of everyone when no user is named; newest last. */
  requests(userId?: UserId): VerificationRequestInfo[] {
    const flows = this.flows.all().filter(({ flow }) => userId === undefined || flow.userId === userId);
    return flows.map(({ flow, requestId }) => requestInfoOf(flow, requestId));
  }

  /** Undefined while no method has begun. */
  verification(userId: UserId, flowId: string): VerificationInfo | undefined {
    const method = this.flows.find(userId, flowId)?.flow.method;
    return method === undefined ? undefined : verificationInfoOf(method);
  }

  // The machine's own calls

  /** Once a sync, and before requests are handed out. */
  tick(): void {
    if (this.flows.isEmpty) return;
    for (const stored of this.flows.all()) if (!isEnded(stored.flow)) this.outbox.add(this.step(stored));
    this.flows.collect();
  }

  outgoingRequests(): OutgoingRequest[] {
    this.tick();
    return this.outbox.all();
  }

  /** False when the request is none of ours. */
  markSent(id: string, responseBody: unknown): boolean {
    const stored = this.flows.unsent(id);
    const eventId = parseEventId(isJsonObject(responseBody) ? stringField(responseBody, "event_id") : undefined);
    if (stored !== undefined && eventId.ok) this.bind(stored, eventId.value);
    return this.outbox.markSent(id) || stored !== undefined;
  }

  /** Our request in a room has become this event. */
  bind(stored: StoredFlow, eventId: EventId): void {
    this.flows.bind(stored, eventId);
    this.onBound(stored.flow.userId, eventId);
  }

  /** Their request, which our user has to answer. With another one under way, both end: who is at the other end of which would not be clear. */
  open(address: FlowAddress, userId: UserId, theirs: { readonly device: DeviceId; readonly methods: readonly string[] }): void {
    if (this.flows.isFull) return;
    const request: RequestState = {
      kind: "expect-user-accept",
      weStarted: false,
      createdAt: this.#context.env.now(),
      recipients: [],
      theirDevice: theirs.device,
      theirMethods: parseMethods(theirs.methods),
    };
    this.#openAlone({ address, userId, request, method: undefined });
  }

  /** Their start without a request. */
  openWithoutRequest(flow: Flow): void {
    if (!this.flows.isFull) this.#openAlone(flow);
  }

  /** Steps the flow past its time limits, and then with the input. Returns what is to be sent; trust and signatures are dealt with. */
  step(stored: StoredFlow, input?: FlowInput): OutgoingRequest[] {
    const env = this.envFor(stored.flow);
    const ticked = stepFlow(stored.flow, { kind: "tick", now: env.now() }, env);
    const last = input === undefined || isEnded(ticked.flow) ? ticked : stepFlow(ticked.flow, input, env);
    if (last.flow === stored.flow) return [];
    this.flows.save(last.flow, stored.requestId);
    if (last.flow.method?.kind === "done" && stored.flow.method?.kind !== "done")
      this.outbox.addSignatures(applyVerifiedKeys(last.flow.method.verified, this.#context.userId, this.#trust));
    const needed = new Set(secretsOf(last.flow));
    const unneeded = secretsOf(stored.flow).filter((secret) => !needed.has(secret));
    if (unneeded.length > 0) this.#context.store.afterCommit(() => unneeded.forEach((secret) => secret[Symbol.dispose]()));
    return this.outbox.requestsOf(last.flow, last === ticked ? ticked.effects : [...ticked.effects, ...last.effects]);
  }

  envFor(flow: Flow): FlowEnv {
    const { env } = this.#context;
    return { now: () => env.now(), randomBytes: (length) => env.randomBytes(length), parties: this.#partiesOf(flow) };
  }

  close(): void {
    this.flows.close();
    this.outbox.close();
  }

  #openAlone(flow: Flow): void {
    const others = this.flows.ongoingWith(flow.userId);
    const stored = this.flows.save(flow, "");
    if (others.length === 0) return;
    for (const ongoing of [...others, stored]) this.outbox.add(this.step(ongoing, { kind: "cancel", code: "m.unexpected_message" }));
  }

  #input(userId: UserId, flowId: string, input: FlowInput): OutgoingRequest[] {
    return this.step(this.#require(userId, flowId), input);
  }

  #require(userId: UserId, flowId: string): StoredFlow {
    const stored = this.flows.find(userId, flowId);
    if (stored === undefined) throw new MachineError("unknown-verification");
    return stored;
  }

  #requestByToDevice(userId: UserId, recipients: readonly DeviceId[], methods: readonly string[]): NewVerification {
    const superseded = this.#supersede(userId);
    const { env, deviceId: ourDevice } = this.#context;
    const transaction = parseTransaction({ transaction_id: newRequestId(env) });
    if (transaction === undefined) throw new Error("a request id is a transaction id");
    const flow = this.#newFlow({ kind: "to-device", transactionId: transaction }, userId, methods, recipients);
    this.flows.save(flow, "");
    const content = { ...encodeRequest(ourDevice, parseMethods(methods)), timestamp: env.now(), transaction_id: transaction };
    const messages = { [userId]: Object.fromEntries(recipients.map((deviceId) => [deviceId, content])) };
    return { flowId: transaction, requests: [...superseded, toDeviceRequest(newRequestId(env), REQUEST_TYPE, messages)] };
  }

  #newFlow(address: FlowAddress, userId: UserId, methods: readonly string[], recipients: readonly DeviceId[]): Flow {
    const request: RequestState = {
      kind: "expect-ready",
      weStarted: true,
      createdAt: this.#context.env.now(),
      recipients,
      theirDevice: undefined,
      ourMethods: parseMethods(methods),
    };
    return { address, userId, request, method: undefined };
  }

  #supersede(userId: UserId): OutgoingRequest[] {
    return this.flows.ongoingWith(userId).flatMap((stored) => this.step(stored, { kind: "cancel", code: "m.user" }));
  }

  #partiesOf({ userId, request: { theirDevice } }: Flow): Parties | undefined {
    const device = theirDevice === undefined ? undefined : this.#devices.find(userId, theirDevice);
    if (device === undefined || !this.#isEligible(device)) return undefined;
    const { userId: ourUserId, deviceId, identityKeys } = this.#context;
    const ours = {
      userId: ourUserId,
      deviceId,
      deviceKey: identityKeys.ed25519,
      masterKey: this.#identities.own()?.masterKey,
      masterKeyTrusted: this.#identities.ownIsVerified(),
    };
    const masterKey = this.#identities.find(userId)?.masterKey;
    return { ours, theirs: { userId, deviceId: device.deviceId, deviceKey: device.ed25519, masterKey } };
  }

  #isEligible({ userId, deviceId, deleted, dehydrated }: Device): boolean {
    return !deleted && !dehydrated && !(userId === this.#context.userId && deviceId === this.#context.deviceId);
  }
}

/** What is to be wiped once the flow has moved on and that is committed. */
function secretsOf({ method }: Flow): Disposable[] {
  if (method === undefined) return [];
  if (method.method === "qr") return "code" in method && method.kind !== "cancelled" ? [method.code.secret] : [];
  return [...("keyPair" in method ? [method.keyPair] : []), ...("agreement" in method ? [method.agreement] : [])];
}
