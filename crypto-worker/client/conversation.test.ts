import { describe, expect, test } from "vitest";
import { useClientWorld } from "../../tests/support/client-world.ts";
import { InProcessClient } from "../../tests/support/in-process-client.ts";

const world = useClientWorld();

async function encryptedRoom(owner: InProcessClient, ...guests: InProcessClient[]): Promise<string> {
  const roomId = await owner.client.rooms.create({ encrypted: true, invite: guests.map((guest) => guest.userId), direct: false });
  for (const guest of guests) {
    await guest.until(() => guest.client.summaries().some((room) => room.roomId === roomId && room.membership === "invite"), "the invite");
    await guest.client.rooms.join(roomId);
  }
  return roomId;
}

describe("two people in an encrypted room", () => {
  test("read each other, and only ciphertext reaches the server", async () => {
    const [alice, bob] = [await world.person("alice"), await world.person("bob")];
    const roomId = await encryptedRoom(alice, bob);
    alice.send(roomId, "hello bob");
    const received = await bob.untilText(roomId, "hello bob");
    expect(received.encrypted).toBe(true);
    bob.send(roomId, "hello alice", received.eventId ?? "");
    const answer = await alice.untilText(roomId, "hello alice");
    expect(answer.content).toMatchObject({ replyTo: { preview: "hello bob", sender: alice.userId } });
    const accepted = world.server.acceptedEvents(roomId);
    expect(accepted.filter((event) => event.type === "m.room.message")).toEqual([]);
    expect(JSON.stringify(accepted)).not.toContain("hello");
    const own = await alice.until(
      () => alice.timeline(roomId).find((item) => item.mine && item.content.kind === "message" && item.send === null),
      "the echo",
    );
    expect(own.id.startsWith("~")).toBe(true);
    expect(alice.texts(roomId)).toEqual(["hello bob", "hello alice"]);
  });

  test("edit, react and redact", async () => {
    const [alice, bob] = [await world.person("alice"), await world.person("bob")];
    const roomId = await encryptedRoom(alice, bob);
    alice.send(roomId, "helo");
    const item = await bob.untilText(roomId, "helo");
    const eventId = item.eventId ?? "";
    await alice.untilSent();
    await alice.until(() => alice.timeline(roomId).some((own) => own.eventId === eventId && own.send === null), "the echo");
    alice.client.composer.edit(roomOf(alice, roomId), eventId, "hello");
    const edited = await bob.untilText(roomId, "hello");
    expect(edited).toMatchObject({ id: item.id, content: { edited: true } });
    bob.client.composer.react(roomOf(bob, roomId), eventId, "👍");
    const reacted = await alice.until(() => alice.timeline(roomId).find((own) => own.reactions.length > 0), "the reaction");
    expect(reacted.reactions).toMatchObject([{ key: "👍", count: 1, mine: null }]);
    alice.client.composer.redact(roomOf(alice, roomId), eventId, "typo");
    await bob.until(() => bob.timeline(roomId).find((own) => own.content.kind === "redacted"), "the redaction");
    expect(bob.client.search.find({ query: "hello", limit: 10 })).toEqual([]);
    expect(world.server.acceptedEvents(roomId).some((event) => event.type === "m.reaction")).toBe(false);
  });

  test("a message that waits offline is sent once, in order, after the line is back", async () => {
    const [alice, bob] = [await world.person("alice"), await world.person("bob")];
    const roomId = await encryptedRoom(alice, bob);
    alice.setReachable(false);
    for (const text of ["one", "two", "three"]) alice.send(roomId, text);
    expect(alice.timeline(roomId).filter((item) => item.send?.state === "queued" || item.send?.state === "sending")).toHaveLength(3);
    alice.setReachable(true);
    await bob.untilText(roomId, "three");
    expect(bob.texts(roomId)).toEqual(["one", "two", "three"]);
  });
});

function roomOf(client: InProcessClient, roomId: string) {
  const room = client.store.rooms.joined().find((id) => id === roomId);
  if (room === undefined) throw new Error("not in the room");
  return room;
}
