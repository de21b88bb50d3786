import { z } from "zod";
import { userIdSchema } from "../../../protocol/messages/text.ts";
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
  encryptionStatus: method(z.strictObject({}), (app) => app.ask("encryptionStatus", {})),
};
