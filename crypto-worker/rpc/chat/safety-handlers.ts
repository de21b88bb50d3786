import type { ChatContract } from "../../../protocol/chat.ts";
import type { Handlers } from "../../../protocol/rpc.ts";
import type { AccountHost } from "../../client/account-host.ts";
import { deviceIdOf, roomIdOf, userIdOf } from "../ids.ts";

type Verbs = "safety" | "roomSafety" | "signOutRisk" | "acceptIdentity" | "renameDevice";

export function safetyHandlers(host: AccountHost): Pick<Handlers<ChatContract>, Verbs> {
  return {
    safety: () => host.client.keeping.safety.view(),
    roomSafety: ({ roomId }) => host.client.roomSafety.of(roomIdOf(roomId)),
    signOutRisk: () => host.client.keeping.safety.signOutRisk(),
    acceptIdentity: ({ userId }) => {
      host.client.people.acceptIdentity(userIdOf(userId));
      return {};
    },
    renameDevice: async ({ deviceId, name }) => {
      await host.client.ownDevices.rename(deviceIdOf(deviceId), name);
      return {};
    },
  };
}
