import { z } from "zod";
import { defaultDeviceName } from "../../../main/app/device-name.ts";
import { login, register } from "../../../main/matrix/login.ts";
import { CodedError } from "../../../protocol/errors.ts";
import type { HeadlessApp } from "../headless-app.ts";
import { method, type Methods } from "./method.ts";

const credentials = z.strictObject({
  homeserver: z.string().min(1).max(2048).optional(),
  user: z.string().min(1).max(255),
  password: z.string().min(1).max(4096),
  deviceName: z.string().max(255).optional(),
});
const nothing = z.strictObject({});

/** A new device's first upload and sync; a server that is slower than this is waited for by whoever needs it. */
const REACHABLE_MS = 30_000;

export const sessionMethods: Methods = {
  login: method(credentials, (app, { homeserver, user, password, deviceName }) =>
    signIn(app, () =>
      login(app.transport, {
        server: serverOf(app, homeserver),
        credentials: { kind: "password", user, password },
        deviceName: deviceName ?? defaultDeviceName(),
      }),
    ),
  ),
  register: method(credentials, (app, { homeserver, user, password, deviceName }) =>
    signIn(app, () =>
      register(app.transport, { server: serverOf(app, homeserver), user, password, deviceName: deviceName ?? defaultDeviceName() }),
    ),
  ),
  resume: method(nothing, async (app) => {
    const state = await app.settled();
    switch (state.phase) {
      case "ready":
      case "soft-logged-out":
        return { userId: state.userId, deviceId: state.deviceId };
      case "failed":
        throw new CodedError(state.code);
      case "logged-out-by-server":
        throw new CodedError("token-expired");
      default:
        throw new CodedError("not-signed-in");
    }
  }),
  logout: method(nothing, async (app) => {
    const state = await app.settled();
    if (state.phase === "signed-out") throw new CodedError("not-signed-in");
    await app.account.logout(false);
    return {};
  }),
  status: method(nothing, async (app) => {
    const state = app.account.state.value;
    const connection = app.account.connection.value;
    if (state.phase !== "ready") return { sync: state.phase, userId: null, deviceId: null, pendingSends: 0, connection: connection.state };
    const status = await app.ask("status", {});
    const { sync, pendingSends, failedSends, undecryptable } = status;
    return { sync, userId: state.userId, deviceId: state.deviceId, pendingSends, failedSends, undecryptable, connection: connection.state };
  }),
};

async function signIn(app: HeadlessApp, obtain: () => ReturnType<typeof login>): Promise<{ userId: string; deviceId: string }> {
  await app.settled();
  const signedIn = await app.account.signIn(obtain);
  await app.waitUntilReachable(REACHABLE_MS);
  return signedIn;
}

function serverOf(app: HeadlessApp, given: string | undefined): string {
  const server = given ?? app.defaultHomeserver;
  if (server === undefined) throw new CodedError("invalid-request");
  return server;
}
