import type { RoomSummary } from "../../../protocol/messages/room-summary.ts";
import { useLookup } from "../state/lookup.ts";
import { localpart, nameOf } from "../state/mention-query.ts";
import { useSession } from "../state/session.ts";

/** What a person is called in a room; their user name until the members are known. */
export function useMemberName(room: RoomSummary, userId: string): string {
  const isTheOther = room.dmUserId === userId;
  const called = useMemberNames(isTheOther ? undefined : room)(userId);
  return isTheOther ? room.name : called;
}

/** The same for anyone in it; without a room they are called by their user names. */
export function useMemberNames(room: RoomSummary | undefined): (userId: string) => string {
  const members = useLookup(useSession().members, room?.roomId ?? null).value;
  return (userId) => {
    const member = members?.find((candidate) => candidate.userId === userId);
    return member === undefined ? localpart(userId) : nameOf(member);
  };
}
