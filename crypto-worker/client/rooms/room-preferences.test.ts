import { describe, expect, test } from "vitest";
import { parseEventId, parseRoomId, type RoomId } from "../../../protocol/ids.ts";
import type { RoomSummary } from "../../../protocol/messages/room-summary.ts";
import { useClientWorld } from "../../../tests/support/client-world.ts";
import type { InProcessClient } from "../../../tests/support/in-process-client.ts";

const world = useClientWorld();

async function inARoom(): Promise<{ alice: InProcessClient; bob: InProcessClient; roomId: RoomId }> {
  const [alice, bob] = [await world.person("alice"), await world.person("bob")];
  const parsed = parseRoomId(await alice.client.rooms.create({ encrypted: true, invite: [bob.userId], direct: false, name: "Crew" }));
  if (!parsed.ok) throw new Error("no room");
  await bob.until(() => bob.client.summaries().some((room) => room.roomId === parsed.value), "the invite");
  await bob.client.rooms.join(parsed.value);
  return { alice, bob, roomId: parsed.value };
}

const summary = ({ client }: InProcessClient): RoomSummary | undefined => client.summaries()[0];

describe("what a person sets for a room", () => {
  test("a favourite is one here at once, on the server, and no more when it is taken back", async () => {
    const { alice, roomId } = await inARoom();
    expect(summary(alice)).toMatchObject({ favourite: false, markedUnread: false, notify: "all" });
    const asked = alice.client.roomPreferences.setFavourite(roomId, true);
    expect(summary(alice)?.favourite).toBe(true);
    await asked;
    expect(world.server.requests({ path: /\/tags\/m\.favourite$/ }).map(({ method }) => method)).toEqual(["PUT"]);
    await alice.client.roomPreferences.setFavourite(roomId, false);
    await alice.until(() => summary(alice)?.favourite === false, "the tag to be gone");
    expect(world.server.requests({ path: /\/tags\/m\.favourite$/ }).map(({ method }) => method)).toEqual(["PUT", "DELETE"]);
  });

  test("nothing is told of a muted room, and only mentions where that is set", async () => {
    const { alice, bob, roomId } = await inARoom();
    const told: string[] = [];
    // A sync that was under way tells of the rules as they were.
    const set = async (notify: RoomSummary["notify"]): Promise<void> => {
      await bob.client.roomPreferences.setNotify(roomId, notify);
      await bob.until(() => summary(bob)?.notify === notify, "the rules");
    };
    bob.client.emitter.on("notification", ({ preview }) => told.push(preview));
    const hears = async (body: string): Promise<number> => {
      alice.send(roomId, body);
      await bob.untilText(roomId, body);
      return summary(bob)?.unread ?? -1;
    };
    expect(await hears("one")).toBe(1);
    await set("none");
    expect(await hears("two")).toBe(1);
    await set("mentions");
    expect(await hears("three")).toBe(1);
    await set("all");
    expect(await hears("four")).toBe(2);
    expect(told).toEqual(["one", "four"]);
    expect(world.server.requests({ path: /pushrules\/global/ }).map(({ method, path }) => `${method} ${path.split("/")[6] ?? ""}`)).toEqual(
      ["PUT override", "DELETE override", "PUT room", "DELETE room"],
    );
  });

  test("a mark to read it again goes when the room is read", async () => {
    const { alice, bob, roomId } = await inARoom();
    alice.send(roomId, "one");
    await bob.untilText(roomId, "one");
    const eventId = parseEventId(bob.timeline(roomId).at(-1)?.eventId ?? "");
    if (!eventId.ok) throw new Error("no event");
    await bob.client.rooms.markRead(roomId, eventId.value, true);
    await bob.client.roomPreferences.markUnread(roomId, true);
    expect(summary(bob)).toMatchObject({ unread: 0, markedUnread: true });
    bob.client.roomPreferences.wasRead(roomId);
    expect(summary(bob)?.markedUnread).toBe(false);
    await bob.until(() => world.server.requests({ path: /m\.marked_unread$/ }).length === 2, "both requests");
    bob.client.roomPreferences.wasRead(roomId);
    expect(world.server.requests({ path: /m\.marked_unread$/ })).toHaveLength(2);
  });

  test("what the server refuses is taken back", async () => {
    const { alice, roomId } = await inARoom();
    world.server.faults.add({ kind: "status", status: 403, path: /\/tags\//, times: 1 });
    await expect(alice.client.roomPreferences.setFavourite(roomId, true)).rejects.toMatchObject({ code: "forbidden" });
    expect(summary(alice)?.favourite).toBe(false);
  });
});
