import { describe, expect, test } from "vitest";
import { useClientWorld } from "../../../tests/support/client-world.ts";
import { BARE_EVENT } from "../../../tests/support/event-record.ts";
import type { InProcessClient } from "../../../tests/support/in-process-client.ts";
import { parseEventId, parseRoomId, parseUserId, type EventId, type RoomId, type UserId } from "../../../protocol/ids.ts";
import { MAX_PINS, type Pins } from "../../../protocol/messages/pins.ts";
import type { JsonValue } from "../../wire/json.ts";
import { parsePinnedEvents } from "../../wire/pinned-events.ts";
import { decidePinsChange } from "../timeline/pins-change.ts";

const world = useClientWorld();

describe("pinned messages", () => {
  test("are told of, said in the timeline, and taken down again", async () => {
    const { alice, bob, roomId } = await two();
    alice.send(roomId, "The tide is at six");
    const first = eventOf((await bob.untilText(roomId, "The tide is at six")).eventId);
    alice.send(roomId, "Bring a rope");
    const second = eventOf((await bob.untilText(roomId, "Bring a rope")).eventId);
    await alice.untilSent();
    let told = 0;
    bob.client.emitter.on("pinsChanged", () => void told++);
    await alice.client.pins.set(room(roomId), first, true);
    await alice.client.pins.set(room(roomId), second, true);
    await alice.client.pins.set(room(roomId), second, true);
    await bob.until(() => pins(bob, roomId).length === 2, "the pins");
    expect(told).toBeGreaterThan(0);
    expect(pins(bob, roomId)).toMatchObject([
      { eventId: second, message: { preview: "Bring a rope", kind: "message", mine: false, sender: alice.userId, shield: null } },
      { eventId: first, message: { preview: "The tide is at six" } },
    ]);
    expect(bob.client.views.room(room(roomId))).toMatchObject({ pinned: [second, first], can: { pin: false } });
    expect(alice.client.views.room(room(roomId)).can.pin).toBe(true);
    await alice.client.pins.set(room(roomId), first, false);
    await bob.until(() => pins(bob, roomId).length === 1, "the pin to go");
    expect(bob.timeline(roomId).flatMap(({ content }) => (content.kind === "pins-changed" ? [content] : []))).toEqual([
      { kind: "pins-changed", change: "pinned", eventId: first },
      { kind: "pins-changed", change: "pinned", eventId: second },
      { kind: "pins-changed", change: "unpinned", eventId: first },
    ]);
    await expect(bob.client.pins.set(room(roomId), first, true)).rejects.toMatchObject({ code: "forbidden" });
  });

  test("that lie in history are fetched, and a deletion is seen", async () => {
    const { alice, bob, roomId } = await two();
    alice.send(roomId, "long ago");
    const old = eventOf((await bob.untilText(roomId, "long ago")).eventId);
    await alice.untilSent();
    const carol = await world.person("carol");
    await alice.client.rooms.invite(room(roomId), userOf(carol));
    for (let i = 0; i < 35; i++) alice.send(roomId, `filler ${i}`);
    await alice.untilSent();
    await alice.client.pins.set(room(roomId), old, true);
    await carol.until(() => carol.client.summaries().length === 1, "the invite");
    await carol.client.rooms.join(room(roomId));
    await carol.until(() => pins(carol, roomId).length === 1, "the pin");
    const message = await carol.until(() => pins(carol, roomId)[0]?.message ?? undefined, "the message");
    expect(message).toMatchObject({ sender: alice.userId, at: expect.any(Number) });
    const stop = carol.client.watchTimeline(room(roomId));
    const told = new Promise<void>((resolve) => carol.client.emitter.on("pinsChanged", () => resolve()));
    alice.client.composer.redact(room(roomId), old, undefined);
    await told;
    await carol.until(() => pins(carol, roomId)[0]?.message?.kind === "redacted", "the deletion");
    stop();
  });

  test("keep what others have pinned meanwhile, and what else is in their event", async () => {
    const { alice, roomId } = await two();
    alice.send(roomId, "one");
    await alice.untilSent();
    const id = eventOf((await alice.until(() => alice.timeline(roomId).find(({ mine, send }) => mine && send === null), "it")).eventId);
    await alice.stopSyncing();
    const path = `${alice.session.homeserver}/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/state/m.room.pinned_events/`;
    const headers = { authorization: `Bearer ${alice.session.accessToken}`, "content-type": "application/json" };
    await fetch(path, { method: "PUT", headers, body: JSON.stringify({ pinned: ["$other"], "org.example": 1 }) });
    await alice.client.pins.set(room(roomId), id, true);
    const now: unknown = await (await fetch(path, { headers })).json();
    expect(now).toEqual({ pinned: ["$other", id], "org.example": 1 });
  });

  test("a clear message that only the list leads to is marked where the room is encrypted", async () => {
    const { alice, roomId } = await two();
    const id = eventOf("$planted");
    alice.store.transaction(() => {
      alice.store.events.insert({
        ...BARE_EVENT,
        roomId: room(roomId),
        eventId: id,
        itemId: id,
        position: undefined,
        sender: userOf(alice),
        ts: 1,
        shown: 2,
        notify: 0,
        type: "m.room.message",
        content: { msgtype: "m.text", body: "trust me" },
      });
      pin(alice, roomId, [id]);
    });
    expect(pins(alice, roomId)).toMatchObject([{ message: { preview: "trust me", shield: { color: "red", code: "SentInClear" } } }]);
  });

  test("whatever stands in their event, a page gets at most so many, each once", async () => {
    const { alice, roomId } = await two();
    const listed = [
      ...Array.from({ length: 300 }, (_, i) => `$e${i}`),
      "$e299",
      7,
      null,
      "",
      "no",
      { x: 1 },
      "$with space",
      `$${"x".repeat(300)}`,
    ];
    alice.store.transaction(() => pin(alice, roomId, listed));
    alice.setReachable(false);
    expect(pins(alice, roomId)).toHaveLength(MAX_PINS);
    expect(pins(alice, roomId)[0]).toEqual({ eventId: "$e299", message: null });
    expect(parsePinnedEvents({ pinned: "x" })).toEqual([]);
    expect(parsePinnedEvents({})).toEqual([]);
  });
});

