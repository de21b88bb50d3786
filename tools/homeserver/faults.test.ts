import { afterAll, afterEach, expect, it } from "vitest";
import { startHomeserver } from "./homeserver.ts";
import { dig, digList, TestUser } from "./test-user.ts";

const homeserver = await startHomeserver();
afterEach(() => homeserver.faults.clear());
afterAll(() => homeserver.stop());

const [ada, bob] = [await TestUser.register(homeserver.url, "ada"), await TestUser.register(homeserver.url, "bob")];
const roomId = await ada.createRoom({});
const send = (body: string, transactionId: string) => ada.say(roomId, body, {}, transactionId);
const acceptedBodies = () => homeserver.acceptedEvents(roomId).flatMap((event) => event.content["body"] ?? []);
const sendPath = /\/send\//;

it("drops a request before it is processed", async () => {
  const fault = homeserver.faults.add({ kind: "drop", path: sendPath, times: 1 });
  await expect(send("dropped", "d1")).rejects.toThrow("fetch failed");
  expect(acceptedBodies()).not.toContain("dropped");
  await send("dropped", "d1");
  expect(acceptedBodies()).toContain("dropped");
  expect([fault.matched, fault.fired]).toEqual([2, 1]);
  expect(homeserver.faults.counters().get("drop")).toBe(1);
});

it("loses an answer after the request was processed, and the repetition makes no second event", async () => {
  homeserver.faults.add({ kind: "lostResponse", path: sendPath, times: 1 });
  await expect(send("lost", "l1")).rejects.toThrow("fetch failed");
  const eventId = await send("lost", "l1");
  expect(
    homeserver
      .acceptedEvents(roomId)
      .filter((event) => event.content["body"] === "lost")
      .map((event) => event.eventId),
  ).toEqual([eventId]);
});

it("processes a request twice", async () => {
  homeserver.faults.add({ kind: "duplicate", path: "/_matrix/client/v3/createRoom", times: 1 });
  const before = homeserver.roomsOf(ada.userId).length;
  await ada.createRoom({});
  expect(homeserver.roomsOf(ada.userId).length).toBe(before + 2);
});

it("answers with errors, and says in both ways when to come again", async () => {
  homeserver.faults.add({ kind: "status", status: 429, retryAfterMs: 1500, path: sendPath, times: 1 });
  const limited = await ada.call("PUT", `/v3/rooms/${encodeURIComponent(roomId)}/send/m.room.message/s1`, { body: "x" });
  expect([limited.status, limited.body["errcode"], limited.body["retry_after_ms"], limited.headers.get("Retry-After")]).toEqual([
    429,
    "M_LIMIT_EXCEEDED",
    1500,
    "2",
  ]);
  homeserver.faults.add({ kind: "status", status: 502, errcode: "M_X", path: sendPath, times: 1 });
  const broken = await ada.call("PUT", `/v3/rooms/${encodeURIComponent(roomId)}/send/m.room.message/s1`, { body: "x" });
  expect([broken.status, broken.body["errcode"]]).toEqual([502, "M_X"]);
});

it("answers with what is not JSON, or with half of it", async () => {
  homeserver.faults.add({ kind: "garbage", path: "/_matrix/client/v3/account/whoami", times: 1 });
  await expect(ada.call("GET", "/v3/account/whoami")).rejects.toThrow(SyntaxError);
  homeserver.faults.add({ kind: "truncate", path: "/_matrix/client/v3/account/whoami", times: 1 });
  await expect(ada.call("GET", "/v3/account/whoami")).rejects.toThrow("terminated");
  expect((await ada.call("GET", "/v3/account/whoami")).status).toBe(200);
});

it("never answers, or late", async () => {
  const whoAmI = (timeoutMs: number) =>
    fetch(`${homeserver.url}/_matrix/client/v3/account/whoami`, {
      headers: { Authorization: `Bearer ${ada.accessToken}` },
      signal: AbortSignal.timeout(timeoutMs),
    });
  homeserver.faults.add({ kind: "hang", path: /whoami/, times: 1 });
  await expect(whoAmI(100)).rejects.toThrow("aborted due to timeout");
  homeserver.faults.add({ kind: "delay", ms: 60, path: /whoami/, times: 1 });
  const started = performance.now();
  expect((await whoAmI(5_000)).status).toBe(200);
  expect(performance.now() - started).toBeGreaterThanOrEqual(55);
});

it("shuffles to-device messages and loses none", async () => {
  await bob.sync();
  for (let n = 0; n < 8; n++) await ada.sendToDevice(bob, { n });
  const numbers = async () =>
    digList(await bob.sync({ since: bob.since ?? "" }), "to_device", "events").map((event) => Number(dig(event, "content", "n")));
  homeserver.faults.add({ kind: "reorderToDevice", path: "/_matrix/client/v3/sync", times: 1 });
  const shuffled = await numbers();
  expect(shuffled).not.toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  expect(shuffled.toSorted((left, right) => left - right)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  expect(await numbers()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
});

it("fires for one user only, after some requests, and by chance the same way each time", async () => {
  homeserver.faults.add({ kind: "status", status: 500, path: /whoami/, userId: bob.userId, after: 1 });
  const status = async (user: TestUser) => (await user.call("GET", "/v3/account/whoami")).status;
  expect([await status(ada), await status(bob), await status(bob), await status(ada)]).toEqual([200, 200, 500, 200]);
  const run = async () => {
    homeserver.faults.clear();
    homeserver.faults.add({ kind: "status", status: 500, path: /whoami/, probability: 0.5, seed: 42 });
    const statuses: number[] = [];
    for (let n = 0; n < 12; n++) statuses.push(await status(ada));
    return statuses;
  };
  const first = await run();
  expect(new Set(first)).toEqual(new Set([200, 500]));
  expect(await run()).toEqual(first);
});

it("puts users of an unreachable server into failures", async () => {
  const remote = homeserver.registerUser("@rem:far.test", "x").userId;
  const query = async () => bob.ok("POST", "/v3/keys/query", { device_keys: { [remote]: [], [ada.userId]: [] } });
  expect((await query())["failures"]).toEqual({});
  homeserver.faults.setUnreachable("far.test");
  const answer = await query();
  expect(Object.keys(Object(answer["failures"]))).toEqual(["far.test"]);
  expect(dig(answer, "device_keys", ada.userId)).toBeDefined();
  expect(
    Object.keys(Object((await bob.ok("POST", "/v3/keys/claim", { one_time_keys: { [remote]: { D: "signed_curve25519" } } }))["failures"])),
  ).toEqual(["far.test"]);
});
