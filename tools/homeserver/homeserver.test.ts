// What only the embedded homeserver offers: switches, inspection, and what a malicious server could do.
import { afterAll, expect, it } from "vitest";
import { startHomeserver } from "./homeserver.ts";
import { dig, digList, request, TestUser } from "./test-user.ts";

const homeserver = await startHomeserver({ accessTokenLifetimeMs: 1 });
afterAll(() => homeserver.stop());
const baseUrl = homeserver.url;

it("soft-logs out, even in the middle of a long poll, and lets the device come back with its keys", async () => {
  const ada = await TestUser.register(baseUrl, "ada");
  await ada.ok("POST", "/v3/keys/upload", { one_time_keys: { "signed_curve25519:A": { key: "a", signatures: {} } } });
  await ada.sync();
  const poll = ada.call("GET", `/v3/sync?timeout=20000&since=${ada.since ?? ""}`);
  await expect.poll(() => homeserver.requests({ path: "/_matrix/client/v3/sync", userId: ada.userId }).length).toBe(2);
  homeserver.softLogOut(ada.userId);
  const ended = await poll;
  expect([ended.status, ended.body["errcode"], ended.body["soft_logout"]]).toEqual([401, "M_UNKNOWN_TOKEN", true]);
  const again = await ada.logInAgain(ada.deviceId);
  expect(dig(await again.sync(), "device_one_time_keys_count", "signed_curve25519")).toBe(1);
  homeserver.removeDevice(ada.userId, ada.deviceId);
  expect((await again.call("GET", "/v3/account/whoami")).body["soft_logout"]).toBe(false);
});

it("lets short-lived tokens be refreshed", async () => {
  homeserver.registerUser("fresh", "x");
  const login = await request(baseUrl, "POST", "/v3/login", {
    type: "m.login.password",
    identifier: { type: "m.id.user", user: "fresh" },
    password: "x",
    refresh_token: true,
  });
  expect(login.body["expires_in_ms"]).toBe(1);
  await expect
    .poll(
      async () => (await request(baseUrl, "GET", "/v3/account/whoami", undefined, String(login.body["access_token"]))).body["soft_logout"],
    )
    .toBe(true);
  const refreshed = await request(baseUrl, "POST", "/v3/refresh", { refresh_token: login.body["refresh_token"] });
  expect(typeof refreshed.body["access_token"]).toBe("string");
  expect((await request(baseUrl, "POST", "/v3/refresh", { refresh_token: "made up" })).status).toBe(401);
});

it("signs in over its single sign-on page, each login token once", async () => {
  const flows = digList((await request(baseUrl, "GET", "/v3/login")).body, "flows").map((flow) => flow["type"]);
  expect(flows).toEqual(["m.login.password", "m.login.sso", "m.login.token"]);
  const redirectUrl = "http://127.0.0.1:9/done?x=1";
  const page = await fetch(`${baseUrl}/_matrix/client/v3/login/sso/redirect?redirectUrl=${encodeURIComponent(redirectUrl)}`);
  expect(await page.text()).toContain('value="http://127.0.0.1:9/done?x=1"');
  const finish = await fetch(`${baseUrl}/_bulkhead/sso/finish?user=sue&redirectUrl=${encodeURIComponent(redirectUrl)}`, {
    redirect: "manual",
  });
  const target = new URL(finish.headers.get("Location") ?? "");
  expect([finish.status, target.searchParams.get("x")]).toEqual([302, "1"]);
  const login = () => request(baseUrl, "POST", "/v3/login", { type: "m.login.token", token: target.searchParams.get("loginToken") });
  expect((await login()).body["user_id"]).toBe("@sue:localhost");
  expect((await login()).status).toBe(403);
});

it("limits rates where told to", async () => {
  const strict = await startHomeserver({ rateLimits: { send: { perSecond: 0.5, burst: 2 } } });
  const ada = await TestUser.register(strict.url, "ada");
  const roomId = await ada.createRoom({});
  await ada.say(roomId, "1");
  await ada.say(roomId, "2");
  const third = await ada.call("PUT", `/v3/rooms/${encodeURIComponent(roomId)}/send/m.room.message/x`, { body: "3" });
  expect([third.status, third.body["errcode"]]).toEqual([429, "M_LIMIT_EXCEEDED"]);
  expect(Number(third.body["retry_after_ms"])).toBeGreaterThan(0);
  await strict.stop();
});

