import { parseEventId, parseUserId, type EventId, type UserId } from "../../protocol/ids.ts";
import { eventIdSchema, userIdSchema } from "../../protocol/messages/text.ts";

/** Ids that also fit what a page accepts: one that did not would make a whole answer unreadable for it. */
export function parseShownUserId(value: unknown): UserId | undefined {
  const userId = parseUserId(value);
  return userId.ok && userIdSchema.safeParse(userId.value).success ? userId.value : undefined;
}

export function parseShownEventId(value: unknown): EventId | undefined {
  const eventId = parseEventId(value);
  return eventId.ok && eventIdSchema.safeParse(eventId.value).success ? eventId.value : undefined;
}
