import type { Receipts } from "./receipts.ts";

type Notified = { position: number; highlight: boolean; threadId: string | undefined };
type Counts = { notification_count: number; highlight_count: number };

/** Which events count as unread for whom, until a receipt passes them. */
export class Unread {
  readonly #notified = new Map<string, Notified[]>();
  readonly #receipts: Receipts;

  constructor(receipts: Receipts) {
    this.#receipts = receipts;
  }

  add(roomId: string, userId: string, notified: Notified): void {
    const key = `${roomId}\0${userId}`;
    const list = this.#notified.get(key);
    if (list === undefined) this.#notified.set(key, [notified]);
    else list.push(notified);
  }

  /** Counts of the room, and of its threads apart from it if the client wants them so. */
  counts(roomId: string, userId: string, byThread: boolean): { room: Counts; threads: Record<string, Counts> } {
    const key = `${roomId}\0${userId}`;
    const unread = (this.#notified.get(key) ?? []).filter(
      (item) => item.position > this.#receipts.readUpTo(roomId, userId, item.threadId ?? "main"),
    );
    // What is read stays read.
    this.#notified.set(key, unread);
    const room: Counts = { notification_count: 0, highlight_count: 0 };
    const threads: Record<string, Counts> = {};
    for (const { highlight, threadId } of unread) {
      const counts = byThread && threadId !== undefined ? (threads[threadId] ??= { notification_count: 0, highlight_count: 0 }) : room;
      counts.notification_count++;
      if (highlight) counts.highlight_count++;
    }
    return { room, threads };
  }
}
