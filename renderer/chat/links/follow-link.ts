import type { MatrixLink } from "../../../protocol/matrix-link.ts";
import type { Session } from "../state/session.ts";

/**
 * Goes where a link leads, as far as that is known here: to a room of ours, or to a person in the open room. Anything beyond is asked about first, and until
 * the person says yes no server hears of it.
 */
export async function followLink(session: Session, link: MatrixLink): Promise<void> {
  if (link.kind === "user") return showPerson(session, link.userId);
  const roomId = await knownRoom(session, link.room);
  if (roomId === null) session.showDialog({ kind: "join-link", link });
  else session.openRoom(roomId, link.eventId ?? undefined);
}

function showPerson(session: Session, userId: string): void {
  if (userId === session.account.value?.userId) return session.showDialog({ kind: "settings", section: "account" });
  const { roomId } = session.view.value;
  const isHere = roomId !== null && session.members.of(roomId).value.value?.some((member) => member.userId === userId) === true;
  if (isHere) session.showPanel({ kind: "person", userId, from: null });
  else session.showDialog({ kind: "person-link", userId });
}

/** A room that we are in, or invited to. */
async function knownRoom(session: Session, room: string): Promise<string | null> {
  const roomId = room.startsWith("#") ? await byAlias(session, room) : room;
  const membership = roomId === null ? undefined : session.rooms.value.byId.get(roomId)?.membership;
  return membership === "join" || membership === "invite" ? roomId : null;
}

async function byAlias(session: Session, alias: string): Promise<string | null> {
  const answer = await session.link.call("roomByAlias", { alias });
  return answer.ok ? answer.value.roomId : null;
}
