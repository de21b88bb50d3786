import type { UserId } from "../../../protocol/ids.ts";
import type { TimelineItem } from "../../../protocol/messages/timeline-item.ts";
import type { EventRecord } from "../../store/tables/events.ts";
import type { QueuedEvent } from "../../store/tables/send-queue.ts";
import type { NameDirectory } from "../rooms/names.ts";
import { ANNOTATION, annotationKey } from "./relation.ts";

type Reaction = TimelineItem["reactions"][number];
const MAX_KEYS = 64;
const MAX_SENDERS = 20;

/** Reactions by key, in order of first use. A person counts once a key; ours that still wait are counted too. */
export function collectReactions(
  related: readonly EventRecord[],
  pending: readonly QueuedEvent[],
  ourselves: UserId,
  names: NameDirectory,
): Reaction[] {
  const byKey = new Map<string, Map<UserId, EventRecord["eventId"] | null>>();
  const add = (key: string | undefined, sender: UserId, eventId: EventRecord["eventId"] | null): void => {
    if (key === undefined || (byKey.size >= MAX_KEYS && !byKey.has(key))) return;
    const senders = byKey.get(key) ?? new Map();
    if (!senders.has(sender)) senders.set(sender, eventId);
    byKey.set(key, senders);
  };
  for (const event of related) {
    if (event.relation === ANNOTATION && event.type === "m.reaction" && event.redactedBy === undefined) {
      add(annotationKey(event.content), event.sender, event.eventId);
    }
  }
  for (const entry of pending)
    if (entry.type === "m.reaction" && entry.state !== "failed") add(annotationKey(entry.content), ourselves, null);
  return [...byKey].map(([key, senders]) => ({
    key,
    count: senders.size,
    mine: senders.get(ourselves) ?? null,
    senders: [...senders.keys()].slice(0, MAX_SENDERS).map((userId) => ({ userId, displayName: names.name(userId) })),
  }));
}
