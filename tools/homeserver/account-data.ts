import type { JsonObject } from "./json.ts";

type Entry = { type: string; content: JsonObject; position: number };

/** Global and per-room account data of every user. */
export class AccountData {
  readonly #entries = new Map<string, Map<string, Entry>>();

  put(userId: string, roomId: string | undefined, type: string, content: JsonObject, position: number): void {
    const scope = key(userId, roomId);
    const entries = this.#entries.get(scope) ?? new Map<string, Entry>();
    this.#entries.set(scope, entries);
    entries.set(type, { type, content, position });
  }

  find(userId: string, roomId: string | undefined, type: string): JsonObject | undefined {
    return this.#entries.get(key(userId, roomId))?.get(type)?.content;
  }

  changedSince(userId: string, roomId: string | undefined, since: number): { type: string; content: JsonObject }[] {
    const entries = [...(this.#entries.get(key(userId, roomId))?.values() ?? [])];
    return entries.filter((entry) => entry.position > since).map(({ type, content }) => ({ type, content }));
  }
}

function key(userId: string, roomId: string | undefined): string {
  return `${userId}\0${roomId ?? ""}`;
}
