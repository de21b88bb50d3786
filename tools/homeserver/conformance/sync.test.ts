import { describe, expect, it } from "vitest";
import { dig, digList, TestUser } from "../test-user.ts";
import { bodies, encryptedState, homeserverUnderTest, path, roomOf } from "./server.ts";

const baseUrl = await homeserverUnderTest();

describe("sync", () => {
  it("waits for news and answers at once when there is some", async () => {
    const [ada, bob] = [await TestUser.register(baseUrl, "ada"), await TestUser.register(baseUrl, "bob")];
    const roomId = await roomOf(ada, bob);
    await ada.sync();
    await ada.sync();
    const poll = ada.sync({ timeout: 20_000 });
    const started = Date.now();
    await bob.say(roomId, "hello");
    const answer = await poll;
    expect(Date.now() - started).toBeLessThan(2_000);
    expect(bodies(digList(answer, "rooms", "join", roomId, "timeline", "events"))).toEqual(["hello"]);
  });

  it("limits a timeline, and fills the gap by its prev_batch", async () => {
    const [ada, bob] = [await TestUser.register(baseUrl, "ada"), await TestUser.register(baseUrl, "bob")];
    const roomId = await roomOf(ada, bob);
    await ada.sync();
    for (let n = 0; n < 7; n++) await bob.say(roomId, `m${n}`);
    await bob.ok("PUT", `/v3/profile/${bob.userId}/displayname`, { displayname: "Robert" });
    for (let n = 7; n < 12; n++) await bob.say(roomId, `m${n}`);
    const before = ada.since ?? "";
    const timeline = dig(await ada.sync({ filter: { room: { timeline: { limit: 3 } } } }), "rooms", "join", roomId);
    expect(dig(timeline, "timeline", "limited")).toBe(true);
    expect(bodies(digList(timeline, "timeline", "events"))).toEqual(["m9", "m10", "m11"]);
    expect(digList(timeline, "state", "events").map((event) => dig(event, "content", "displayname"))).toEqual(["Robert"]);
    const from = encodeURIComponent(String(dig(timeline, "timeline", "prev_batch")));
    const page = await ada.ok("GET", `${path(roomId)}/messages?dir=b&limit=20&from=${from}&to=${encodeURIComponent(before)}`);
    expect(bodies(digList(page, "chunk"))).toEqual(["m8", "m7", "m6", "m5", "m4", "m3", "m2", "m1", "m0"]);
  });

  it("tells of device list changes while a room is shared, and of who has gone", async () => {
    const [ada, bob] = [await TestUser.register(baseUrl, "ada"), await TestUser.register(baseUrl, "bob")];
    const lists = async () => (await ada.sync())["device_lists"];
    await ada.sync();
    const roomId = await roomOf(bob, ada);
    expect(dig(await lists(), "changed")).toContain(bob.userId);
    await bob.logInAgain();
    expect(dig(await lists(), "changed")).toEqual([bob.userId]);
    expect(dig(await lists(), "changed") ?? []).toEqual([]);
    await bob.leave(roomId);
    expect(dig(await lists(), "left")).toEqual([bob.userId]);
    await bob.logInAgain();
    expect(dig(await lists(), "changed") ?? []).toEqual([]);
  });

  it("shows an invite with stripped state, the join, and the leave", async () => {
    const [ada, bob] = [await TestUser.register(baseUrl, "ada"), await TestUser.register(baseUrl, "bob")];
    await bob.sync();
    const roomId = await ada.createRoom({ topic: "Den", is_direct: true, invite: [bob.userId], initial_state: encryptedState });
    const invite = digList(await bob.sync(), "rooms", "invite", roomId, "invite_state", "events");
    const types = invite.map((event) => String(event["type"]));
    for (const type of ["m.room.create", "m.room.join_rules", "m.room.topic", "m.room.encryption", "m.room.member"])
      expect(types).toContain(type);
    expect(invite.find((event) => event["state_key"] === bob.userId)?.["content"]).toMatchObject({ membership: "invite", is_direct: true });
    await bob.join(roomId);
    const joined = dig(await bob.sync({ filter: { room: { state: { lazy_load_members: true } } } }), "rooms", "join", roomId);
    expect(dig(joined, "summary", "m.joined_member_count")).toBe(2);
    expect(dig(joined, "summary", "m.heroes")).toEqual([ada.userId]);
    await bob.leave(roomId);
    const left = await bob.sync();
    expect(dig(left, "rooms", "join", roomId)).toBeUndefined();
    expect(digList(left, "rooms", "leave", roomId, "timeline", "events").at(-1)?.["content"]).toMatchObject({ membership: "leave" });
  });

  it("counts unread messages and mentions until a receipt", async () => {
    const [ada, bob, eve] = [
      await TestUser.register(baseUrl, "ada"),
      await TestUser.register(baseUrl, "bob"),
      await TestUser.register(baseUrl, "eve"),
    ];
    const roomId = await roomOf(ada, bob, eve);
    const unread = async () => dig(await ada.sync(), "rooms", "join", roomId, "unread_notifications");
    await ada.sync();
    await bob.say(roomId, "one");
    const last = await bob.say(roomId, "two", { "m.mentions": { user_ids: [ada.userId] } });
    await expect.poll(unread).toMatchObject({ notification_count: 2, highlight_count: 1 });
    await ada.ok("POST", `${path(roomId)}/receipt/m.read/${encodeURIComponent(last)}`, {});
    await expect.poll(unread).toMatchObject({ notification_count: 0, highlight_count: 0 });
    expect(
      digList(await bob.sync(), "rooms", "join", roomId, "ephemeral", "events").some(
        (event) => dig(event, "content", last, "m.read", ada.userId) !== undefined,
      ),
    ).toBe(true);
  });

  it("loads members lazily", async () => {
    const [ada, bob, eve] = [
      await TestUser.register(baseUrl, "ada"),
      await TestUser.register(baseUrl, "bob"),
      await TestUser.register(baseUrl, "eve"),
    ];
    const roomId = await roomOf(ada, bob, eve);
    await ada.say(roomId, "x");
    await ada.ok("PUT", `${path(roomId)}/state/m.room.topic`, { topic: "t" });
    const answer = await bob.sync({ filter: { room: { state: { lazy_load_members: true }, timeline: { limit: 1 } } } });
    const members = digList(answer, "rooms", "join", roomId, "state", "events").filter((event) => event["type"] === "m.room.member");
    expect(members.map((event) => event["state_key"])).toContain(ada.userId);
    expect(digList(await bob.ok("GET", `${path(roomId)}/members`), "chunk").length).toBe(3);
  });
});
