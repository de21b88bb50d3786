import type { RoomSummary } from "../../../protocol/messages/room-summary.ts";
import { useLookup } from "../state/lookup.ts";
import { localpart, nameOf } from "../state/mention-query.ts";
import { useSession } from "../state/session.ts";

/** What a person is called in a room; their user name until the members are known. */
export function useMemberName(room: RoomSummary, userId: string): string {
  const session = useSession();
  const members = useLookup(session.members, room.dmUserId === userId ? null : room.roomId).value;
  if (room.dmUserId === userId) return room.name;
  const member = members?.find((candidate) => candidate.userId === userId);
  return member === undefined ? localpart(userId) : nameOf(member);
}
