import type { ChatContract } from "../../../protocol/chat.ts";
import type { Handlers } from "../../../protocol/rpc.ts";
import type { AccountHost } from "../../client/account-host.ts";
import { userIdOf } from "../ids.ts";

type Verbs =
  | "account"
  | "status"
  | "encryptionStatus"
  | "searchUsers"
  | "setDisplayName"
  | "devices"
  | "identity"
  | "setBlacklisted"
  | "avatar"
  | "search"
  | "recentEmoji"
  | "noteEmoji";

export function accountHandlers(host: AccountHost): Pick<Handlers<ChatContract>, Verbs> {
  return {
    account: () => host.client.account.view(),
    status: () => host.client.account.status(),
    encryptionStatus: () => host.client.account.encryptionStatus(),
    searchUsers: ({ term }) => host.client.people.search(term),
    setDisplayName: async ({ name }) => {
      await host.client.account.setDisplayName(name);
      return {};
    },
    devices: ({ userId }) => host.client.people.devices(userIdOf(userId)),
    identity: ({ userId }) => host.client.people.identity(userIdOf(userId)),
    setBlacklisted: ({ userId, deviceId, blacklisted }) => {
      host.client.setBlacklisted(userIdOf(userId), deviceId, blacklisted);
      return {};
    },
    avatar: ({ mxc, size }) => host.client.avatars.load(mxc, size),
    search: (query) => host.client.search.find(query),
    recentEmoji: () => host.client.recentEmoji.all(),
    noteEmoji: ({ emoji }) => {
      host.client.recentEmoji.note(emoji);
      return {};
    },
  };
}
