import * as wasm from "@matrix-org/matrix-sdk-crypto-wasm";
import type { OutgoingRequest } from "../../crypto-worker/machine/requests/outgoing-request.ts";
import { parseJsonObject, type JsonObject } from "../../crypto-worker/wire/json.ts";
import { KeyServer, TestClock, TestDevice } from "./machine-world.ts";
import { WasmDevice } from "./wasm-device.ts";

export const ROOM = "!room:example.org";

type WasmOutgoing = {
  readonly id?: string;
  readonly type: wasm.RequestType;
  readonly body: string;
  readonly event_type?: string;
  readonly txn_id?: string;
  readonly room_id?: string;
};

/** Two devices that know each other, and a room that both are in: ours, and one of matrix-sdk-crypto. */
export class VerificationWorld {
  readonly server = new KeyServer();
  readonly clock = new TestClock();
  readonly ours: TestDevice;
  readonly theirs: WasmDevice;
  /** What was sent to the room, in order. */
  readonly events: JsonObject[] = [];
  /** They forget theirs as soon as it has ended; whoever holds it can still look at it. */
  readonly #theirFlows = new Map<string, wasm.Sas | wasm.Qr>();

  private constructor(ours: TestDevice, theirs: WasmDevice, server: KeyServer, clock: TestClock) {
    this.ours = ours;
    this.theirs = theirs;
    this.server = server;
    this.clock = clock;
  }

  static async open(ourUser: string, theirUser: string, identities: { readonly ours?: boolean; readonly theirs?: boolean }) {
    const server = new KeyServer();
    const clock = new TestClock();
    clock.ms = Date.now();
    const ours = new TestDevice(server, ourUser, "OURS", clock);
    ours.flush();
    if (identities.ours === true) ours.send(...ours.machine.bootstrapCrossSigning());
    const theirs = await WasmDevice.open(server, theirUser, "THEIRS");
    await theirs.flush();
    if (identities.theirs === true) {
      const bootstrap = await theirs.machine.bootstrapCrossSigning(true);
      server.handle(theirs, { kind: "signing_keys_upload", path: "", body: parse(bootstrap.uploadSigningKeysRequest.body) });
      await theirs.send(bootstrap.uploadSignaturesRequest as never);
    }
    const world = new VerificationWorld(ours, theirs, server, clock);
    await theirs.machine.updateTrackedUsers([new wasm.UserId(ourUser)]);
    ours.machine.updateTrackedUsers([theirUser]);
    await world.refresh();
    return world;
  }

  /** Both ask for each other's keys anew. */
  async refresh(): Promise<void> {
    this.ours.sync({ changed: [this.ours.userId, this.theirs.userId] });
    await this.theirs.sync([this.ours.userId, this.theirs.userId]);
    await this.settle();
  }

  /** Everything that waits is sent and received until nothing does. */
  async settle(): Promise<void> {
    for (let round = 0; round < 12; round++) {
      const outgoing = this.ours.machine.outgoingRequests();
      await this.send(outgoing);
      const theirOutgoing = await this.theirs.machine.outgoingRequests();
      await this.sendTheirs(...(theirOutgoing as WasmOutgoing[]));
      const pending =
        this.server.device(this.ours.userId, "OURS").inbox.length + this.server.device(this.theirs.userId, "THEIRS").inbox.length;
      this.ours.sync();
      await this.theirs.sync();
      if (outgoing.length + theirOutgoing.length + pending === 0) return;
    }
    throw new Error("the verification does not settle");
  }

  /** Ours, to the server or the room. */
  async send(requests: readonly OutgoingRequest[]): Promise<void> {
    for (const request of requests) {
      if (request.room === undefined) this.ours.send(request);
      else {
        const eventId = await this.#post(this.ours.userId, request.room.eventType, request.body, request.id);
        this.ours.machine.markRequestAsSent(request.id, { event_id: eventId });
      }
    }
  }

  async sendTheirs(...requests: readonly (WasmOutgoing | undefined)[]): Promise<void> {
    for (const request of requests) {
      if (request === undefined) continue;
      if (request.type !== wasm.RequestType.RoomMessage) await this.theirs.send(request);
      else {
        const eventId = await this.#post(this.theirs.userId, request.event_type ?? "", parse(request.body), request.txn_id ?? "");
        if (request.id !== undefined)
          await this.theirs.machine.markRequestAsSent(request.id, request.type, JSON.stringify({ event_id: eventId }));
      }
    }
  }

  /** Sends their content to the room, as their application does with the request itself; the event's id. */
  postTheirs(type: string, content: JsonObject): Promise<string> {
    return this.#post(this.theirs.userId, type, content, "");
  }

  get theirUserId(): wasm.UserId {
    return new wasm.UserId(this.theirs.userId);
  }

  get ourUserId(): wasm.UserId {
    return new wasm.UserId(this.ours.userId);
  }

  /** Their side of the flow; there must be one. */
  theirRequest(flowId: string): wasm.VerificationRequest {
    const request = this.theirs.machine.getVerificationRequest(this.ourUserId, flowId);
    if (request === undefined) throw new Error("they have no such request");
    return request;
  }

  theirSas(flowId: string): wasm.Sas {
    const sas = this.#theirFlow(flowId);
    if (!(sas instanceof wasm.Sas)) throw new Error("they have no SAS");
    return sas;
  }

  theirQr(flowId: string): wasm.Qr {
    const qr = this.#theirFlow(flowId);
    if (!(qr instanceof wasm.Qr)) throw new Error("they have no QR code");
    return qr;
  }

  #theirFlow(flowId: string): wasm.Sas | wasm.Qr | undefined {
    const flow = this.theirs.machine.getVerification(this.ourUserId, flowId) ?? this.#theirFlows.get(flowId);
    if (flow !== undefined) this.#theirFlows.set(flowId, flow);
    return flow;
  }

  async #post(sender: string, type: string, content: JsonObject, transactionId: string): Promise<string> {
    const eventId = `$event${this.events.length}`;
    const event = { type, sender, content, event_id: eventId, room_id: ROOM, origin_server_ts: this.clock.ms, unsigned: {} };
    this.events.push(event);
    const isOurs = sender === this.ours.userId;
    const ourCopy = isOurs ? { ...event, unsigned: { transaction_id: transactionId } } : event;
    this.ours.machine.receiveVerificationEvent(ourCopy, ROOM);
    await this.theirs.machine.receiveVerificationEvent(JSON.stringify(event), new wasm.RoomId(ROOM));
    return eventId;
  }
}

function parse(text: string): JsonObject {
  const json = parseJsonObject(text, { maxBytes: 1 << 20, maxDepth: 64 });
  if (!json.ok) throw new Error("the other machine wrote JSON that we do not read");
  return json.value;
}
