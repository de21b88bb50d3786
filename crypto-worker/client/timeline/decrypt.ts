import type { RoomId, SessionId } from "../../../protocol/ids.ts";
import { parseSessionId } from "../../../protocol/ids.ts";
import type { NewEvent } from "../../store/tables/events.ts";
import { stringField, type JsonObject } from "../../wire/json.ts";
import type { RoomEvent } from "../../wire/room-event.ts";
import type { ClientContext } from "../context.ts";

/** What an event says and how far that can be trusted. */
export type Reading = Pick<NewEvent, "type" | "content" | "source" | "sessionId" | "utdCode" | "withheldCode" | "shield" | "forwarder">;

/** Reads an event; one in clear is read as it is. Encrypted state is not a feature of this client, so it stays unread. */
export function decryptEvent(
  context: ClientContext,
  roomId: RoomId,
  event: RoomEvent,
  raw: JsonObject,
  position: number | undefined,
): Reading {
  if (event.type !== "m.room.encrypted" || event.stateKey !== undefined) return inClear(context, roomId, event, position);
  return decryptSource(context, roomId, event.content, raw);
}

/** Reads an encrypted event, also one that was stored because it could not be read before. */
export function decryptSource(context: ClientContext, roomId: RoomId, encrypted: JsonObject, source: JsonObject): Reading {
  const outcome = context.machine.decryptRoomEvent(source, roomId);
  if (!outcome.ok) {
    return {
      type: "m.room.encrypted",
      content: withoutCiphertext(encrypted),
      source,
      sessionId: sessionIdOf(encrypted),
      utdCode: outcome.reason.code,
      withheldCode: outcome.reason.withheldCode,
      shield: undefined,
      forwarder: undefined,
    };
  }
  const { type, content, encryptionInfo } = outcome.event;
  const shield = encryptionInfo.shield(false);
  return {
    type,
    content,
    source,
    sessionId: sessionIdOf(encrypted),
    utdCode: undefined,
    withheldCode: undefined,
    shield: shield === null ? undefined : `${shield.color} ${shield.code}`,
    forwarder: encryptionInfo.forwarder?.userId,
  };
}

function inClear(context: ClientContext, roomId: RoomId, event: RoomEvent, position: number | undefined): Reading {
  const said = event.stateKey === undefined && CLEAR_TEXT.has(event.type) && Object.keys(event.content).length > 0;
  const isDoubtful = said && position !== undefined && wasEncryptedAt(context, roomId, position);
  return isDoubtful ? { ...clearReading(event), shield: "red SentInClear" } : clearReading(event);
}

/** An event as it stands, in clear or without content. */
export const clearReading = (event: RoomEvent): Reading => ({
  type: event.type,
  content: event.content,
  source: undefined,
  sessionId: undefined,
  utdCode: undefined,
  withheldCode: undefined,
  shield: undefined,
  forwarder: undefined,
});

/** Whether the room was encrypted by then. While the event that turned encryption on is not in our part of the timeline, it is older than all of it. */
function wasEncryptedAt({ store }: ClientContext, roomId: RoomId, position: number): boolean {
  if (store.rooms.load(roomId)?.algorithm === undefined) return false;
  const enabledBy = store.roomState.load(roomId, "m.room.encryption")?.eventId;
  const enabledAt = enabledBy === undefined ? undefined : store.events.load(roomId, enabledBy)?.position;
  return enabledAt === undefined || position > enabledAt;
}

/** Types whose content should have been encrypted. Reactions and redactions are sent in clear by most clients. */
const CLEAR_TEXT: ReadonlySet<string> = new Set(["m.room.message", "m.sticker", "m.poll.start", "org.matrix.msc3381.poll.start"]);

/** The relation is all that is worth keeping of what could not be read; the rest is in the source. */
function withoutCiphertext(content: JsonObject): JsonObject {
  const relates = content["m.relates_to"];
  return relates === undefined ? {} : { "m.relates_to": relates };
}

function sessionIdOf(content: JsonObject): SessionId | undefined {
  const sessionId = parseSessionId(stringField(content, "session_id"));
  return sessionId.ok ? sessionId.value : undefined;
}
