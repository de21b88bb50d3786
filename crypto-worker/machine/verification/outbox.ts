import type { DeviceId } from "../../../protocol/ids.ts";
import { unreachable } from "../../../protocol/result.ts";
import type { MachineContext } from "../context.ts";
import { roomMessageRequest, signaturesUploadRequest, toDeviceRequest, type OutgoingRequest } from "../requests/outgoing-request.ts";
import { newRequestId } from "../requests/request-id.ts";
import { encodeAddressed, flowIdOf } from "./flow-address.ts";
import type { Flow } from "./flow.ts";
import { encodeMessage, eventTypeOf } from "./message.ts";
import type { FlowEffect } from "./request.ts";
import { RollbackMap } from "./rollback-map.ts";

/** What verifications have to send: messages in memory, as their flows are, and signatures in the store until the server has them. */
export class VerificationOutbox {
  readonly #context: MachineContext;
  readonly #messages: RollbackMap<string, OutgoingRequest>;

  constructor(context: MachineContext) {
    this.#context = context;
    this.#messages = new RollbackMap(context.store);
  }

  /** One request an effect; none where nobody is left to tell, or where the flow has no id yet that they could know. */
  requestsOf(flow: Flow, effects: readonly FlowEffect[]): OutgoingRequest[] {
    const { address } = flow;
    if (flowIdOf(address) === "") return [];
    return effects.flatMap(({ to, message }) => {
      const content = encodeAddressed(encodeMessage(message, this.#context.deviceId), address);
      const id = newRequestId(this.#context.env);
      if (address.kind === "in-room") return to === "others" ? [] : [roomMessageRequest(id, address.roomId, eventTypeOf(message), content)];
      const devices = recipientsOf(flow, to);
      if (devices.length === 0) return [];
      const messages = { [flow.userId]: Object.fromEntries(devices.map((deviceId) => [deviceId, content])) };
      return [toDeviceRequest(id, eventTypeOf(message), messages)];
    });
  }

  /** Hands them out until they are sent. */
  add(requests: readonly OutgoingRequest[]): void {
    for (const request of requests) this.#messages.set(request.id, request);
  }

  /** Survives a restart: without the upload nobody else sees what was verified. */
  addSignatures(requests: readonly OutgoingRequest[]): void {
    for (const { id, body } of requests) this.#context.store.signatureUploads.add(id, JSON.stringify(body));
  }

  all(): OutgoingRequest[] {
    const uploads = this.#context.store.signatureUploads.all();
    return [...this.#messages.values(), ...uploads.map(({ id, bodyJson }) => signaturesUploadRequest(id, JSON.parse(bodyJson)))];
  }

  /** False when it is not one of ours. */
  markSent(id: string): boolean {
    const known = this.#messages.get(id) !== undefined;
    this.#messages.delete(id);
    return this.#context.store.signatureUploads.remove(id) || known;
  }

  close(): void {
    this.#messages.close();
  }
}

function recipientsOf({ request: { theirDevice, recipients } }: Flow, to: FlowEffect["to"]): readonly DeviceId[] {
  switch (to) {
    case "counterpart":
      return theirDevice === undefined ? [] : [theirDevice];
    case "others":
      return recipients.filter((deviceId) => deviceId !== theirDevice);
    case "everyone":
      return recipients;
    default:
      return unreachable(to);
  }
}
