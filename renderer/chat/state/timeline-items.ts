import type { TimelineItem } from "../../../protocol/messages/timeline-item.ts";

/** Items of one room, by rising position, ids unique. */
export type Items = readonly TimelineItem[];

/** Items after a delta. Untouched items keep their identity, so that their rows need not render again. */
export function mergeItems(items: Items, upserts: readonly TimelineItem[], removals: readonly string[] = []): Items {
  if (upserts.length === 0 && removals.length === 0) return items;
  const gone = new Set(removals);
  const fresh = new Map(upserts.map((item) => [item.id, item]));
  const merged: TimelineItem[] = [];
  for (const item of items) {
    if (gone.has(item.id)) continue;
    merged.push(fresh.get(item.id) ?? item);
    fresh.delete(item.id);
  }
  for (const item of fresh.values()) if (!gone.has(item.id)) merged.push(item);
  return isSorted(merged) ? merged : merged.sort((a, b) => a.position - b.position);
}

/** Forgets everything older than a gap; it is asked for again. */
export function dropBefore(items: Items, position: number): Items {
  return items.some((item) => item.position < position) ? items.filter((item) => item.position >= position) : items;
}

/** Older items in front of a fresh newest page, when the two overlap; null when they do not. */
export function rejoin(items: Items, newest: Items): Items | null {
  const first = newest[0];
  if (first === undefined || !items.some(({ id }) => id === first.id)) return null;
  return mergeItems(
    items.filter(({ position }) => position < first.position),
    newest,
  );
}

export const indexOfEvent = (items: Items, eventId: string): number => items.findIndex((item) => item.eventId === eventId);

/** The last message of ours that can be edited. */
export function lastEditable(items: Items): TimelineItem | null {
  return items.findLast(isEditable) ?? null;
}

export function isEditable(item: TimelineItem): boolean {
  return item.mine && item.eventId !== null && item.content.kind === "message";
}

function isSorted(items: readonly TimelineItem[]): boolean {
  return items.every((item, index) => index === 0 || (items[index - 1]?.position ?? -Infinity) <= item.position);
}
