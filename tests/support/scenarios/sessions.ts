import { createServer } from "node:http";
import { expect } from "vitest";
import { digList, TestUser } from "../../../tools/homeserver/test-user.ts";
import { HeadlessClient, HeadlessError } from "../headless-client.ts";
import { Bulkhead } from "./bulkhead.ts";
import type { Scenario } from "./scenario.ts";

export const sessions: Scenario = {
  name: "sign in, resume, sign out: the device appears on the server and goes",
  async play(world) {
    const bob = await world.bob();
    const account = world.account("guest");
    const profile = world.newProfile();
    const first = await Bulkhead.signIn("register", profile, account);
    world.atEnd(() => first.end("kill"));
    const roomId = await bob.createRoom({ invite: [first.userId] });
    await first.join(roomId);
    await bob.send(roomId, "for the first device");
    await first.read(roomId, "for the first device");
    expect(await first.status()).toMatchObject({ sync: "up-to-date", userId: first.userId, deviceId: first.deviceId, pendingSends: 0 });
    await expect(first.call("login", { ...account })).rejects.toMatchObject({ code: "already-signed-in", retryable: false });

    const old = first.deviceId;
    await first.restart("stop");
    expect(first.deviceId).toBe(old);
    await first.call("logout");
    await expect(first.call("resume")).rejects.toMatchObject({ code: "not-signed-in", retryable: false });
    await expect(first.call("rooms")).rejects.toMatchObject({ code: "not-signed-in" });
    expect(await first.status()).toMatchObject({ userId: null, deviceId: null });

    // The same profile again, and a device of its own.
    const ids = await first.call<{ userId: string; deviceId: string }>("login", { ...account });
    expect(ids.userId).toBe(first.userId);
    expect(ids.deviceId).not.toBe(old);
    const witness = await logIn(account);
    const listed = digList(await witness.ok("GET", "/v3/devices"), "devices").map(({ device_id }) => device_id);
    expect(listed).toContain(ids.deviceId);
    expect(listed).not.toContain(old);
    await bob.knowsDevice(ids.userId, ids.deviceId);
    await bob.send(roomId, "for the second device");
    await first.read(roomId, "for the second device");
    await first.restart("kill");
    expect(first.deviceId).toBe(ids.deviceId);

    // Somebody ends the session elsewhere.
    const deletion = await witness.call("DELETE", `/v3/devices/${ids.deviceId}`, {});
    const auth = { type: "m.login.password", identifier: { type: "m.id.user", user: witness.userId }, password: account.password };
    await witness.ok("DELETE", `/v3/devices/${ids.deviceId}`, { auth: { ...auth, session: String(deletion.body["session"]) } });
    await expect.poll(async () => first.call("resume").then(() => "resumed", codeOf), { timeout: 40_000 }).toBe("token-expired");
  },
};

export const refusals: Scenario = {
  name: "what goes wrong is said with a code, and whether trying again makes sense",
  async play(world) {
    const ada = await world.ada();
    const bob = await world.bob();
    const fresh = new HeadlessClient(world.newProfile());
    world.atEnd(() => fresh.kill());
    const { account } = ada;
    const nobody = world.account("nobody");
    const deadPort = "http://127.0.0.1:9";
    const website = await startWebsite();
    world.atEnd(website.close);

    const refused = async (call: Promise<unknown>, code: string, retryable = false): Promise<void> => {
      const error: unknown = await call.then(
        () => new Error(`not refused with ${code}`),
        (thrown: unknown) => thrown,
      );
      expect(error).toBeInstanceOf(HeadlessError);
      expect(error).toMatchObject({ code, retryable });
      // Nothing of what was passed in gets out.
      if (error instanceof Error) expect(error.message).not.toMatch(/secret|nobody|ada-|127\.0\.0\.1/);
    };
    await refused(fresh.call("resume"), "not-signed-in");
    await refused(fresh.call("rooms"), "not-signed-in");
    await refused(fresh.call("logout"), "not-signed-in");
    await refused(fresh.call("send", { roomId: "!x:localhost", body: "x" }), "not-signed-in");
    await refused(fresh.call("login", { ...account, password: "wrong" }), "wrong-credentials");
    await refused(fresh.call("login", { ...nobody }), "wrong-credentials");
    await refused(fresh.call("register", { ...account }), "user-in-use");
    await refused(fresh.call("register", { ...nobody, user: "UPPER CASE" }), "invalid-request");
    await refused(fresh.call("login", { ...account, homeserver: deadPort }), "offline", true);
    await refused(fresh.call("login", { ...account, homeserver: website.url }), "not-a-homeserver");
    await refused(fresh.call("login", { ...account, homeserver: "ftp://nobody" }), "not-a-homeserver");
    await refused(fresh.call("login", { user: "x" }), "invalid-request");
    await refused(fresh.call("noSuchMethod"), "unknown-method");
    await refused(fresh.call("__proto__"), "unknown-method");
    await refused(fresh.call("status", { surplus: 1 }), "invalid-request");
    // A refused sign-in leaves nothing behind: the next one succeeds.
    await fresh.call("register", { ...nobody });

    const closed = await bob.createRoom({ invite: [] });
    await refused(ada.call("join", { roomId: closed }), "forbidden");
    await refused(ada.call("send", { roomId: closed, body: "x" }), "not-found");
    await refused(ada.call("timeline", { roomId: closed, limit: 1 }), "not-found");
    await refused(ada.call("members", { roomId: closed }), "not-found");
    await refused(ada.call("invite", { roomId: closed, userId: bob.userId }), "forbidden");
    await refused(ada.call("waitForMessage", { roomId: closed, body: "x", timeoutMs: 200 }), "timeout", true);
    await refused(ada.call("send", { roomId: "no room id", body: "x" }), "invalid-request");
    await refused(ada.call("invite", { roomId: closed, userId: "not a user" }), "invalid-request");
    const shared = await bob.createRoom({ invite: [ada.userId] });
    await ada.join(shared);
    await refused(ada.call("waitForMessage", { roomId: shared, body: "never said", timeoutMs: 200 }), "timeout", true);
    await refused(ada.call("timeline", { roomId: shared, limit: 1, before: "$unknown" }), "not-found");
    await bob.client.kick(shared, ada.userId);
    await expect.poll(async () => ada.send(shared, "not any more").then(() => "sent", codeOf), { timeout: 20_000 }).toBe("forbidden");
  },
};

const codeOf = (error: unknown): string => (error instanceof HeadlessError ? error.code : String(error));

async function logIn({ homeserver, user, password }: Bulkhead["account"]): Promise<TestUser> {
  return TestUser.logIn(homeserver, user, password);
}

/** Something that speaks HTTP and is no homeserver. */
async function startWebsite(): Promise<{ url: string; close: () => Promise<void> }> {
  const server = createServer((_request, response) => response.writeHead(200, { "content-type": "text/html" }).end("<h1>It works!</h1>"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("the website has no port");
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { url: `http://127.0.0.1:${address.port}`, close };
}
