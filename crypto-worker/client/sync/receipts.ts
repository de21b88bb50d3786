import type { EventId, RoomId, UserId } from "../../../protocol/ids.ts";
import { integerField, isJsonObject, objectField, stringField, type JsonObject } from "../../wire/json.ts";
import type { Changes } from "../changes.ts";
import type { ClientContext } from "../context.ts";
import { parseShownEventId, parseShownUserId } from "../shown-ids.ts";

/** Applies the content of an `m.receipt` event: who has read up to where. Receipts of threads say nothing about the room's timeline. */
export function applyReceipts(context: ClientContext, changes: Changes, roomId: RoomId, content: JsonObject): void {
  for (const [key, byType] of Object.entries(content)) {
    const eventId = parseShownEventId(key);
    if (eventId === undefined || !isJsonObject(byType)) continue;
    for (const type of ["m.read", "m.read.private"]) {
      for (const [user, receipt] of Object.entries(objectField(byType, type) ?? {})) {
        const userId = parseShownUserId(user);
        if (userId === undefined || !isJsonObject(receipt)) continue;
        const thread = stringField(receipt, "thread_id");
        if (thread !== undefined && thread !== "main") continue;
        if (userId === context.userId) markOwnAsRead(context, changes, roomId, eventId);
        else if (type === "m.read") {
          applyReceipt(context, changes, roomId, userId, eventId, Math.max(0, integerField(receipt, "ts") ?? 0));
        }
      }
    }
  }
}

/** Moves our own mark forward, never back. Sending something counts as having read what was before it. */
export function markOwnAsRead(context: ClientContext, changes: Changes, roomId: RoomId, eventId: EventId, known?: number): void {
  const { rooms, events } = context.store;
  const room = rooms.load(roomId);
  if (room === undefined || room.readEventId === eventId) return;
  const position = known ?? events.load(roomId, eventId)?.position;
  if (room.readPosition !== undefined && (position === undefined || position <= room.readPosition)) return;
  rooms.setRead(roomId, eventId, position);
  changes.rooms.add(roomId);
}

function applyReceipt(context: ClientContext, changes: Changes, roomId: RoomId, userId: UserId, eventId: EventId, ts: number): void {
  const { receipts, events } = context.store;
  const before = receipts.load(roomId, userId);
  if (before?.eventId === eventId) return;
  const position = events.load(roomId, eventId)?.position;
  if (before?.position !== undefined && position !== undefined && position < before.position) return;
  if (before !== undefined && position === undefined && ts < before.ts) return;
  receipts.save(roomId, { userId, eventId, ts, position });
  for (const place of [before?.position, position]) {
    const shown = place === undefined ? undefined : events.shownAt(roomId, place);
    if (shown !== undefined) changes.timeline(roomId).events.add(shown.eventId);
  }
}
