import { beforeEach, expect, test } from "vitest";
import { parseEventId, parseRoomId, type EventId, type RoomId } from "../../protocol/ids.ts";
import { useClientWorld } from "../../tests/support/client-world.ts";
import { InProcessClient } from "../../tests/support/in-process-client.ts";

const world = useClientWorld();
let ada: InProcessClient;

beforeEach(async () => {
  ada = await world.register("ada");
});

const text = (body: string) => ({ text: body, about: null, mentions: [] });

test("a device knows whether it has ever synced", async () => {
  expect(ada.client.account.status().sync).toBe("first");
  await ada.sync();
  expect(ada.client.account.status().sync).toBe("up-to-date");
});

test("a draft is kept with what it is about, loses that with it, and goes with the room", async () => {
  ada.startSyncing();
  const roomId = await ada.client.rooms.create({ encrypted: true, invite: [], direct: false });
  await ada.until(() => ada.client.summaries()[0], "the room");
  const { drafts } = ada.client;
  expect(drafts.load(roomId)).toBeNull();
  ada.send(roomId, "question");
  const { eventId } = await ada.until(
    () => ada.timeline(roomId).find(({ content, send }) => content.kind === "message" && send === null),
    "the message",
  );
  if (eventId === null) throw new Error("not sent");
  const mentions = [{ text: "@Bob", userId: "@bob:x" }];
  drafts.save(roomId, { text: "@Bob ans", about: { kind: "reply", eventId }, mentions });
  expect(drafts.load(roomId)).toMatchObject({ text: "@Bob ans", about: { kind: "reply", item: { eventId } }, mentions });
  drafts.save(roomId, text("other"));
  expect(drafts.load(roomId)).toEqual(text("other"));
  drafts.save(roomId, { text: "answer", about: { kind: "edit", eventId }, mentions: [] });
  ada.client.composer.redact(roomId, eventIdOf(eventId), undefined);
  expect(drafts.load(roomId)).toEqual(text("answer"));
  drafts.save(roomId, null);
  expect(drafts.load(roomId)).toBeNull();
  drafts.save(roomId, text("left behind"));
  await ada.client.rooms.leave(roomId);
  await ada.client.rooms.forget(roomId);
  expect(drafts.load(roomId)).toBeNull();
});

test("only drafts of known rooms are kept, and of those the newest", () => {
  expect(() => ada.client.drafts.save(room(0), text("x"))).toThrow("not-found");
  expect(() => ada.client.drafts.load(room(0))).toThrow("not-found");
  ada.store.transaction(() => {
    for (let i = 0; i <= 201; i++) ada.store.rooms.enter(room(i), "join", true);
  });
  for (let i = 0; i <= 200; i++) ada.client.drafts.save(room(i), text(`draft ${i}`));
  ada.client.drafts.save(room(1), text("newer"));
  ada.client.drafts.save(room(201), text("newest"));
  expect([0, 1, 2, 3, 201].map((i) => ada.client.drafts.load(room(i))?.text)).toEqual([undefined, "newer", undefined, "draft 3", "newest"]);
});

function eventIdOf(value: string): EventId {
  const eventId = parseEventId(value);
  if (!eventId.ok) throw new Error("not an event id");
  return eventId.value;
}

function room(number: number): RoomId {
  const roomId = parseRoomId(`!room${number}:example.org`);
  if (!roomId.ok) throw new Error("not a room id");
  return roomId.value;
}
