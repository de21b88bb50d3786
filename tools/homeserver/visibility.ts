import { stringOr } from "./json.ts";
import { membershipIn, type Room, type RoomEvent } from "./room.ts";

/** Whether a user may see an event (client-server API, "History visibility"). */
export function isVisibleTo(room: Room, event: RoomEvent, userId: string): boolean {
  const history = room.stateHistory("m.room.member", userId);
  const memberships = new Set([membershipAt(room, userId, event.position)]);
  const visibilities = new Set([visibilityAt(room, event.position)]);
  // The more permissive side of a change counts for the event that makes it.
  if (event.type === "m.room.member" && event.stateKey === userId) memberships.add(membershipAt(room, userId, event.position - 1));
  if (event.type === "m.room.history_visibility" && event.stateKey === "") visibilities.add(visibilityAt(room, event.position - 1));
  if (memberships.has("join") || visibilities.has("world_readable")) return true;
  if (event.type === "m.room.member" && event.stateKey === userId) return true;
  if (visibilities.has("shared") && history.some((member) => member.position > event.position && membershipIn(member) === "join"))
    return true;
  return (
    visibilities.has("invited") &&
    memberships.has("invite") &&
    history.some((member) => member.position > event.position && membershipIn(member) === "join")
  );
}

/** How far a user may read: without end while joined, else up to the event that ended their stay. */
export function readableUntil(room: Room, userId: string): number {
  if (room.membership(userId) === "join" || visibilityAt(room, Infinity) === "world_readable") return Infinity;
  return (
    room.stateHistory("m.room.member", userId).findLast((event) => room.membership(userId, event.position - 1) === "join")?.position ?? 0
  );
}

/** Whether the user may look into the room at all. */
export function mayRead(room: Room, userId: string): boolean {
  return readableUntil(room, userId) > 0 && !(room.forgottenBy.has(userId) && room.membership(userId) !== "join");
}

function membershipAt(room: Room, userId: string, position: number): string {
  return room.membership(userId, position);
}

function visibilityAt(room: Room, position: number): string {
  return stringOr(room.state("m.room.history_visibility", "", position)?.content["history_visibility"], "shared");
}
