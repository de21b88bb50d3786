import type { ChatContract } from "../../../protocol/chat.ts";
import type { Handlers } from "../../../protocol/rpc.ts";
import type { AccountHost } from "../../client/account-host.ts";
import { roomIdOf, userIdOf } from "../ids.ts";

type Verbs =
  | "rooms"
  | "room"
  | "members"
  | "createRoom"
  | "invite"
  | "join"
  | "roomByAlias"
  | "leave"
  | "markUnread"
  | "setFavourite"
  | "setRoomNotify"
  | "forget"
  | "kick"
  | "setRoomName"
  | "setRoomTopic"
  | "enableEncryption";

export function roomHandlers(host: AccountHost): Pick<Handlers<ChatContract>, Verbs> {
  const done = async (work: Promise<void>): Promise<Record<string, never>> => {
    await work;
    return {};
  };
  return {
    rooms: () => host.client.summaries(),
    room: ({ roomId }) => host.client.views.room(roomIdOf(roomId)),
    members: ({ roomId }) => host.client.views.members(roomIdOf(roomId)),
    createRoom: async (params) => {
      for (const userId of params.invite) userIdOf(userId);
      return { roomId: await host.client.rooms.create(params) };
    },
    invite: ({ roomId, userId }) => done(host.client.rooms.invite(roomIdOf(roomId), userIdOf(userId))),
    join: async ({ roomIdOrAlias, via }) => ({ roomId: await host.client.rooms.join(roomIdOrAlias, via) }),
    roomByAlias: async ({ alias }) => ({ roomId: await host.client.views.byAlias(alias) }),
    markUnread: ({ roomId, unread }) => done(host.client.roomPreferences.markUnread(roomIdOf(roomId), unread)),
    setFavourite: ({ roomId, favourite }) => done(host.client.roomPreferences.setFavourite(roomIdOf(roomId), favourite)),
    setRoomNotify: ({ roomId, notify }) => done(host.client.roomPreferences.setNotify(roomIdOf(roomId), notify)),
    leave: ({ roomId }) => done(host.client.rooms.leave(roomIdOf(roomId))),
    forget: ({ roomId }) => done(host.client.rooms.forget(roomIdOf(roomId))),
    kick: ({ roomId, userId, reason }) => done(host.client.rooms.kick(roomIdOf(roomId), userIdOf(userId), reason)),
    setRoomName: ({ roomId, name }) => done(host.client.rooms.setName(roomIdOf(roomId), name)),
    setRoomTopic: ({ roomId, topic }) => done(host.client.rooms.setTopic(roomIdOf(roomId), topic)),
    enableEncryption: ({ roomId }) => done(host.client.rooms.enableEncryption(roomIdOf(roomId))),
  };
}