test("what was done is one message pinned or unpinned, or something else", () => {
  const change = (before: JsonValue | undefined, after: JsonValue) => {
    const { change: what, eventId } = decidePinsChange({ pinned: after }, before === undefined ? undefined : { pinned: before });
    return [what, eventId];
  };
  expect(change(undefined, ["$1"])).toEqual(["pinned", "$1"]);
  expect(change(["$1"], ["$1", "$2"])).toEqual(["pinned", "$2"]);
  expect(change(["$1", "$2"], ["$2"])).toEqual(["unpinned", "$1"]);
  expect(change(["$1"], ["$2"])).toEqual(["other", null]);
  expect(change(["$1"], ["$1"])).toEqual(["other", null]);
  expect(change(undefined, ["$1", "$2"])).toEqual(["other", null]);
  expect(change(["$1"], "nonsense")).toEqual(["unpinned", "$1"]);
  expect(change([], ["$with space"])).toEqual(["other", null]);
});

async function two(): Promise<{ alice: InProcessClient; bob: InProcessClient; roomId: string }> {
  const [alice, bob] = [await world.person("alice"), await world.person("bob")];
  const roomId = await alice.client.rooms.create({ encrypted: true, invite: [bob.userId], direct: false, preset: "private_chat" });
  await bob.until(() => bob.client.summaries().some((summary) => summary.roomId === roomId), "the invite");
  await bob.client.rooms.join(roomId);
  return { alice, bob, roomId };
}

const pins = (by: InProcessClient, roomId: string): Pins => by.client.pins.view(room(roomId));

function pin(by: InProcessClient, roomId: string, ids: JsonValue): void {
  const state = { type: "m.room.pinned_events", stateKey: "", eventId: eventOf("$state"), sender: userOf(by) };
  by.store.roomState.save(room(roomId), { ...state, content: { pinned: ids } });
}

function room(roomId: string): RoomId {
  const parsed = parseRoomId(roomId);
  if (!parsed.ok) throw new Error("not a room id");
  return parsed.value;
}

function eventOf(id: unknown): EventId {
  const parsed = parseEventId(id);
  if (!parsed.ok) throw new Error("not an event id");
  return parsed.value;
}

function userOf(client: InProcessClient): UserId {
  const parsed = parseUserId(client.userId);
  if (!parsed.ok) throw new Error("not a user id");
  return parsed.value;
}
