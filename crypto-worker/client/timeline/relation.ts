import { parseEventId, type EventId } from "../../../protocol/ids.ts";
import { objectField, stringField, type JsonObject } from "../../wire/json.ts";

/** How one event is about another. Redactions are kept as a relation of their own, so that they are found the same way. */
export type Relation = { readonly kind: string; readonly eventId: EventId };

export const REDACTION = "m.redaction";
export const REPLACEMENT = "m.replace";
export const ANNOTATION = "m.annotation";

export function relationOf(content: JsonObject): Relation | undefined {
  const relates = objectField(content, "m.relates_to");
  if (relates === undefined) return undefined;
  const kind = stringField(relates, "rel_type");
  const eventId = parseEventId(stringField(relates, "event_id"));
  return kind !== undefined && kind.length <= 255 && eventId.ok ? { kind, eventId: eventId.value } : undefined;
}

/** The key of a reaction, where it is one that can be shown. */
export function annotationKey(content: JsonObject): string | undefined {
  const relates = objectField(content, "m.relates_to");
  const key = relates === undefined ? undefined : stringField(relates, "key");
  return key !== undefined && key.length > 0 && key.length <= 128 && key.isWellFormed() ? key : undefined;
}

/** The event that a message answers. */
export function repliedTo(content: JsonObject): EventId | undefined {
  const relates = objectField(content, "m.relates_to");
  const reply = relates === undefined ? undefined : objectField(relates, "m.in_reply_to");
  const eventId = parseEventId(reply === undefined ? undefined : stringField(reply, "event_id"));
  return eventId.ok ? eventId.value : undefined;
}
