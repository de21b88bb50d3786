import { parseRoomId, type RoomId, type UserId } from "../../../protocol/ids.ts";
import { isJsonObject, type JsonObject } from "../../wire/json.ts";
import { parseShownUserId } from "../shown-ids.ts";

/** Which rooms the account calls direct, and with whom (account data `m.direct`). */
export function parseDirectRooms(content: JsonObject | undefined): Map<RoomId, UserId> {
  const direct = new Map<RoomId, UserId>();
  if (!isJsonObject(content)) return direct;
  for (const [key, rooms] of Object.entries(content)) {
    const userId = parseShownUserId(key);
    if (userId === undefined || !Array.isArray(rooms)) continue;
    for (const value of rooms) {
      const roomId = parseRoomId(value);
      if (roomId.ok) direct.set(roomId.value, userId);
    }
  }
  return direct;
}

/** The content with one more direct room. */
export function withDirectRoom(content: JsonObject | undefined, roomId: RoomId, userId: UserId): JsonObject {
  const entries = new Map(Object.entries(content ?? {}));
  const known = entries.get(userId);
  const rooms = Array.isArray(known) ? known : [];
  if (!rooms.includes(roomId)) entries.set(userId, [...rooms, roomId]);
  return Object.fromEntries(entries);
}
