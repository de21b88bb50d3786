import type { JsonObject } from "../../wire/json.ts";
import type { MachineContext } from "../context.ts";
import { toDeviceRequest, type OutgoingRequest } from "./outgoing-request.ts";
import { newRequestId } from "./request-id.ts";

/** Takes the response of one pending request, within the transaction of `markRequestAsSent`. */
export type ResponseHandler = (responseBody: unknown) => void;

type Pending = { readonly request: OutgoingRequest; readonly handle: ResponseHandler; listed: boolean };

/**
 * The requests that were handed out and are not answered. Those in memory can be made again from the store after a restart or a rollback; to-device
 * requests that carry a moved ratchet are rows, and keep their transaction id for ever.
 */
export class OutgoingRequests {
  readonly #context: MachineContext;
  readonly #pending = new Map<string, Pending>();

  constructor(context: MachineContext) {
    this.#context = context;
  }

  /** Keeps `request` among those of `all` until its response; `handle` then runs once. */
  add(request: OutgoingRequest, handle: ResponseHandler): OutgoingRequest {
    this.#pending.set(request.id, { request, handle, listed: true });
    return request;
  }

  /** The same for a request that the machine's caller gets in another way and sends itself: `all` leaves it out. */
  addUnlisted(request: OutgoingRequest, handle: ResponseHandler): OutgoingRequest {
    this.#pending.set(request.id, { request, handle, listed: false });
    return request;
  }

  /** From now on `all` has this one too. */
  offer(id: string): void {
    const pending = this.#pending.get(id);
    if (pending !== undefined) pending.listed = true;
  }

  /** Stores a to-device request in the caller's transaction; it is handed out until it was sent. `id` must be a `newRequestId`. */
  enqueueToDevice(eventType: string, messages: JsonObject, id = newRequestId(this.#context.env)): OutgoingRequest {
    const request = toDeviceRequest(id, eventType, messages);
    this.#context.store.toDeviceRequests.add(request.id, eventType, JSON.stringify(messages));
    return request;
  }

  /** What waits for a response, oldest first within each kind of storage. */
  all(): OutgoingRequest[] {
    const inMemory = [...this.#pending.values()].filter(({ listed }) => listed).map(({ request }) => request);
    return [...inMemory, ...this.#context.store.toDeviceRequests.all().map(fromRow)];
  }

  has(id: string): boolean {
    return this.#pending.has(id);
  }

  /** Forgets a pending request of which nobody needs the answer any more; a late response is then ignored. */
  drop(id: string): void {
    this.#pending.delete(id);
  }

  /** Forgets what is in memory; after a rollback. */
  dropAll(): void {
    this.#pending.clear();
  }

  /** Handles the response; false when the request is not known here. */
  markSent(id: string, responseBody: unknown): boolean {
    const pending = this.#pending.get(id);
    if (pending === undefined) return this.#context.store.toDeviceRequests.remove(id);
    this.#pending.delete(id);
    pending.handle(responseBody);
    return true;
  }
}

function fromRow(row: { id: string; eventType: string; messagesJson: string }): OutgoingRequest {
  return toDeviceRequest(row.id, row.eventType, JSON.parse(row.messagesJson));
}
