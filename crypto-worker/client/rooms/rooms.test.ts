import { describe, expect, test, vi } from "vitest";
import { parseEventId, parseRoomId, parseUserId, type RoomId, type UserId } from "../../../protocol/ids.ts";
import { useClientWorld } from "../../../tests/support/client-world.ts";
import type { InProcessClient } from "../../../tests/support/in-process-client.ts";
import { TestUser } from "../../../tools/homeserver/test-user.ts";

const world = useClientWorld();

describe("rooms", () => {
  test("a direct chat is encrypted, named after the other, and direct on both sides", async () => {
    const [alice, bob] = [await world.person("alice"), await world.person("bob")];
    const roomId = await alice.client.rooms.create({ encrypted: true, invite: [bob.userId], direct: true });
    expect(alice.client.summaries()).toMatchObject([{ roomId, kind: "dm", dmUserId: bob.userId, encrypted: true }]);
    const invite = await bob.until(() => bob.client.summaries().find((room) => room.roomId === roomId), "the invite");
    expect(invite).toMatchObject({
      membership: "invite",
      kind: "dm",
      dmUserId: alice.userId,
      inviter: { userId: alice.userId },
      encrypted: true,
    });
    await bob.client.rooms.join(roomId);
    expect(bob.client.summaries()).toMatchObject([{ membership: "join", kind: "dm", dmUserId: alice.userId }]);
    await bob.until(() => bob.store.accountData.load("m.direct") !== undefined, "m.direct");
  });

  test("how far we have read is told to the others only where it may be", async () => {
    const [alice, bob] = [await world.person("alice"), await world.person("bob")];
    const roomId = idOf(await alice.client.rooms.create({ encrypted: true, invite: [bob.userId], direct: true }));
    await bob.until(() => bob.client.summaries().some((room) => room.roomId === roomId), "the invite");
    await bob.client.rooms.join(roomId);
    const read = async (body: string, visible: boolean): Promise<void> => {
      alice.send(roomId, body);
      await bob.untilText(roomId, body);
      const eventId = bob.timeline(roomId).at(-1)?.eventId ?? "";
      const parsed = parseEventId(eventId);
      if (!parsed.ok) throw new Error("no event id");
      await bob.client.rooms.markRead(roomId, parsed.value, visible);
    };
    const readers = (): unknown[] =>
      alice.timeline(roomId).flatMap((item) => item.readBy.map(() => "body" in item.content && item.content.body));
    await read("one", true);
    await alice.until(() => readers().includes("one"), "the receipt");
    await read("two", false);
    await bob.until(() => bob.client.summaries().every((room) => room.unread === 0), "our own count");
    alice.send(roomId, "three");
    await bob.untilText(roomId, "three");
    expect(readers()).toEqual(["one"]);
    expect(world.server.requests({ path: /read_markers$/ }).map(({ body }) => Object.keys(Object(body)).sort())).toEqual([
      ["m.fully_read", "m.read"],
      ["m.fully_read", "m.read.private"],
    ]);
  });

  test("declining and leaving take a room off the list, being removed leaves it there", async () => {
    const [alice, bob] = [await world.person("alice"), await world.person("bob")];
    const declined = idOf(await alice.client.rooms.create({ encrypted: false, invite: [bob.userId], direct: false, name: "Declined" }));
    await bob.until(() => bob.client.summaries().some((room) => room.roomId === declined), "the invite");
    await bob.client.rooms.leave(declined);
    expect(bob.client.summaries()).toEqual([]);
    const kicked = idOf(await alice.client.rooms.create({ encrypted: false, invite: [bob.userId], direct: false, name: "Kicked" }));
    await bob.until(() => bob.client.summaries().some((room) => room.roomId === kicked), "the second invite");
    await bob.client.rooms.join(kicked);
    await alice.client.rooms.kick(kicked, userOf(bob.userId), "too loud");
    await bob.until(() => bob.client.summaries().some((room) => room.membership === "leave"), "the kick");
    expect(bob.timeline(kicked).at(-1)?.content).toMatchObject({ kind: "membership", change: "kicked", reason: "too loud" });
    await bob.client.rooms.forget(kicked);
    expect(bob.client.summaries()).toEqual([]);
  });

  test("a room of a link is joined by way of the servers that the link names, and found by its addresses where the server says so too", async () => {
    const [keeper, bob] = [await TestUser.register(world.server.url, "keeper"), await world.person("bob")];
    const roomId = await keeper.createRoom({ preset: "public_chat", room_alias_name: "harbour" });
    const [main, other] = ["#harbour:localhost", "#haven:localhost"];
    await keeper.ok("PUT", `/v3/directory/room/${encodeURIComponent(other)}`, { room_id: roomId });
    world.server.injectEvent(roomId, {
      type: "m.room.canonical_alias",
      sender: keeper.userId,
      stateKey: "",
      content: { alias: main, alt_aliases: [other, 7] },
    });
    expect(await bob.client.views.byAlias(main)).toBeNull();
    await bob.client.rooms.join(roomId, ["other.test", "third.test:8448"]);
    expect(world.server.requests({ path: "/_matrix/client/v3/join/" }).at(-1)?.query).toMatchObject({
      via: expect.stringMatching(/^(other\.test|third\.test:8448)$/),
      server_name: expect.stringMatching(/^(other\.test|third\.test:8448)$/),
    });
    expect(await byAliases(bob, main, other, "#nowhere:localhost")).toEqual([roomId, roomId, null]);
    expect(aliasesAsked(bob)).toEqual([main, other]);
    await bob.client.rooms.leave(idOf(roomId));
    expect(await byAliases(bob, main)).toEqual([null]);
    expect(aliasesAsked(bob)).toHaveLength(2);
  });

  test("a room that claims the address of another one is not taken for it, nor while the server cannot be asked", async () => {
    const [keeper, bob] = [await TestUser.register(world.server.url, "keeper"), await world.person("bob")];
    const alias = "#bank:localhost";
    const real = await keeper.createRoom({ preset: "public_chat", room_alias_name: "bank" });
    const claims = await keeper.createRoom({ preset: "public_chat" });
    world.server.injectEvent(claims, { type: "m.room.canonical_alias", sender: keeper.userId, stateKey: "", content: { alias } });
    await bob.client.rooms.join(claims);
    expect(await byAliases(bob, alias)).toEqual([null]);
    await bob.client.rooms.join(real);
    expect(await byAliases(bob, alias)).toEqual([real]);
    bob.setReachable(false);
    expect(await byAliases(bob, alias)).toEqual([null]);
  });

  test("whoever leaves cannot read on, whoever joins cannot read back, and each is told why", async () => {
    // Without an identity of hers nobody gives Carol the keys of what was said before.
    world.server.switches.uiaForFirstCrossSigningKeys = true;
    const [alice, bob, carol] = [await world.person("alice"), await world.person("bob"), await world.person("carol")];
    const roomId = idOf(await alice.client.rooms.create({ encrypted: true, invite: [bob.userId], direct: false }));
    await bob.until(() => bob.client.summaries().length === 1, "the invite");
    await bob.client.rooms.join(roomId);
    await alice.until(() => alice.client.summaries()[0]?.memberCount === 2, "bob");
    alice.send(roomId, "before");
    await bob.untilText(roomId, "before");
    await bob.client.rooms.leave(roomId);
    await alice.until(() => alice.client.summaries()[0]?.memberCount === 1, "bob to leave");
    await alice.client.rooms.invite(roomId, userOf(carol.userId));
    await carol.until(() => carol.client.summaries().length === 1, "the invite");
    await carol.client.rooms.join(roomId);
    await alice.until(() => alice.client.summaries()[0]?.memberCount === 2, "carol");
    alice.send(roomId, "after");
    await carol.untilText(roomId, "after");
    const sessions = world.server
      .acceptedEvents(roomId)
      .flatMap((event) => (event.type === "m.room.encrypted" ? [event.content["session_id"]] : []));
    expect(new Set(sessions).size).toBe(2);
    const page = await carol.client.timelines.before(roomId, carol.timeline(roomId)[0]?.position ?? 0, 50, new AbortController().signal);
    const utds = [...page.items, ...carol.timeline(roomId)].flatMap((item) =>
      item.content.kind === "undecryptable" ? [item.content.utd] : [],
    );
    expect(utds.map((utd) => utd.cause)).toContain("sent-before-we-joined");
    expect(page.reachedStart).toBe(true);
  });

  test("members of a large room are fetched once, before the first message", async () => {
    const alice = await world.person("alice");
    const guests = Array.from({ length: 30 }, (_, i) => world.server.registerUser(`guest${i}`, "secret").userId);
    const roomId = idOf(await alice.client.rooms.create({ encrypted: true, invite: guests, direct: false }));
    const reads = vi.spyOn(alice.store.members, "all");
    alice.send(roomId, "hello everybody");
    alice.send(roomId, "again");
    await alice.untilSent();
    expect(reads).toHaveBeenCalledTimes(1);
    expect(world.server.requests({ path: /\/members$/, userId: alice.userId })).toHaveLength(1);
    const members = await alice.client.views.members(roomId);
    expect(members.filter((member) => member.membership === "invite")).toHaveLength(30);
    expect(alice.client.views.room(roomId)).toMatchObject({
      can: { send: true, invite: true, kick: true, rename: true },
      historyVisibility: "shared",
    });
  });

  test("a busy room is read back to its start over every gap, nothing twice, nothing missing", async () => {
    const [alice, bob] = [await world.person("alice"), await world.person("bob")];
    const roomId = idOf(await alice.client.rooms.create({ encrypted: true, invite: [bob.userId], direct: false, rotationPeriodMsgs: 40 }));
    await bob.until(() => bob.client.summaries().length === 1, "the invite");
    await bob.client.rooms.join(roomId);
    await alice.until(() => alice.client.summaries()[0]?.memberCount === 2, "bob");
    const texts: string[] = [];
    for (let batch = 0; batch < 3; batch += 1) {
      await bob.stopSyncing();
      for (let i = 0; i < 45; i += 1) {
        texts.push(`message ${batch}.${i}`);
        alice.send(roomId, texts.at(-1) ?? "");
      }
      await alice.untilSent();
      bob.startSyncing();
      await bob.untilText(roomId, texts.at(-1) ?? "");
    }
    let items = bob.timeline(roomId, 20);
    for (let page = 0; page < 50; page += 1) {
      const older = await bob.client.timelines.before(roomId, items[0]?.position ?? 0, 20, new AbortController().signal);
      items = [...older.items, ...items];
      if (older.reachedStart) break;
    }
    expect(items.flatMap((item) => (item.content.kind === "message" ? [item.content.body] : []))).toEqual(texts);
    expect(new Set(items.map((item) => item.id)).size).toBe(items.length);
    expect(items[0]?.content.kind).toBe("created");
    expect(items.some((item) => item.content.kind === "undecryptable")).toBe(false);
  });
});

const byAliases = (client: InProcessClient, ...aliases: string[]): Promise<unknown[]> =>
  Promise.all(aliases.map((alias) => client.client.views.byAlias(alias)));

const aliasesAsked = ({ userId }: InProcessClient): unknown[] =>
  world.server.requests({ userId, path: /directory/ }).map(({ path }) => decodeURIComponent(path.split("/").at(-1) ?? ""));

function idOf(text: string): RoomId {
  const parsed = parseRoomId(text);
  if (!parsed.ok) throw new Error("not a room id");
  return parsed.value;
}

function userOf(text: string): UserId {
  const parsed = parseUserId(text);
  if (!parsed.ok) throw new Error("not a user id");
  return parsed.value;
}
