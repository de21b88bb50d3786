import type { RoomId, UserId } from "../../../protocol/ids.ts";
import type { JsonObject } from "../../wire/json.ts";
import type { RoomEvent } from "../../wire/room-event.ts";
import type { MachineContext } from "../context.ts";
import { RollbackMap } from "./rollback-map.ts";

/** A verification message with where it came from, and when. */
export type IncomingMessage =
  | { readonly kind: "to-device"; readonly type: string; readonly sender: UserId; readonly content: JsonObject; readonly at: number }
  | { readonly kind: "in-room"; readonly roomId: RoomId; readonly event: RoomEvent; readonly at: number };

type Parked = { readonly userId: UserId; readonly flowId: string; readonly message: IncomingMessage };

const MAX_PARKED = 50;
const MAX_AGE_MS = 10 * 60_000;

/**
 * Messages that came too early: of a device that we have yet to ask the server about, as new ones verify themselves in their first minute, or for our own
 * request in a room that has no id yet. Few, and not for long.
 */
export class ParkedMessages {
  readonly #context: MachineContext;
  readonly #parked: RollbackMap<number, Parked>;
  #next = 0;

  constructor(context: MachineContext) {
    this.#context = context;
    this.#parked = new RollbackMap(context.store);
  }

  /** What follows a parked message of a flow has to wait as well. */
  has(userId: UserId, flowId: string): boolean {
    return this.#parked.values().some((parked) => parked.userId === userId && parked.flowId === flowId);
  }

  /** False when too many wait, so that it is dropped. */
  park(userId: UserId, flowId: string, message: IncomingMessage): boolean {
    if (this.#parked.size >= MAX_PARKED) return false;
    this.#parked.set(this.#next++, { userId, flowId, message });
    return true;
  }

  /** Takes out what waits of a user (for one flow), in order; what waited for too long is gone. */
  take(userId: UserId, flowId?: string): IncomingMessage[] {
    const now = this.#context.env.now();
    const taken: IncomingMessage[] = [];
    for (const [key, parked] of this.#parked.entries()) {
      const isOld = now - parked.message.at > MAX_AGE_MS;
      const isMeant = parked.userId === userId && (flowId === undefined || parked.flowId === flowId);
      if (isOld || isMeant) this.#parked.delete(key);
      if (isMeant && !isOld) taken.push(parked.message);
    }
    return taken;
  }

  close(): void {
    this.#parked.close();
  }
}
