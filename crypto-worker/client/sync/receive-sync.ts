import { parseRoomId, parseUserId, type RoomId } from "../../../protocol/ids.ts";
import {
  arrayField,
  field,
  integerField,
  isJsonObject,
  objectField,
  stringField,
  type JsonObject,
  type JsonValue,
} from "../../wire/json.ts";
import type { Changes } from "../changes.ts";
import type { ClientContext } from "../context.ts";
import { rereadSession } from "../timeline/reread.ts";
import { applyAccountData } from "./account-data.ts";
import type { TypingRegister } from "./ephemeral.ts";
import { applyInvitedRoom, applyJoinedRoom, applyLeftRoom } from "./rooms.ts";

/**
 * Applies one /sync response within the caller's transaction: to-device events, device lists, key counts, rooms, timelines with what they
 * decrypt to, and the position itself. What cannot be parsed is skipped; only a response without a position is refused as a whole.
 */
export function applySync(
  context: ClientContext,
  changes: Changes,
  typing: TypingRegister,
  body: JsonObject,
  isFirst: boolean,
): string | undefined {
  const nextBatch = stringField(body, "next_batch");
  if (nextBatch === undefined || nextBatch.length === 0 || nextBatch.length > 4096) return undefined;
  const { roomKeys, withheldRoomKeys } = context.machine.receiveSyncChanges(parseCryptoChanges(body, nextBatch, changes));
  applyAccountData(context, changes, objectField(body, "account_data"));
  const rooms = objectField(body, "rooms") ?? {};
  context.machine.decryptAhead([...timelineEvents(rooms, "join"), ...timelineEvents(rooms, "leave")]);
  for (const [roomId, room] of roomsIn(rooms, "invite")) applyInvitedRoom(context, changes, roomId, room, "invite");
  for (const [roomId, room] of roomsIn(rooms, "knock")) applyInvitedRoom(context, changes, roomId, room, "knock");
  for (const [roomId, room] of roomsIn(rooms, "join")) applyJoinedRoom(context, changes, typing, roomId, room, isFirst);
  for (const [roomId, room] of roomsIn(rooms, "leave")) applyLeftRoom(context, changes, roomId, room);
  for (const { roomId, sessionId } of roomKeys) rereadSession(context, changes, roomId, sessionId, !isFirst);
  for (const { roomId, sessionId } of withheldRoomKeys) rereadSession(context, changes, roomId, sessionId, false);
  return nextBatch;
}

function parseCryptoChanges(
  body: JsonObject,
  nextBatch: string,
  changes: Changes,
): Parameters<ClientContext["machine"]["receiveSyncChanges"]>[0] {
  const toDevice = arrayField(objectField(body, "to_device") ?? {}, "events") ?? [];
  const lists = objectField(body, "device_lists") ?? {};
  const users = (key: string): string[] => {
    const parsed = (arrayField(lists, key) ?? []).map(parseUserId).flatMap((result) => (result.ok ? [result.value] : []));
    if (key === "changed") for (const userId of parsed) changes.deviceOwners.add(userId);
    return parsed;
  };
  const counts = objectField(body, "device_one_time_keys_count") ?? {};
  const fallback = field(body, "device_unused_fallback_key_types") ?? field(body, "org.matrix.msc2732.device_unused_fallback_key_types");
  return {
    toDeviceEvents: toDevice.filter(isJsonObject),
    deviceLists: { changed: users("changed"), left: users("left") },
    oneTimeKeyCounts: Object.fromEntries(
      Object.keys(counts).map((algorithm) => [algorithm, Math.max(0, integerField(counts, algorithm) ?? 0)]),
    ),
    unusedFallbackKeyTypes: Array.isArray(fallback) ? fallback.filter((type) => typeof type === "string") : undefined,
    nextBatch,
  };
}

function* timelineEvents(rooms: JsonObject, section: string): Generator<{ readonly event: JsonValue; readonly roomId: RoomId }> {
  for (const [roomId, room] of roomsIn(rooms, section))
    for (const event of arrayField(objectField(room, "timeline") ?? {}, "events") ?? []) yield { event, roomId };
}

function* roomsIn(rooms: JsonObject, section: string): Generator<[RoomId, JsonObject]> {
  for (const [key, value] of Object.entries(objectField(rooms, section) ?? {})) {
    const roomId = parseRoomId(key);
    if (roomId.ok && ROOM_ID.test(key) && isJsonObject(value)) yield [roomId.value, value];
  }
}

/** As the page's schema wants it. */
const ROOM_ID = /^![^\s]+$/;
