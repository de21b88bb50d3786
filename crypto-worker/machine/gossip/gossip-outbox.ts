import { encodeRequestCancellation, ROOM_KEY_REQUEST, SECRET_REQUEST, type RequestIds } from "../../wire/gossip-content.ts";
import type { JsonObject } from "../../wire/json.ts";
import type { MachineContext } from "../context.ts";
import type { Device } from "../devices/device.ts";
import type { OutgoingRequests } from "../requests/outgoing-requests.ts";
import { newRequestId } from "../requests/request-id.ts";

type RequestType = typeof SECRET_REQUEST | typeof ROOM_KEY_REQUEST;

/** What gossip sends: stored, handed out until it is sent, and under the same transaction ids after a restart. */
export class GossipOutbox {
  readonly #context: MachineContext;
  readonly #requests: OutgoingRequests;

  constructor(context: MachineContext, requests: OutgoingRequests) {
    this.#context = context;
    this.#requests = requests;
  }

  /** Asks all our other devices, in clear text: a request says nothing that the server does not know. The request's id. */
  ask(type: RequestType, encode: (ids: RequestIds) => JsonObject): string {
    const requestId = newRequestId(this.#context.env);
    this.#toOwnDevices(type, encode({ requestId, deviceId: this.#context.deviceId }), requestId);
    return requestId;
  }

  /** Whether a request has not gone out yet. */
  isUnsent(requestId: string): boolean {
    return this.#context.store.toDeviceRequests.has(requestId);
  }

  /** Takes a request back, at all devices that may have seen it. */
  cancel(type: RequestType, requestId: string): void {
    // One that may be on its way is answered in vain at worst: the answer to it is not accepted any more.
    if (this.#context.store.toDeviceRequests.remove(requestId)) return;
    this.#toOwnDevices(type, encodeRequestCancellation({ requestId, deviceId: this.#context.deviceId }));
  }

  /** A message that was encrypted for this device. */
  send(device: Device, content: JsonObject): void {
    this.#requests.enqueueToDevice("m.room.encrypted", { [device.userId]: { [device.deviceId]: content } });
  }

  /** To our own device too, which ignores what it says itself. */
  #toOwnDevices(type: RequestType, content: JsonObject, requestId?: string): void {
    this.#requests.enqueueToDevice(type, { [this.#context.userId]: { "*": content } }, requestId);
  }
}
