import type { RoomSummary } from "../../../protocol/messages/room-summary.ts";

export type RoomFilter = "all" | "unread" | "people" | "rooms";

export type Rooms = {
  /** False until the worker has answered for the first time. */
  readonly loaded: boolean;
  readonly byId: ReadonlyMap<string, RoomSummary>;
  /** Joined rooms, favourites before the others, the most recently active first. Another array only when the order changed. */
  readonly order: readonly string[];
  readonly invites: readonly string[];
  readonly unread: number;
  readonly mentions: number;
};

export const NO_ROOMS: Rooms = { loaded: false, byId: new Map(), order: [], invites: [], unread: 0, mentions: 0 };

export function allRooms(summaries: readonly RoomSummary[], previous: Rooms = NO_ROOMS): Rooms {
  return arrange(new Map(summaries.map((summary) => [summary.roomId, summary])), previous);
}

/** The list after a delta. Rows that did not change keep their identity, and so do the order arrays where they are equal. */
export function applyRoomsDelta(rooms: Rooms, upserts: readonly RoomSummary[], removals: readonly string[]): Rooms {
  const byId = new Map(rooms.byId);
  for (const roomId of removals) byId.delete(roomId);
  for (const summary of upserts) byId.set(summary.roomId, summary);
  return arrange(byId, rooms);
}

/** The joined rooms that a filter and a typed term leave over, in the list's order. */
export function filterRooms(rooms: Rooms, filter: RoomFilter, term: string, keep: string | null = null): readonly string[] {
  const needle = fold(term.trim());
  if (filter === "all" && needle === "") return rooms.order;
  return rooms.order.filter((roomId) => {
    const room = rooms.byId.get(roomId);
    if (room === undefined) return false;
    if (needle !== "" && !fold(room.name).includes(needle) && room.dmUserId?.toLowerCase().includes(needle) !== true) return false;
    switch (filter) {
      case "all":
        return true;
      case "unread":
        // The open room stays, or it would vanish under the reader's eyes as soon as it is read.
        return isUnread(room) || roomId === keep;
      case "people":
        return room.kind === "dm";
      case "rooms":
        return room.kind === "room";
    }
  });
}

export const isUnread = (room: RoomSummary): boolean => room.unread > 0 || room.mentions > 0 || room.markedUnread;

/** The room above or below in the list, wrapping around; only unread ones when asked. */
export function neighbour(rooms: Rooms, shown: readonly string[], from: string | null, step: 1 | -1, unreadOnly: boolean): string | null {
  const start = from === null ? (step === 1 ? -1 : shown.length) : shown.indexOf(from);
  for (let i = 1; i <= shown.length; i++) {
    const roomId = shown[(((start + i * step) % shown.length) + shown.length) % shown.length];
    const room = roomId === undefined ? undefined : rooms.byId.get(roomId);
    if (roomId !== undefined && room !== undefined && roomId !== from && (!unreadOnly || isUnread(room))) return roomId;
  }
  return null;
}

/** Case and accents do not matter when looking for a name. */
export const fold = (text: string): string => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

function arrange(byId: ReadonlyMap<string, RoomSummary>, previous: Rooms): Rooms {
  const joined: RoomSummary[] = [];
  const invited: RoomSummary[] = [];
  let unread = 0;
  let mentions = 0;
  for (const room of byId.values()) {
    if (room.membership === "join") joined.push(room);
    else if (room.membership === "invite") invited.push(room);
    else continue;
    unread += isUnread(room) || room.membership === "invite" ? 1 : 0;
    mentions += room.mentions;
  }
  const order = joined.sort(byActivity).map((room) => room.roomId);
  const invites = invited.sort(byActivity).map((room) => room.roomId);
  return {
    loaded: true,
    byId,
    order: equal(order, previous.order) ? previous.order : order,
    invites: equal(invites, previous.invites) ? previous.invites : invites,
    unread,
    mentions,
  };
}

function byActivity(a: RoomSummary, b: RoomSummary): number {
  return (
    Number(b.favourite) - Number(a.favourite) ||
    b.lastActivity - a.lastActivity ||
    a.name.localeCompare(b.name) ||
    (a.roomId < b.roomId ? -1 : 1)
  );
}

function equal(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((value, index) => value === b[index]);
}
