import type { JsonObject } from "./json.ts";
import type { Room } from "./room.ts";

type Receipt = {
  type: string;
  userId: string;
  threadId: string | undefined;
  eventId: string;
  eventPosition: number;
  at: number;
  position: number;
};

/** Read receipts: the newest one per room, user, kind and thread. */
export class Receipts {
  readonly #receipts = new Map<string, Map<string, Receipt>>();

  /** False if the receipt would go back in time. */
  put(room: Room, userId: string, type: string, eventId: string, threadId: string | undefined, position: number): boolean {
    const receipts = this.#receipts.get(room.roomId) ?? new Map<string, Receipt>();
    this.#receipts.set(room.roomId, receipts);
    const key = `${type}\0${userId}\0${threadId ?? ""}`;
    const eventPosition = room.find(eventId)?.position ?? 0;
    const known = receipts.get(key);
    if (known !== undefined && known.eventPosition >= eventPosition) return false;
    receipts.set(key, { type, userId, threadId, eventId, eventPosition, at: Date.now(), position });
    return true;
  }

  /** The position up to which a user has read the room or a thread of it. */
  readUpTo(roomId: string, userId: string, threadId: string | undefined): number {
    let upTo = 0;
    for (const receipt of this.#receipts.get(roomId)?.values() ?? []) {
      if (receipt.userId !== userId) continue;
      // A receipt without a thread reads the whole room.
      if (receipt.threadId === undefined || receipt.threadId === threadId) upTo = Math.max(upTo, receipt.eventPosition);
    }
    return upTo;
  }

  /** The m.receipt event with what changed after a position and the viewer may see. */
  changedSince(roomId: string, since: number, viewer: string): JsonObject | undefined {
    const content: Record<string, Record<string, JsonObject>> = {};
    for (const receipt of this.#receipts.get(roomId)?.values() ?? []) {
      if (receipt.position <= since || (receipt.type === "m.read.private" && receipt.userId !== viewer)) continue;
      const ofType = ((content[receipt.eventId] ??= {})[receipt.type] ??= {});
      ofType[receipt.userId] = { ts: receipt.at, ...(receipt.threadId === undefined ? {} : { thread_id: receipt.threadId }) };
    }
    return Object.keys(content).length === 0 ? undefined : { type: "m.receipt", content };
  }
}
