import { parseEventId, type EventId } from "../../protocol/ids.ts";
import { arrayField, type JsonObject } from "./json.ts";

/** More are not looked at: an event has no room for many more. */
const MAX_IDS = 2000;

/** The ids of an m.room.pinned_events event in their order, the newest last, each once; what is no id is passed over. */
export function parsePinnedEvents(content: JsonObject): EventId[] {
  const ids = (arrayField(content, "pinned") ?? []).slice(-MAX_IDS).flatMap((value) => {
    const eventId = parseEventId(value);
    return eventId.ok ? [eventId.value] : [];
  });
  return [...new Set(ids)];
}
