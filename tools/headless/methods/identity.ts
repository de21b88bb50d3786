import { z } from "zod";
import { CodedError } from "../../../protocol/errors.ts";
import type { AuthNeeded } from "../../../protocol/messages/interactive-auth.ts";
import { idSchema } from "../../../protocol/messages/text.ts";
import { method, type Methods } from "./method.ts";

const password = z.string().min(1).max(4096);

export const identityMethods: Methods = {
  bootstrapCrossSigning: method(z.strictObject({ password, reset: z.boolean().optional() }), async (app, params) => {
    const auth = { kind: "password", password: params.password } as const;
    confirmed(await app.askVault(params.reset === true ? "resetIdentity" : "setUpIdentity", { auth }));
    return {};
  }),
  resetIdentity: method(z.strictObject({ password }), async (app, params) => {
    confirmed(await app.askVault("resetIdentity", { auth: { kind: "password", password: params.password } }));
    return {};
  }),
  signOutDevices: method(z.strictObject({ deviceIds: z.array(idSchema).min(1), password }), async (app, params) => {
    confirmed(await app.askVault("signOutDevices", { deviceIds: params.deviceIds, auth: { kind: "password", password: params.password } }));
    return {};
  }),
};

/** What was done; throws where the server was not satisfied with the password. */
export function confirmed<T extends { readonly state: "done" }>(answer: T | AuthNeeded): T {
  if (answer.state === "done") return answer;
  throw new CodedError(answer.refused ? "wrong-credentials" : "interactive-auth-required");
}
