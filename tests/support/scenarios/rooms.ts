import { expect } from "vitest";
import { until } from "./party.ts";
import type { Scenario } from "./scenario.ts";

export const rooms: Scenario = {
  name: "invites accepted and declined, rooms, members, names, devices, search and older history",
  async play(world) {
    const [ada, bob] = await Promise.all([world.ada(), world.bob()]);
    const listed = async (roomId: string) => (await ada.rooms()).find((room) => room.roomId === roomId);

    // An invite from elsewhere: shown with its name, and declined.
    const declined = await bob.createRoom({ invite: [ada.userId], name: "Not for Ada" });
    const invited = await until("the invite", () => listed(declined));
    expect(invited).toEqual({ roomId: declined, name: "Not for Ada", encrypted: true, membership: "invite" });
    await ada.leave(declined);
    await bob.knows(declined, ada.userId, "leave");
    await until("the declined room to go", async () => ((await listed(declined)) === undefined ? true : undefined));

    // An invite of ours, which the other side declines; then one that it accepts.
    const room = await ada.createRoom({ invite: [bob.userId], name: "Reading circle" });
    await until("the invite to arrive", () => (bob.client.getRoom(room)?.getMyMembership() === "invite" ? true : undefined));
    await bob.leave(room);
    await ada.knows(room, bob.userId, "leave");
    await ada.invite(room, bob.userId);
    await until("the second invite", () => (bob.client.getRoom(room)?.getMyMembership() === "invite" ? true : undefined));
    await bob.join(room);
    await ada.knows(room, bob.userId, "join");
    expect(await until("the room", () => listed(room))).toEqual({
      roomId: room,
      name: "Reading circle",
      encrypted: true,
      membership: "join",
    });

    // Names, either way.
    await ada.call("setDisplayName", { name: "Ada Lovelace" });
    await until("Ada's name", () =>
      bob.client.getRoom(room)?.getMember(ada.userId)?.rawDisplayName === "Ada Lovelace" ? true : undefined,
    );
    await bob.client.setDisplayName("Bob the Builder");
    const named = await until("Bob's name", async () =>
      (await ada.members(room)).find(({ userId, displayName }) => userId === bob.userId && displayName === "Bob the Builder"),
    );
    expect(named).toEqual({ userId: bob.userId, membership: "join", displayName: "Bob the Builder" });

    // Devices.
    const devices = await ada.call<object[]>("devices", { userId: bob.userId });
    expect(devices).toEqual([{ deviceId: bob.deviceId, verified: false, crossSigned: false, blacklisted: false }]);

    // An identity, once there is one: its key is the server's, and it has signed the device.
    expect(await ada.call("identity", { userId: bob.userId })).toBeNull();
    const masterKey = await bob.makeIdentity();
    await until("Bob's identity", async () => {
      const identity = await ada.call<{ masterKey: string } | null>("identity", { userId: bob.userId });
      return identity?.masterKey === masterKey ? true : undefined;
    });
    expect(await ada.call("identity", { userId: bob.userId })).toEqual({
      masterKey,
      verified: false,
      previouslyVerified: false,
      pinViolation: false,
    });
    const signed = { deviceId: bob.deviceId, verified: false, crossSigned: true, blacklisted: false };
    expect(await ada.call<object[]>("devices", { userId: bob.userId })).toEqual([signed]);

    // Older history, a page at a time, through the server.
    const said = Array.from({ length: 45 }, (_, index) => `page turner ${index}`);
    for (const body of said) await bob.send(room, body);
    await ada.read(room, said.at(-1) ?? "");
    const reader = await world.bulkhead(ada.account, "login");
    const newest = await reader.timeline(room, 10);
    expect(newest).toHaveLength(10);
    const all = (await ada.timeline(room, 1000)).map(({ body }) => body);
    expect(all.filter((body) => body?.startsWith("page turner"))).toEqual(said);
    const page = await ada.timeline(room, 10);
    expect(page.map(({ body }) => body)).toEqual(said.slice(-10));
    const older = await ada.timeline(room, 10, page[0]?.eventId);
    expect(older.map(({ body }) => body)).toEqual(said.slice(-20, -10));
    // A device that came later sees the same events, and why it cannot read them.
    const seen = await reader.timeline(room, 45);
    expect(seen.map(({ eventId }) => eventId)).toEqual((await ada.timeline(room, 45)).map(({ eventId }) => eventId));
    for (const { body, utd } of seen)
      expect({ body, utd }).toEqual({ body: undefined, utd: { code: "MissingMegolmSession", cause: "historical" } });

    // What was encrypted is found by its words.
    const { results } = await ada.call<{ results: { eventId: string; roomId: string; sender: string }[] }>("search", {
      query: "turner 17",
    });
    const wanted = (await ada.timeline(room, 1000)).find(({ body }) => body === "page turner 17");
    expect(results.map(({ eventId }) => eventId)).toContain(wanted?.eventId);
    expect((await reader.call<{ results: unknown[] }>("search", { query: "turner 17" })).results).toEqual([]);

    // Leaving.
    await ada.leave(room);
    await bob.knows(room, ada.userId, "leave");
    await until("the room to go", async () => ((await listed(room)) === undefined ? true : undefined));
  },
};
