import type { ShownPerson, TimelineItem } from "../../../protocol/messages/timeline-item.ts";

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

/**
 * Items after what the worker tells of. What is older than all of them is left out, unless they reach to the start: reading back goes on at the oldest item, and
 * would pass over what lies between.
 */
export function takeChanges(
  { items, reachedStart }: { readonly items: Items; readonly reachedStart: boolean },
  upserts: readonly TimelineItem[],
  removals: readonly string[] = [],
): Items {
  const oldest = items[0]?.position;
  const known = new Set(items.map(({ id }) => id));
  const isPlaced = ({ id, position }: TimelineItem): boolean => reachedStart || oldest === undefined || position >= oldest || known.has(id);
  return mergeItems(items, upserts.filter(isPlaced), removals);
}

type Content = TimelineItem["content"];
type Quote = Extract<Content, { kind: "message" }>["replyTo"];

/** Items with people called as they are from now on. What names nobody of them keeps its identity. */
export function renamePeople(items: Items, people: readonly ShownPerson[]): Items {
  const known = new Map(people.map((person) => [person.userId, person]));
  const nameOf = (userId: string, name: string): string => known.get(userId)?.name ?? name;
  const rename = <T extends { readonly userId: string; readonly displayName: string }>(person: T): T => ({
    ...person,
    displayName: nameOf(person.userId, person.displayName),
  });
  const quote = (of: Quote): Quote =>
    of === null || of.sender === null ? of : { ...of, senderName: known.get(of.sender)?.name ?? of.senderName };
  const content = (of: Content): Content => {
    switch (of.kind) {
      case "redacted":
        return { ...of, byName: nameOf(of.by, of.byName) };
      case "verification":
        return { ...of, toName: nameOf(of.to, of.toName) };
      case "message":
      case "media":
        return { ...of, replyTo: quote(of.replyTo) };
      default:
        return of;
    }
  };
  const renamed = (item: TimelineItem): TimelineItem => {
    const sender = known.get(item.sender);
    return {
      ...item,
      ...(sender === undefined ? {} : { senderName: sender.name, senderAvatar: sender.avatar }),
      keySharedBy: item.keySharedBy === null ? null : rename(item.keySharedBy),
      content: content(item.content),
      reactions: item.reactions.map((reaction) => ({ ...reaction, senders: reaction.senders.map(rename) })),
      readBy: item.readBy.map(rename),
    };
  };
  const isAbout = (item: TimelineItem): boolean => peopleIn(item).some((userId) => known.has(userId));
  return items.some(isAbout) ? items.map((item) => (isAbout(item) ? renamed(item) : item)) : items;
}

/** Everybody whose name of today an item shows. */
function peopleIn({ sender, keySharedBy, content, reactions, readBy }: TimelineItem): readonly string[] {
  const inContent =
    content.kind === "redacted"
      ? content.by
      : content.kind === "verification"
        ? content.to
        : content.kind === "message" || content.kind === "media"
          ? content.replyTo?.sender
          : null;
  const named = [...readBy, ...reactions.flatMap(({ senders }) => senders)].map(({ userId }) => userId);
  return [sender, ...[keySharedBy?.userId, inContent].flatMap((userId) => userId ?? []), ...named];
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

/** What the server has. */
export function hasItsEvent(item: TimelineItem): item is TimelineItem & { readonly eventId: string } {
  return item.eventId !== null;
}

export function isAnswerable(item: TimelineItem): item is TimelineItem & { readonly eventId: string } {
  return hasItsEvent(item) && item.content.kind !== "redacted";
}

/** What can be read, its file included, can be sent on. */
export function isForwardable(item: TimelineItem): item is TimelineItem & { readonly eventId: string } {
  return hasItsEvent(item) && (item.content.kind === "message" || (item.content.kind === "media" && item.content.available));
}

function isSorted(items: readonly TimelineItem[]): boolean {
  return items.every((item, index) => index === 0 || (items[index - 1]?.position ?? -Infinity) <= item.position);
}