it("asks for the password before the first cross-signing keys where switched so", async () => {
  homeserver.switches.uiaForFirstCrossSigningKeys = true;
  const ada = await TestUser.register(baseUrl, "ada");
  expect((await ada.call("POST", "/v3/keys/device_signing/upload", { master_key: {} })).status).toBe(401);
  homeserver.switches.uiaForFirstCrossSigningKeys = false;
  expect((await ada.call("POST", "/v3/keys/device_signing/upload", { master_key: {} })).status).toBe(400);
});

it("remembers requests, one-time keys and queued messages", async () => {
  const [ada, bob] = [await TestUser.register(baseUrl, "ada"), await TestUser.register(baseUrl, "bob")];
  const upload = (key: string) =>
    ada.call("POST", "/v3/keys/upload", { one_time_keys: { "signed_curve25519:A": { key, signatures: {} } } });
  await upload("a");
  await upload("a");
  await upload("b");
  expect(homeserver.oneTimeKeyUploads(ada.userId).map((entry) => entry.outcome)).toEqual(["stored", "known", "conflict"]);
  expect(
    homeserver.requests({ method: "POST", path: "/_matrix/client/v3/keys/upload", userId: ada.userId }).map((seen) => seen.status),
  ).toEqual([200, 200, 400]);
  await bob.sendToDevice(ada, { n: 1 });
  expect(homeserver.pendingToDevice(ada.userId, ada.deviceId).map((message) => message.content)).toEqual([{ n: 1 }]);
  expect(homeserver.toDeviceCount(ada.userId, ada.deviceId)).toBe(1);
  homeserver.dropOneTimeKeys(ada.userId, ada.deviceId);
  expect(homeserver.oneTimeKeyCounts(ada.userId, ada.deviceId)).toEqual({ signed_curve25519: 0 });
});

it("injects what a malicious server would", async () => {
  const [ada, bob] = [await TestUser.register(baseUrl, "ada"), await TestUser.register(baseUrl, "bob")];
  const roomId = await ada.createRoom({});
  await ada.sync();
  homeserver.injectEvent(roomId, { type: "m.room.message", sender: bob.userId, content: { body: "forged" }, originServerTs: 5 });
  homeserver.injectToDevice(ada.userId, ada.deviceId, { type: "m.dummy", sender: bob.userId, content: {} });
  homeserver.injectDeviceKeys(ada.userId, "GHOST", { device_id: "GHOST" });
  const answer = await ada.sync();
  expect(digList(answer, "rooms", "join", roomId, "timeline", "events")).toMatchObject([
    { sender: bob.userId, content: { body: "forged" }, origin_server_ts: 5 },
  ]);
  expect(digList(answer, "to_device", "events")).toMatchObject([{ sender: bob.userId, type: "m.dummy" }]);
  expect(dig(answer, "device_lists", "changed")).toContain(ada.userId);
  expect(
    dig(await bob.ok("POST", "/v3/keys/query", { device_keys: { [ada.userId]: [] } }), "device_keys", ada.userId, "GHOST"),
  ).toBeDefined();
});

it("stops at once with polls under way, and refuses registration where closed", async () => {
  const closed = await startHomeserver({ openRegistration: false });
  closed.registerUser("ada", "x");
  expect((await request(closed.url, "POST", "/v3/register", { username: "eve", password: "x" })).status).toBe(403);
  const { body } = await request(closed.url, "POST", "/v3/login", {
    type: "m.login.password",
    identifier: { type: "m.id.user", user: "@ada:localhost" },
    password: "x",
  });
  const first = await request(closed.url, "GET", "/v3/sync", undefined, String(body["access_token"]));
  const poll = request(
    closed.url,
    "GET",
    `/v3/sync?timeout=30000&since=${String(first.body["next_batch"])}`,
    undefined,
    String(body["access_token"]),
  ).catch(() => "cut off");
  await expect.poll(() => closed.requests({ path: "/_matrix/client/v3/sync" }).length).toBe(2);
  await closed.stop();
  expect(await poll).toBe("cut off");
});
