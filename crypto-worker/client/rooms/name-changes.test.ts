import { expect, test } from "vitest";
import type { ShownPerson } from "../../../protocol/messages/timeline-item.ts";
import { parseRoomId, type RoomId } from "../../../protocol/ids.ts";
import { useClientWorld } from "../../../tests/support/client-world.ts";
import type { InProcessClient } from "../../../tests/support/in-process-client.ts";

const world = useClientWorld();

async function openRoom() {
  const [alice, bob] = [await world.person("alice"), await world.person("bob")];
  const roomId = idOf(await alice.client.rooms.create({ encrypted: false, invite: [bob.userId], direct: false, name: "Harbour" }));
  await bob.until(() => bob.client.summaries().length === 1, "the invite");
  await bob.client.rooms.join(roomId);
  await alice.until(() => alice.client.summaries()[0]?.memberCount === 2, "bob");
  alice.send(roomId, "hello");
  await bob.untilText(roomId, "hello");
  const told: ShownPerson[] = [];
  bob.client.emitter.on("namesChanged", (change) => {
    expect(change.roomId).toBe(roomId);
    told.push(...change.people);
  });
  return { alice, bob, roomId, told };
}

test("whoever changes their name is told of to those who show the room, and to nobody else", async () => {
  const { alice, bob, roomId, told } = await openRoom();
  await rename(alice, bob, roomId, "Ada");
  expect(told).toEqual([]);
  const stop = bob.client.watchTimeline(roomId);
  await rename(alice, bob, roomId, "Augusta");
  expect(told).toEqual([{ userId: alice.userId, name: "Augusta", avatar: null }]);
  expect(bob.timeline(roomId).find(({ content }) => content.kind === "message")?.senderName).toBe("Augusta");
  stop();
  await rename(alice, bob, roomId, "Ada");
  expect(told).toHaveLength(1);
});

test("a name that comes to mean two people, or no longer does, is told of for both", async () => {
  const { alice, bob, roomId, told } = await openRoom();
  await rename(alice, bob, roomId, "Ada");
  bob.client.watchTimeline(roomId);
  await rename(bob, bob, roomId, "Ada");
  expect(namesOf(told)).toEqual([`Ada (${alice.userId})`, `Ada (${bob.userId})`]);
  told.length = 0;
  await rename(bob, bob, roomId, "Bob");
  expect(namesOf(told)).toEqual(["Ada", "Bob"]);
  told.length = 0;
  const carol = await world.person("carol");
  await alice.client.rooms.invite(roomId, carol.userId as never);
  await bob.until(() => bob.store.members.load(roomId, carol.userId as never)?.membership === "invite", "the invitation");
  expect(told).toEqual([]);
});

async function rename(who: InProcessClient, seenBy: InProcessClient, roomId: RoomId, name: string): Promise<void> {
  await who.client.account.setDisplayName(name);
  await seenBy.until(() => seenBy.store.members.load(roomId, who.userId as never)?.displayName === name, `${name} to be seen`);
}

const namesOf = (people: readonly ShownPerson[]): string[] => people.map(({ name }) => name).sort();

function idOf(text: string): RoomId {
  const parsed = parseRoomId(text);
  if (!parsed.ok) throw new Error("not a room id");
  return parsed.value;
}
