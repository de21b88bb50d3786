import { describe, expect, test } from "vitest";
import { useClientWorld } from "../../../tests/support/client-world.ts";
import type { InProcessClient } from "../../../tests/support/in-process-client.ts";
import { parseEventId, parseRoomId, type EventId, type RoomId } from "../../../protocol/ids.ts";
import type { TimelineItem } from "../../../protocol/messages/timeline-item.ts";

const world = useClientWorld();

describe("the edit history of a message", () => {
  test("has every version with its time, also those that lie in a gap, and is what is here while the server cannot be asked", async () => {
    const { alice, bob, roomId } = await two();
    alice.send(roomId, "one");
    const first = await bob.untilText(roomId, "one");
    await bob.stopSyncing();
    await edit(alice, roomId, first, "two");
    await edit(alice, roomId, first, "three");
    for (let i = 0; i < 35; i++) alice.send(roomId, `filler ${i}`);
    await alice.untilSent();
    bob.setReachable(false);
    await bob.untilText(roomId, "filler 34");
    expect(await history(bob, roomId, first)).toMatchObject({ texts: ["one"], complete: false });
    bob.setReachable(true);
    const { versions, texts, complete } = await history(bob, roomId, first);
    expect({ texts, complete }).toEqual({ texts: ["one", "two", "three"], complete: true });
    expect(versions.map(({ at }) => at)).toEqual(versions.map(({ at }) => at).sort((a, b) => a - b));
    expect(versions.every(({ encrypted, sender, shield }) => encrypted && sender === alice.userId && shield === null)).toBe(true);
    expect(new Set(versions.map(({ eventId }) => eventId)).size).toBe(3);
    // What was found is shown in the timeline too.
    expect(bob.client.search.find({ query: "three", limit: 5 })).toHaveLength(1);
  });

  test("reads again what could not be read, and leaves out a version that was deleted", async () => {
    const { alice, bob, roomId } = await two();
    alice.send(roomId, "one");
    const first = await bob.untilText(roomId, "one");
    await edit(alice, roomId, first, "two");
    await edit(alice, roomId, first, "three");
    await bob.untilText(roomId, "three");
    const [, second, third] = (await history(bob, roomId, first)).versions;
    const { events } = bob.store;
    const unread = events.load(room(roomId), eventOf(second));
    const deleted = events.load(room(roomId), eventOf(third));
    if (unread === undefined || deleted === undefined) throw new Error("no such version");
    bob.store.transaction(() => {
      events.setDecryption(unread.row, { ...unread, utdCode: "MissingMegolmSession" });
      events.redact(deleted.row, deleted.sender, undefined);
    });
    bob.setReachable(false);
    expect((await history(bob, roomId, first)).texts).toEqual(["one", "two"]);
  });

  test("is nobody's but the sender's, and none of what was deleted", async () => {
    const { alice, bob, roomId } = await two();
    alice.send(roomId, "mine");
    const first = await bob.untilText(roomId, "mine");
    await expect(history(alice, roomId, { ...first, eventId: "$unknown" })).rejects.toMatchObject({ code: "not-found" });
    await bob.untilSent();
    alice.client.composer.redact(room(roomId), eventOf(first), undefined);
    await bob.until(() => bob.timeline(roomId).some(({ content }) => content.kind === "redacted"), "the redaction");
    await expect(history(bob, roomId, first)).rejects.toMatchObject({ code: "not-found" });
  });

  test("asks the server page by page, and takes nothing from it but edits of this message", async () => {
    const { alice, roomId } = await two(false);
    alice.send(roomId, "0");
    const first = await alice.untilText(roomId, "0");
    const placed = await alice.until(() => alice.timeline(roomId).find(({ id, send }) => id === first.id && send === null), "the event");
    for (let i = 1; i <= 120; i++) alice.client.composer.edit(room(roomId), eventOf(placed), String(i));
    await alice.untilSent();
    await alice.untilText(roomId, "120");
    const { texts, complete } = await history(alice, roomId, placed);
    expect(complete).toBe(false);
    expect(texts).toHaveLength(100);
    expect([texts[0], texts[1], texts.at(-1)]).toEqual(["0", "22", "120"]);
    const asked = world.server.requests({ method: "GET", path: /\/relations\// });
    expect(asked).toHaveLength(3);
  }, 60_000);
});

async function two(encrypted = true): Promise<{ alice: InProcessClient; bob: InProcessClient; roomId: string }> {
  const [alice, bob] = [await world.person("alice"), await world.person("bob")];
  const roomId = await alice.client.rooms.create({ encrypted, invite: [bob.userId], direct: false });
  await bob.until(() => bob.client.summaries().some((summary) => summary.roomId === roomId), "the invite");
  await bob.client.rooms.join(roomId);
  return { alice, bob, roomId };
}

/** Once the sender has the event back, as an edit needs. */
async function edit(by: InProcessClient, roomId: string, item: TimelineItem, text: string): Promise<void> {
  await by.until(() => by.timeline(roomId).some((own) => own.eventId === item.eventId && own.send === null), "the event");
  by.client.composer.edit(room(roomId), eventOf(item), text);
  await by.untilSent();
}

async function history(by: InProcessClient, roomId: string, item: TimelineItem) {
  const { versions, complete } = await by.client.editHistory.of(room(roomId), eventOf(item));
  return { versions, complete, texts: versions.map(({ content }) => (content.kind === "message" ? content.body : content.kind)) };
}

function room(roomId: string): RoomId {
  const parsed = parseRoomId(roomId);
  if (!parsed.ok) throw new Error("not a room id");
  return parsed.value;
}

function eventOf(item: TimelineItem | undefined): EventId {
  const parsed = parseEventId(item?.eventId);
  if (!parsed.ok) throw new Error("not an event id");
  return parsed.value;
}
