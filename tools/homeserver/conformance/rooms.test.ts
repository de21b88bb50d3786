import { describe, expect, it } from "vitest";
import { dig, digList, nextTransactionId, TestUser } from "../test-user.ts";
import { bodies, homeserverUnderTest, path, roomOf } from "./server.ts";

const baseUrl = await homeserverUnderTest();

describe("rooms", () => {
  it("makes one event of a repeated transaction id of one device, and tells that device its id", async () => {
    const [ada, bob] = [await TestUser.register(baseUrl, "ada"), await TestUser.register(baseUrl, "bob")];
    const roomId = await roomOf(ada, bob);
    await ada.sync();
    await bob.sync();
    const other = await ada.logInAgain();
    await other.sync();
    const first = await ada.say(roomId, "once", {}, "txn");
    expect(await ada.say(roomId, "once", {}, "txn")).toBe(first);
    expect(await other.say(roomId, "other", {}, "txn")).not.toBe(first);
    const seen = async (user: TestUser) => digList(await user.sync(), "rooms", "join", roomId, "timeline", "events");
    expect((await seen(ada)).map((event) => dig(event, "unsigned", "transaction_id"))).toEqual(["txn", undefined]);
    expect((await seen(bob)).map((event) => dig(event, "unsigned", "transaction_id"))).toEqual([undefined, undefined]);
  });

  it("hides from a new member what came before, where history is for members only", async () => {
    const [ada, bob] = [await TestUser.register(baseUrl, "ada"), await TestUser.register(baseUrl, "bob")];
    const hidden = await ada.createRoom({
      initial_state: [{ type: "m.room.history_visibility", state_key: "", content: { history_visibility: "joined" } }],
    });
    const open = await ada.createRoom({});
    for (const roomId of [hidden, open]) {
      const before = await ada.say(roomId, "before");
      await ada.ok("POST", `${path(roomId)}/invite`, { user_id: bob.userId });
      await bob.join(roomId);
      await ada.say(roomId, "after");
      const page = await bob.ok("GET", `${path(roomId)}/messages?dir=b&limit=50`);
      expect(bodies(digList(page, "chunk"))).toEqual(roomId === open ? ["after", "before"] : ["after"]);
      const event = await bob.call("GET", `${path(roomId)}/event/${encodeURIComponent(before)}`);
      expect(event.status).toBe(roomId === open ? 200 : 404);
      if (roomId === open) expect(dig(event.body, "unsigned", "membership")).toBe("leave");
    }
  });

  it("lets a member who has gone read up to their going", async () => {
    const [ada, bob] = [await TestUser.register(baseUrl, "ada"), await TestUser.register(baseUrl, "bob")];
    const roomId = await roomOf(ada, bob);
    await ada.say(roomId, "seen");
    await bob.leave(roomId);
    await ada.say(roomId, "unseen");
    const page = await bob.ok("GET", `${path(roomId)}/messages?dir=b&limit=50`);
    expect(bodies(digList(page, "chunk"))).toEqual(["seen"]);
    const eve = await TestUser.register(baseUrl, "eve");
    expect((await eve.call("GET", `${path(roomId)}/messages?dir=b`)).status).toBe(403);
    expect((await bob.call("PUT", `${path(roomId)}/send/m.room.message/${nextTransactionId()}`, { body: "x" })).status).toBe(403);
  });

  it("pages through all messages both ways", async () => {
    const ada = await TestUser.register(baseUrl, "ada");
    const roomId = await ada.createRoom({});
    const sent = Array.from({ length: 25 }, (_, n) => `m${n}`);
    for (const body of sent) await ada.say(roomId, body);
    for (const direction of ["b", "f"]) {
      const found: unknown[] = [];
      let from = "";
      for (let pages = 0; pages < 20; pages++) {
        const page = await ada.ok("GET", `${path(roomId)}/messages?dir=${direction}&limit=7${from}`);
        found.push(...bodies(digList(page, "chunk")));
        if (typeof page["end"] !== "string" || digList(page, "chunk").length === 0) break;
        from = `&from=${encodeURIComponent(page["end"])}`;
      }
      expect(found).toEqual(direction === "f" ? sent : sent.toReversed());
    }
  });

  it("enforces power levels, kicks and bans", async () => {
    const [ada, bob, eve] = [
      await TestUser.register(baseUrl, "ada"),
      await TestUser.register(baseUrl, "bob"),
      await TestUser.register(baseUrl, "eve"),
    ];
    const roomId = await roomOf(ada, bob, eve);
    expect((await bob.call("PUT", `${path(roomId)}/state/m.room.name`, { name: "Mine" })).status).toBe(403);
    expect((await bob.call("POST", `${path(roomId)}/kick`, { user_id: eve.userId })).status).toBe(403);
    await ada.ok("POST", `${path(roomId)}/ban`, { user_id: eve.userId });
    expect((await eve.call("POST", `${path(roomId)}/join`, {})).status).toBe(403);
    expect((await ada.call("POST", `${path(roomId)}/invite`, { user_id: eve.userId })).status).toBe(403);
    await ada.ok("POST", `${path(roomId)}/unban`, { user_id: eve.userId });
    await ada.ok("POST", `${path(roomId)}/invite`, { user_id: eve.userId });
    await eve.join(roomId);
    expect(Object.keys(Object((await ada.ok("GET", `${path(roomId)}/joined_members`))["joined"])).length).toBe(3);
  });

  it("redacts, edits and threads", async () => {
    const [ada, bob] = [await TestUser.register(baseUrl, "ada"), await TestUser.register(baseUrl, "bob")];
    const roomId = await roomOf(ada, bob);
    const original = await ada.say(roomId, "draft");
    await ada.say(roomId, "* final", {
      "m.new_content": { msgtype: "m.text", body: "final" },
      "m.relates_to": { rel_type: "m.replace", event_id: original },
    });
    await bob.say(roomId, "not mine", { "m.new_content": {}, "m.relates_to": { rel_type: "m.replace", event_id: original } });
    await bob.say(roomId, "in thread", { "m.relates_to": { rel_type: "m.thread", event_id: original } });
    const event = await bob.ok("GET", `${path(roomId)}/event/${encodeURIComponent(original)}`);
    expect(dig(event, "unsigned", "m.relations", "m.replace", "content", "m.new_content", "body")).toBe("final");
    expect(dig(event, "unsigned", "m.relations", "m.thread", "count")).toBe(1);
    const related = await bob.ok("GET", `/v1/rooms/${encodeURIComponent(roomId)}/relations/${encodeURIComponent(original)}/m.thread`);
    expect(bodies(digList(related, "chunk"))).toEqual(["in thread"]);
    await ada.ok("PUT", `${path(roomId)}/redact/${encodeURIComponent(original)}/${nextTransactionId()}`, { reason: "oops" });
    const redacted = await bob.ok("GET", `${path(roomId)}/event/${encodeURIComponent(original)}`);
    expect(redacted["content"]).toEqual({});
    expect(dig(redacted, "unsigned", "redacted_because", "content", "reason")).toBe("oops");
  });

  it("carries typing to the others", async () => {
    const [ada, bob] = [await TestUser.register(baseUrl, "ada"), await TestUser.register(baseUrl, "bob")];
    const roomId = await roomOf(ada, bob);
    await ada.sync();
    await bob.ok("PUT", `${path(roomId)}/typing/${encodeURIComponent(bob.userId)}`, { typing: true, timeout: 10_000 });
    const typing = digList(await ada.sync({ timeout: 2_000 }), "rooms", "join", roomId, "ephemeral", "events");
    expect(typing.find((event) => event["type"] === "m.typing")?.["content"]).toEqual({ user_ids: [bob.userId] });
  });

  it("finds rooms by alias and keeps account data", async () => {
    const [ada, bob] = [await TestUser.register(baseUrl, "ada"), await TestUser.register(baseUrl, "bob")];
    const name = `den-${Date.now()}`;
    const roomId = await ada.createRoom({ preset: "public_chat", room_alias_name: name });
    const alias = encodeURIComponent(`#${name}:${ada.userId.slice(ada.userId.indexOf(":") + 1)}`);
    expect((await bob.ok("POST", `/v3/join/${alias}`, {}))["room_id"]).toBe(roomId);
    await bob.sync();
    await bob.ok("PUT", `/v3/user/${bob.userId}/account_data/m.direct`, { [ada.userId]: [roomId] });
    await bob.ok("PUT", `/v3/user/${bob.userId}/rooms/${encodeURIComponent(roomId)}/account_data/m.tag`, { tags: {} });
    const answer = await bob.sync();
    expect(digList(answer, "account_data", "events")).toEqual([{ type: "m.direct", content: { [ada.userId]: [roomId] } }]);
    expect(digList(answer, "rooms", "join", roomId, "account_data", "events")).toEqual([{ type: "m.tag", content: { tags: {} } }]);
    expect((await ada.call("GET", `/v3/user/${bob.userId}/account_data/m.direct`)).status).toBe(403);
  });
});
