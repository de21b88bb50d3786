import type { JsonObject } from "./json.ts";

type TypingRoom = { users: Map<string, NodeJS.Timeout>; changedAt: number };

/** Who is typing where; ends by itself after the time-out that the client gave. */
export class Typing {
  readonly #rooms = new Map<string, TypingRoom>();

  set(roomId: string, userId: string, timeoutMs: number | undefined, changed: () => number): void {
    const room = this.#rooms.get(roomId) ?? { users: new Map<string, NodeJS.Timeout>(), changedAt: 0 };
    this.#rooms.set(roomId, room);
    const running = room.users.get(userId);
    clearTimeout(running);
    room.users.delete(userId);
    if (timeoutMs !== undefined) {
      const timer = setTimeout(() => this.set(roomId, userId, undefined, changed), timeoutMs);
      timer.unref();
      room.users.set(userId, timer);
    }
    if ((running === undefined) !== (timeoutMs === undefined)) room.changedAt = changed();
  }

  changedSince(roomId: string, since: number): JsonObject | undefined {
    const room = this.#rooms.get(roomId);
    return room === undefined || room.changedAt <= since ? undefined : { type: "m.typing", content: { user_ids: [...room.users.keys()] } };
  }

  changedAt(roomId: string): number {
    return this.#rooms.get(roomId)?.changedAt ?? 0;
  }
}
