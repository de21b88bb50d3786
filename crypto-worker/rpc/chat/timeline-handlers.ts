import type { ChatContract } from "../../../protocol/chat.ts";
import type { RoomId } from "../../../protocol/ids.ts";
import type { Handlers } from "../../../protocol/rpc.ts";
import type { AccountHost } from "../../client/account-host.ts";
import { eventIdOf, roomIdOf, userIdOf } from "../ids.ts";

type Verbs =
  | "openTimeline"
  | "closeTimeline"
  | "paginateBack"
  | "messageLink"
  | "pins"
  | "setPinned"
  | "editHistory"
  | "typing"
  | "markRead"
  | "draft"
  | "saveDraft"
  | "send"
  | "edit"
  | "forward"
  | "startPoll"
  | "answerPoll"
  | "endPoll"
  | "react"
  | "redact"
  | "outcome"
  | "retrySend"
  | "cancelSend";

/** The timelines that one port has open; the others are not told to it. */
export interface OpenTimelines {
  open(roomId: RoomId): void;
  close(roomId: RoomId): void;
}

export function timelineHandlers(host: AccountHost, timelines: OpenTimelines): Pick<Handlers<ChatContract>, Verbs> {
  return {
    openTimeline: ({ roomId, limit }) => {
      const id = roomIdOf(roomId);
      const page = host.client.timelines.open(id, limit);
      timelines.open(id);
      return page;
    },
    closeTimeline: ({ roomId }) => {
      timelines.close(roomIdOf(roomId));
      return {};
    },
    paginateBack: ({ roomId, before, limit }, { signal }) => host.client.timelines.before(roomIdOf(roomId), before, limit, signal),
    messageLink: ({ roomId, eventId }) => ({ link: host.client.views.link(roomIdOf(roomId), eventIdOf(eventId)) }),
    pins: ({ roomId }) => host.client.pins.view(roomIdOf(roomId)),
    setPinned: async ({ roomId, eventId, pinned }) => {
      await host.client.pins.set(roomIdOf(roomId), eventIdOf(eventId), pinned);
      return {};
    },
    editHistory: ({ roomId, eventId }) => host.client.editHistory.of(roomIdOf(roomId), eventIdOf(eventId)),
    typing: async ({ roomId, typing }) => {
      const id = roomIdOf(roomId);
      if (typing) host.client.composer.prepare(id);
      await host.client.rooms.setTyping(id, typing);
      return {};
    },
    markRead: async ({ roomId, eventId, visible }) => {
      host.client.roomPreferences.wasRead(roomIdOf(roomId));
      await host.client.rooms.markRead(roomIdOf(roomId), eventIdOf(eventId), visible);
      return {};
    },
    draft: ({ roomId }) => host.client.drafts.load(roomIdOf(roomId)),
    saveDraft: ({ roomId, draft }) => {
      for (const { userId } of draft?.mentions ?? []) userIdOf(userId);
      host.client.drafts.save(roomIdOf(roomId), draft);
      return {};
    },
    send: ({ roomId, ...message }) => ({ itemId: host.client.composer.send(roomIdOf(roomId), message) }),
    edit: ({ roomId, eventId, markdown }) => ({ itemId: host.client.composer.edit(roomIdOf(roomId), eventId, markdown) }),
    forward: ({ roomId, eventId, toRoomId }) => ({
      itemId: host.client.composer.forward(roomIdOf(roomId), eventId, roomIdOf(toRoomId)),
    }),
    startPoll: ({ roomId, poll }) => ({ itemId: host.client.polls.start(roomIdOf(roomId), poll) }),
    answerPoll: ({ roomId, eventId, answers }) => {
      host.client.polls.answer(roomIdOf(roomId), eventIdOf(eventId), answers);
      return {};
    },
    endPoll: ({ roomId, eventId }) => {
      host.client.polls.end(roomIdOf(roomId), eventIdOf(eventId));
      return {};
    },
    react: ({ roomId, eventId, key }) => {
      host.client.composer.react(roomIdOf(roomId), eventId, key);
      return {};
    },
    redact: ({ roomId, eventId, reason }) => {
      host.client.composer.redact(roomIdOf(roomId), eventId, reason);
      return {};
    },
    outcome: ({ roomId, itemId }) => host.client.sendQueue.outcome(roomIdOf(roomId), itemId),
    retrySend: ({ roomId, itemId }) => {
      host.client.sendQueue.retry(roomIdOf(roomId), itemId);
      return {};
    },
    cancelSend: ({ roomId, itemId }) => {
      host.client.sendQueue.cancel(roomIdOf(roomId), itemId);
      return {};
    },
  };
}
