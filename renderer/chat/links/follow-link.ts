import type { MatrixLink } from "../../../protocol/matrix-link.ts";
import type { Member } from "../../../protocol/messages/room-summary.ts";
import type { Session } from "../state/session.ts";
import type { LinkActions } from "./link-actions.ts";

/** What a link in a message does: it leads somewhere here, or is opened by the system. */
export function linksFor(session: Session): LinkActions {
  return {
    openLink: (url) => void session.shell.call("openExternal", { url }),
    openTarget: (link) => void followLink(session, link),
  };
}

/**
 * Goes where a link leads, as far as that is known here: to a room of ours, or to a person in the open room. Anything beyond is asked about first; until
 * the person says yes, no server hears of it but where the link's address is one that a room of ours claims: then ours is asked whether it is that one's.
 * Goes nowhere if somebody is in a dialog by the time that is known, and answers whether it went.
 */
export async function followLink(session: Session, link: MatrixLink): Promise<boolean> {
  const go = link.kind === "user" ? await wayToPerson(session, link.userId) : await wayToRoom(session, link);
  if (isInDialog(session)) return false;
  go();
  return true;
}

/** Whether something is open over the rooms, that a link must not take away. */
export function isInDialog({ view, attachments }: Session): boolean {
  return view.value.dialog !== null || attachments.staged.value !== null || attachments.viewed.value !== null;
}

async function wayToRoom(session: Session, link: MatrixLink & { readonly kind: "room" }): Promise<() => void> {
  const roomId = await knownRoom(session, link.room);
  if (roomId === null) return () => session.showDialog({ kind: "join-link", link });
  return () => session.openRoom(roomId, link.eventId ?? undefined);
}

async function wayToPerson(session: Session, userId: string): Promise<() => void> {
  if (userId === session.account.value?.userId) return () => session.showDialog({ kind: "settings", section: "account" });
  const { roomId } = session.view.value;
  if (roomId !== null && (await isIn(session, roomId, userId))) return () => session.showPanel({ kind: "person", userId, from: null });
  return () => session.showDialog({ kind: "person-link", userId });
}

/** The worker may have to ask for the members of this room of ours, which says nothing about the link. Of a stranger's devices nobody is asked. */
async function isIn(session: Session, roomId: string, userId: string): Promise<boolean> {
  const isThere = (members: readonly Member[]): boolean => members.some((member) => member.userId === userId);
  const known = session.members.known(roomId);
  if (known !== null) return isThere(known);
  const answer = await session.link.call("members", { roomId });
  return answer.ok && isThere(answer.value);
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
