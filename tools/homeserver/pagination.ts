import { matchesFilter, type EventFilter } from "./filters.ts";
import type { Room, RoomEvent } from "./room.ts";
import { isVisibleTo, readableUntil } from "./visibility.ts";

export type Direction = "b" | "f";
export type Page = { events: RoomEvent[]; start: number; end: number | undefined };

/** Events that a user may see from a point of a room on, in the order of the direction; `end` is undefined where nothing more follows. */
export function paginate(
  room: Room,
  userId: string,
  from: number,
  to: number | undefined,
  direction: Direction,
  limit: number,
  accepts: (event: RoomEvent) => boolean,
): Page {
  const events: RoomEvent[] = [];
  const last = readableUntil(room, userId);
  const start = Math.min(from, last);
  const step = direction === "b" ? -1 : 1;
  let index = direction === "b" ? room.indexAfter(start) - 1 : room.indexAfter(start);
  let end = start;
  for (; ; index += step) {
    const event = room.timeline[index];
    if (event === undefined || event.position > last) return { events, start, end: undefined };
    if (to !== undefined && (direction === "b" ? event.position <= to : event.position > to)) return { events, start, end: undefined };
    if (events.length >= limit) return { events, start, end };
    if (accepts(event) && isVisibleTo(room, event, userId)) events.push(event);
    end = direction === "b" ? event.position - 1 : event.position;
  }
}

export function byFilter(filter: EventFilter): (event: RoomEvent) => boolean {
  return (event) => matchesFilter(filter, event);
}
