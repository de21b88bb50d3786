import type { JsonObject } from "./json.ts";

export type ToDeviceMessage = { position: number; type: string; sender: string; content: JsonObject };

/** What one sync hands out at most; the rest comes with the next. */
const portion = 100;

/** The queue of every device; a message stays until a sync's since token acknowledges it. */
export class ToDeviceQueues {
  readonly #queues = new Map<string, ToDeviceMessage[]>();
  readonly #sent = new Map<string, number>();

  push(userId: string, deviceId: string, message: ToDeviceMessage): void {
    const id = key(userId, deviceId);
    const queue = this.#queues.get(id) ?? [];
    queue.push(message);
    this.#queues.set(id, queue);
    this.#sent.set(id, (this.#sent.get(id) ?? 0) + 1);
  }

  /** Drops what the client has acknowledged. */
  acknowledge(userId: string, deviceId: string, upTo: number): void {
    const queue = this.#queues.get(key(userId, deviceId));
    if (queue === undefined) return;
    const first = queue.findIndex((message) => message.position > upTo);
    queue.splice(0, first < 0 ? queue.length : first);
  }

  /** The next portion after a position, and the position to acknowledge it with. */
  after(userId: string, deviceId: string, since: number, until: number, limit = portion): { messages: ToDeviceMessage[]; reached: number } {
    const queue = this.#queues.get(key(userId, deviceId)) ?? [];
    const pending = queue.filter((message) => message.position > since && message.position <= until);
    const messages = pending.slice(0, limit);
    return { messages, reached: pending.length > limit ? (messages.at(-1)?.position ?? until) : until };
  }

  pending(userId: string, deviceId: string): readonly ToDeviceMessage[] {
    return this.#queues.get(key(userId, deviceId)) ?? [];
  }

  /** How many messages were ever queued for the device. */
  sentCount(userId: string, deviceId: string): number {
    return this.#sent.get(key(userId, deviceId)) ?? 0;
  }

  remove(userId: string, deviceId: string): void {
    this.#queues.delete(key(userId, deviceId));
  }
}

function key(userId: string, deviceId: string): string {
  return `${userId}\0${deviceId}`;
}
