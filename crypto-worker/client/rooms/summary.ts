import type { RoomId, UserId } from "../../../protocol/ids.ts";
import type { RoomSummary } from "../../../protocol/messages/room-summary.ts";
import type { RoomRecord } from "../../store/tables/rooms.ts";
import { booleanField, stringField } from "../../wire/json.ts";
import type { ClientContext } from "../context.ts";
import { parseShownUserId } from "../shown-ids.ts";
import { lastMessage } from "../timeline/preview.ts";
import { cleanMxc, cleanName } from "./names.ts";
import { roomPreferences } from "./room-preferences.ts";
import { hasExplicitName, roomName } from "./room-name.ts";

/** The room list's row, from what is stored. `direct` is the account's list of direct rooms. */
export function summariseRoom(context: ClientContext, room: RoomRecord, direct: ReadonlyMap<RoomId, UserId>): RoomSummary {
  const { store, userId } = context;
  const { roomId } = room;
  const state = (type: string, key: string): string | undefined => {
    const content = store.roomState.load(roomId, type)?.content;
    return content === undefined ? undefined : stringField(content, key);
  };
  const dmUserId = decideDirect(context, room, direct);
  const dmMember = dmUserId === null ? undefined : store.members.load(roomId, dmUserId);
  const own = store.roomState.load(roomId, "m.room.member", userId);
  const inviterId = room.membership === "invite" ? (parseShownUserId(own?.sender) ?? null) : null;
  const queue = store.sendQueue.counts(roomId);
  const last = lastMessage(context, roomId);
  const unread = countUnread(context, room);
  return {
    roomId,
    name: roomName(store, room, userId),
    avatar: cleanMxc(state("m.room.avatar", "url")) ?? dmMember?.avatar ?? null,
    topic: cleanName(state("m.room.topic", "topic")?.slice(0, 4096))?.slice(0, 4096) ?? null,
    kind: dmUserId === null ? "room" : "dm",
    dmUserId,
    membership: room.membership,
    inviter: inviterId === null ? null : { userId: inviterId, displayName: store.members.load(roomId, inviterId)?.displayName ?? null },
    encrypted:
      room.algorithm !== undefined || (room.membership === "invite" && store.roomState.load(roomId, "m.room.encryption") !== undefined),
    memberCount: room.joinedCount ?? store.members.count(roomId, "join"),
    unread: unread.unread,
    mentions: unread.mentions,
    lastActivity: last?.at ?? lastActivityBefore(context, room),
    lastMessage: last,
    pendingSends: queue.pending,
    failedSends: queue.failed,
    ...roomPreferences(context, roomId),
  };
}

/** An invite carries no times: it counts from when it was first seen. */
function lastActivityBefore({ store, env }: ClientContext, room: RoomRecord): number {
  const before = store.rooms.summary(room.roomId)?.lastActivity ?? 0;
  return before > 0 || room.membership !== "invite" ? before : Math.max(0, env.now());
}

/** The other person of a direct chat: by the account's own word, else where two people are in a room without a name. */
function decideDirect({ store, userId }: ClientContext, room: RoomRecord, direct: ReadonlyMap<RoomId, UserId>): UserId | null {
  const named = direct.get(room.roomId);
  if (named !== undefined && named !== userId) return named;
  const own = store.roomState.load(room.roomId, "m.room.member", userId);
  if (room.membership === "invite") {
    return own !== undefined && booleanField(own.content, "is_direct") === true && own.sender !== userId
      ? (parseShownUserId(own.sender) ?? null)
      : null;
  }
  const joined = room.joinedCount ?? store.members.count(room.roomId, "join");
  const invited = room.invitedCount ?? store.members.count(room.roomId, "invite");
  if (joined + invited !== 2 || hasExplicitName(store, room.roomId)) return null;
  return store.members.others(room.roomId, userId, 1)[0]?.userId ?? room.heroes.find((hero) => hero !== userId) ?? null;
}

/**
 * The server counts in clear rooms. In encrypted ones it cannot tell a message from a reaction or see a mention, so we count what we have
 * decrypted; where part of the unread history is missing here, the server's number is the better lower bound.
 */
function countUnread({ store }: ClientContext, room: RoomRecord): { unread: number; mentions: number } {
  if (room.membership !== "join") return { unread: 0, mentions: 0 };
  const server = { unread: Math.max(0, room.serverUnread), mentions: Math.max(0, room.serverMentions) };
  if (room.algorithm === undefined && room.serverUnread >= 0) return server;
  const readUpTo = room.readPosition ?? (room.readEventId === undefined ? -1 : Number.MIN_SAFE_INTEGER);
  const local = store.events.unreadAfter(room.roomId, readUpTo);
  const newest = store.events.newestPosition(room.roomId);
  const gap = newest === undefined ? undefined : store.gaps.before(room.roomId, newest);
  const isComplete = room.readPosition !== undefined && (gap === undefined || gap.position <= room.readPosition);
  return isComplete ? local : { unread: Math.max(local.unread, server.unread), mentions: local.mentions };
}
