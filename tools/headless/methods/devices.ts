import { z } from "zod";
import { eventIdSchema, roomIdSchema, userIdSchema } from "../../../protocol/messages/text.ts";
import { method, type Methods } from "./method.ts";

export const deviceMethods: Methods = {
  devices: method(z.strictObject({ userId: userIdSchema }), async (app, params) =>
    (await app.ask("devices", params)).map(({ deviceId, verified, crossSigned, blacklisted }) => ({
      deviceId,
      verified,
      crossSigned,
      blacklisted,
    })),
  ),
  identity: method(z.strictObject({ userId: userIdSchema }), (app, params) => app.ask("identity", params)),
  acceptIdentity: method(z.strictObject({ userId: userIdSchema }), (app, params) => app.ask("acceptIdentity", params)),
  withdrawVerification: method(z.strictObject({ userId: userIdSchema }), (app, params) => app.askVault("withdrawVerification", params)),
  /** Without a room: for all of them. */
  setOnlyTrusted: method(z.strictObject({ roomId: roomIdSchema.optional(), on: z.boolean() }), async (app, { roomId, on }) => {
    if (roomId === undefined) await app.ask("changePrecautions", { onlyVerified: on });
    else await app.ask("setRoomPrecautions", { roomId, onlyVerified: on });
    return {};
  }),
  setExchangeKeys: method(z.strictObject({ on: z.boolean() }), async (app, { on }) => {
    await app.ask("changePrecautions", { exchangeKeys: on });
    return {};
  }),
  askOwnDevices: method(z.strictObject({ roomId: roomIdSchema, eventId: eventIdSchema }), (app, params) =>
    app.ask("askOwnDevices", params),
  ),
  encryptionStatus: method(z.strictObject({}), (app) => app.ask("encryptionStatus", {})),
};
