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
/** An honest flow that is ahead of its device has a handful. */
const MAX_OF_A_USER = 10;
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
    return this.#recent().some(([, parked]) => parked.userId === userId && parked.flowId === flowId);
  }

  /** False when too many wait, so that it is dropped. Anybody can send these, and for a device that does not exist nothing ever fetches them. */
  park(userId: UserId, flowId: string, message: IncomingMessage): boolean {
    const recent = this.#recent();
    if (recent.length >= MAX_PARKED || recent.filter(([, parked]) => parked.userId === userId).length >= MAX_OF_A_USER) return false;
    this.#parked.set(this.#next++, { userId, flowId, message });
    return true;
  }

  /** Takes out what waits of a user (for one flow), in order. */
  take(userId: UserId, flowId?: string): IncomingMessage[] {
    const meant = this.#recent().filter(([, parked]) => parked.userId === userId && (flowId === undefined || parked.flowId === flowId));
    for (const [key] of meant) this.#parked.delete(key);
    return meant.map(([, { message }]) => message);
  }

  close(): void {
    this.#parked.close();
  }

  /** What waits; what has waited for too long, or from before the clock went back, is gone. */
  #recent(): (readonly [number, Parked])[] {
    const now = this.#context.env.now();
    return this.#parked.entries().filter(([key, { message }]) => {
      const isRecent = Math.abs(now - message.at) <= MAX_AGE_MS;
      if (!isRecent) this.#parked.delete(key);
      return isRecent;
    });
  }
}
