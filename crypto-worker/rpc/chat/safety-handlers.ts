import type { ChatContract } from "../../../protocol/chat.ts";
import type { Handlers } from "../../../protocol/rpc.ts";
import type { AccountHost } from "../../client/account-host.ts";
import { deviceIdOf, eventIdOf, roomIdOf, userIdOf } from "../ids.ts";

type Verbs =
  | "safety"
  | "roomSafety"
  | "precautions"
  | "changePrecautions"
  | "setRoomPrecautions"
  | "sendAnyway"
  | "askOwnDevices"
  | "signOutRisk"
  | "acceptIdentity"
  | "renameDevice";

export function safetyHandlers(host: AccountHost): Pick<Handlers<ChatContract>, Verbs> {
  return {
    safety: () => host.client.keeping.safety.view(),
    roomSafety: ({ roomId }) => host.client.roomSafety.of(roomIdOf(roomId)),
    precautions: () => host.client.precautions.view(),
    changePrecautions: (change) => host.client.precautions.change(change),
    setRoomPrecautions: ({ roomId, onlyVerified }) => {
      host.client.precautions.setOnlyVerified(roomIdOf(roomId), onlyVerified);
      return {};
    },
    sendAnyway: ({ roomId, itemId, devices }) => {
      const named = devices.flatMap(({ userId, deviceIds }) => deviceIds.map((id) => [userIdOf(userId), deviceIdOf(id)] as const));
      host.client.sendQueue.sendAnyway(roomIdOf(roomId), itemId, named);
      return {};
    },
    askOwnDevices: ({ roomId, eventId }) => {
      host.client.precautions.askForKey(roomIdOf(roomId), eventIdOf(eventId));
      return {};
    },
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
