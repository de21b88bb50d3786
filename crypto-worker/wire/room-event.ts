import { parseEventId, parseUserId, type EventId, type UserId } from "../../protocol/ids.ts";
import { err, ok, type Result } from "../../protocol/result.ts";
import { integerField, isJsonObject, isWithinDepth, objectField, stringField, type JsonObject } from "./json.ts";

/** The envelope of a room event as /sync, /messages and /event deliver it. */
export type RoomEvent = {
  readonly eventId: EventId;
  readonly type: string;
  readonly sender: UserId;
  /** Milliseconds, as the sending server claims. */
  readonly originServerTs: number;
  readonly content: JsonObject;
  /** Present, also when empty, on state events only. */
  readonly stateKey: string | undefined;
  /** Target of a redaction: top level up to room version 10, in the content from 11 on. */
  readonly redacts: EventId | undefined;
  /** Added by our server, outside of every signature. */
  readonly unsigned: JsonObject;
};

/** A state event without an id, as invites and knocks show them. */
export type StrippedStateEvent = {
  readonly type: string;
  readonly stateKey: string;
  readonly sender: UserId;
  readonly content: JsonObject;
};

export type RoomEventFailure =
  "not-an-object" | "invalid-event-id" | "invalid-type" | "invalid-user-id" | "invalid-timestamp" | "invalid-content" | "invalid-state-key";

const MAX_TYPE_LENGTH = 255;
const MAX_DEPTH = 100;

export function parseRoomEvent(value: unknown): Result<RoomEvent, RoomEventFailure> {
  if (!isJsonObject(value) || !isWithinDepth(value, MAX_DEPTH)) return err("not-an-object");
  const eventId = parseEventId(stringField(value, "event_id"));
  if (!eventId.ok) return eventId;
  const type = stringField(value, "type");
  if (!isType(type)) return err("invalid-type");
  const sender = parseUserId(stringField(value, "sender"));
  if (!sender.ok) return sender;
  const originServerTs = integerField(value, "origin_server_ts");
  if (originServerTs === undefined || originServerTs < 0) return err("invalid-timestamp");
  const content = objectField(value, "content");
  if (content === undefined) return err("invalid-content");
  const stateKey = stringField(value, "state_key");
  if (Object.hasOwn(value, "state_key") && stateKey === undefined) return err("invalid-state-key");
  const redacts = parseEventId(stringField(content, "redacts") ?? stringField(value, "redacts"));
  return ok({
    eventId: eventId.value,
    type,
    sender: sender.value,
    originServerTs,
    content,
    stateKey,
    redacts: type === "m.room.redaction" && redacts.ok ? redacts.value : undefined,
    unsigned: objectField(value, "unsigned") ?? {},
  });
}

export function parseStrippedStateEvent(value: unknown): Result<StrippedStateEvent, RoomEventFailure> {
  if (!isJsonObject(value) || !isWithinDepth(value, MAX_DEPTH)) return err("not-an-object");
  const type = stringField(value, "type");
  if (!isType(type)) return err("invalid-type");
  const stateKey = stringField(value, "state_key");
  if (stateKey === undefined) return err("invalid-state-key");
  const sender = parseUserId(stringField(value, "sender"));
  if (!sender.ok) return sender;
  const content = objectField(value, "content");
  return content === undefined ? err("invalid-content") : ok({ type, stateKey, sender: sender.value, content });
}

function isType(type: string | undefined): type is string {
  return type !== undefined && type.length > 0 && type.length <= MAX_TYPE_LENGTH && type.isWellFormed();
}
