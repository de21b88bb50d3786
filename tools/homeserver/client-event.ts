import { isObject, objectOr, stringOr, type JsonObject } from "./json.ts";
import type { Room, RoomEvent } from "./room.ts";
import type { Session } from "./sessions.ts";

/** An event as a client gets it; `withRoomId` everywhere but in a sync, where the room is known. */
export function encodeEvent(room: Room, event: RoomEvent, viewer: Session, withRoomId: boolean): JsonObject {
  const encoded = encodeBare(room, event, viewer, withRoomId);
  const relations = bundledRelations(room, event, viewer);
  return relations === undefined ? encoded : { ...encoded, unsigned: { ...objectOr(encoded["unsigned"]), "m.relations": relations } };
}

/** What an invited user sees of a room's state. */
export function encodeStripped(event: RoomEvent): JsonObject {
  return { type: event.type, state_key: event.stateKey ?? "", sender: event.sender, content: event.content };
}

function encodeBare(room: Room, event: RoomEvent, viewer: Session, withRoomId: boolean): JsonObject {
  const unsigned: JsonObject = {
    age: Math.max(0, Date.now() - event.originServerTs),
    membership: room.membership(viewer.userId, event.position),
  };
  if (event.transaction !== undefined && event.sender === viewer.userId && event.transaction.deviceId === viewer.deviceId)
    unsigned["transaction_id"] = event.transaction.transactionId;
  if (event.replaces !== undefined) {
    unsigned["replaces_state"] = event.replaces.eventId;
    unsigned["prev_content"] = event.replaces.content;
    unsigned["prev_sender"] = event.replaces.sender;
  }
  if (event.redactedBecause !== undefined) unsigned["redacted_because"] = encodeBare(room, event.redactedBecause, viewer, withRoomId);
  return {
    type: event.type,
    sender: event.sender,
    content: event.content,
    event_id: event.eventId,
    origin_server_ts: event.originServerTs,
    ...(event.stateKey === undefined ? {} : { state_key: event.stateKey }),
    ...(event.redacts === undefined ? {} : { redacts: event.redacts }),
    ...(withRoomId ? { room_id: event.roomId } : {}),
    unsigned,
  };
}

function bundledRelations(room: Room, event: RoomEvent, viewer: Session): JsonObject | undefined {
  if (event.redactedBecause !== undefined || event.stateKey !== undefined) return undefined;
  const related = room.relatedTo(event.eventId);
  if (related.length === 0) return undefined;
  const bundle: JsonObject = {};
  const edit = latestEdit(event, related);
  if (edit !== undefined) bundle["m.replace"] = encodeBare(room, edit, viewer, true);
  const references = related.filter((candidate) => relationType(candidate) === "m.reference");
  if (references.length > 0) bundle["m.reference"] = { chunk: references.map((reference) => ({ event_id: reference.eventId })) };
  const thread = related.filter((candidate) => relationType(candidate) === "m.thread");
  const latest = thread.at(-1);
  if (latest !== undefined)
    bundle["m.thread"] = {
      count: thread.length,
      current_user_participated: event.sender === viewer.userId || thread.some((reply) => reply.sender === viewer.userId),
      latest_event: encodeEvent(room, latest, viewer, true),
    };
  return Object.keys(bundle).length === 0 ? undefined : bundle;
}

/** Only the author's own edits of the same type count, the latest of them. */
function latestEdit(event: RoomEvent, related: readonly RoomEvent[]): RoomEvent | undefined {
  const edits = related.filter(
    (candidate) =>
      relationType(candidate) === "m.replace" &&
      candidate.sender === event.sender &&
      candidate.type === event.type &&
      candidate.stateKey === undefined,
  );
  return edits.toSorted((left, right) => left.originServerTs - right.originServerTs || left.position - right.position).at(-1);
}

export function relationType(event: RoomEvent): string | undefined {
  const relatesTo = event.content["m.relates_to"];
  return isObject(relatesTo) ? stringOr(relatesTo["rel_type"], undefined) : undefined;
}
