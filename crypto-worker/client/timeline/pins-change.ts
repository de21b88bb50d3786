import type { TimelineContent } from "../../../protocol/messages/timeline-item.ts";
import type { JsonObject } from "../../wire/json.ts";
import { parsePinnedEvents } from "../../wire/pinned-events.ts";
import { parseShownEventId } from "../shown-ids.ts";

type PinsChange = Extract<TimelineContent, { kind: "pins-changed" }>;

/** What somebody did to the pinned messages of a room; `other` where it was not one message that was pinned or unpinned. */
export function decidePinsChange(content: JsonObject, previous: JsonObject | undefined): PinsChange {
  const [before, after] = [parsePinnedEvents(previous ?? {}), parsePinnedEvents(content)];
  const added = after.filter((id) => !before.includes(id));
  const removed = before.filter((id) => !after.includes(id));
  const [changed] = [...added, ...removed];
  const eventId = parseShownEventId(changed);
  if (added.length + removed.length !== 1 || eventId === undefined) return { kind: "pins-changed", change: "other", eventId: null };
  return { kind: "pins-changed", change: added.length === 1 ? "pinned" : "unpinned", eventId };
}
