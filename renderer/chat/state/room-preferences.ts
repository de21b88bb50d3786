import type { RpcError } from "../../../protocol/errors.ts";
import type { RoomNotify, RoomSummary } from "../../../protocol/messages/room-summary.ts";
import type { Result } from "../../../protocol/result.ts";
import type { Session } from "./session.ts";

/** In the order in which they are offered. */
export const ROOM_NOTIFY: readonly RoomNotify[] = ["all", "mentions", "none"];

export function setFavourite(session: Session, { roomId }: RoomSummary, favourite: boolean): void {
  void tell(session, session.link.call("setFavourite", { roomId, favourite }));
}

export function setRoomNotify(session: Session, { roomId }: RoomSummary, notify: RoomNotify): void {
  void tell(session, session.link.call("setRoomNotify", { roomId, notify }));
}

/** A room that is open is left, or looking at it would read it at once. */
export function markUnread(session: Session, { roomId }: RoomSummary): void {
  if (session.view.value.roomId === roomId) session.closeRoom();
  void tell(session, session.link.call("markUnread", { roomId, unread: true }));
}

/** Up to the last message that the list knows of. */
export function markRead(session: Session, { roomId, lastMessage }: RoomSummary): void {
  const eventId = lastMessage?.eventId ?? null;
  if (eventId === null) return void tell(session, session.link.call("markUnread", { roomId, unread: false }));
  void tell(session, session.link.call("markRead", { roomId, eventId, visible: session.settings.value.sendReadReceipts }));
}

async function tell(session: Session, answer: Promise<Result<unknown, RpcError>>): Promise<void> {
  const result = await answer;
  session.refused.set(result.ok ? null : result.error.code);
}

/** For everybody in the room. */
export function setPinned(session: Session, roomId: string, eventId: string, pinned: boolean): void {
  void tell(session, session.link.call("setPinned", { roomId, eventId, pinned }));
}
