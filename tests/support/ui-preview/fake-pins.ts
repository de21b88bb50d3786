import type { Pins } from "../../../protocol/messages/pins.ts";
import type { TimelineItem } from "../../../protocol/messages/timeline-item.ts";

const ROOM = "!room0:harbour.example";

/** Pinned messages of the room that shows everything, and those that a test pins. */
export function fakePins(query: URLSearchParams, timelineOf: (roomId: string) => readonly TimelineItem[]) {
  const byRoom = new Map<string, string[]>();
  const idsOf = (roomId: string): string[] => {
    const known = byRoom.get(roomId) ?? (query.has("pins") && roomId === ROOM ? first(timelineOf(roomId)) : []);
    byRoom.set(roomId, known);
    return known;
  };
  return {
    of: (roomId: string): Pins => idsOf(roomId).map((eventId) => ({ eventId, message: messageOf(timelineOf(roomId), eventId) })),
    set(roomId: string, eventId: string, pinned: boolean): void {
      const others = idsOf(roomId).filter((id) => id !== eventId);
      byRoom.set(roomId, pinned ? [eventId, ...others] : others);
    },
  };
}

function first(items: readonly TimelineItem[]): string[] {
  const ids = items.flatMap(({ eventId, content }) => (eventId !== null && content.kind !== "membership" ? [eventId] : [])).slice(-14);
  return ["$elsewhere", ...ids.filter((_, index) => index % 2 === 1).reverse()];
}

function messageOf(items: readonly TimelineItem[], eventId: string): Pins[number]["message"] {
  const item = items.find((one) => one.eventId === eventId);
  if (item === undefined) return null;
  const { sender, senderName, mine, at, keySharedBy, content } = item;
  const isText = content.kind === "message" || content.kind === "media";
  const kind = isText || content.kind === "undecryptable" || content.kind === "redacted" ? content.kind : "state";
  const preview = isText ? content.body.replaceAll(/\s+/g, " ").slice(0, 300) : kind === "state" ? "changed the topic" : "";
  const shield = isText && content.body.startsWith("2.4 bar") ? ({ color: "red", code: "SentInClear" } as const) : null;
  return { sender, senderName, mine, at, keySharedBy, kind, shield, preview };
}
