import type { DeviceLists } from "./device-lists.ts";
import { membershipIn } from "./room.ts";
import type { Rooms } from "./rooms.ts";

/**
 * `device_lists` of a sync between two positions: whose devices changed among those the user shares a room with, who is newly
 * in such a room, and who shares none any more.
 */
export function deviceListDelta(
  rooms: Rooms,
  lists: DeviceLists,
  userId: string,
  since: number,
  until: number,
): { changed: string[]; left: string[] } {
  const candidates = lists.changedBetween(since, until, userId);
  const moved = [...rooms.ofUser(userId)].filter((room) => room.lastPosition > since);
  if (candidates.size === 0 && moved.length === 0) return { changed: [], left: [] };
  const sharing = rooms.sharingWith(userId);
  const changed = new Set([...candidates].filter((changedUser) => sharing.has(changedUser)));
  const maybeLeft = new Set<string>();
  for (const room of moved) {
    const wasJoined = room.membership(userId, since) === "join";
    const isJoined = room.membership(userId) === "join";
    if (!wasJoined && !isJoined) continue;
    if (isJoined && (room.joinedSince(userId) ?? 0) > since) for (const member of room.members("join")) changed.add(member);
    if (wasJoined && !isJoined) for (const member of room.members("join", since)) maybeLeft.add(member);
    for (const event of room.timeline.slice(room.indexAfter(since), room.indexAfter(until))) {
      if (event.type !== "m.room.member" || event.stateKey === undefined || event.stateKey === userId) continue;
      const before = event.replaces === undefined ? "leave" : membershipIn(event.replaces);
      const after = membershipIn(event);
      if (before === after) continue;
      if (isJoined && (after === "join" || after === "invite")) changed.add(event.stateKey);
      if (before === "join") maybeLeft.add(event.stateKey);
    }
  }
  maybeLeft.delete(userId);
  const left = [...maybeLeft].filter((user) => !sharing.has(user));
  for (const user of left) changed.delete(user);
  return { changed: [...changed], left };
}
