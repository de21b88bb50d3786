import { expect, test } from "vitest";
import type { RoomSummary } from "../../../protocol/messages/room-summary.ts";
import { allRooms, applyRoomsDelta, filterRooms, neighbour } from "./room-order.ts";

const room = (id: string, more: Partial<RoomSummary> = {}): RoomSummary => ({
  roomId: `!${id}`,
  name: id,
  avatar: null,
  topic: null,
  kind: "room",
  dmUserId: null,
  membership: "join",
  inviter: null,
  encrypted: true,
  memberCount: 2,
  unread: 0,
  mentions: 0,
  lastActivity: 0,
  lastMessage: null,
  pendingSends: 0,
  failedSends: 0,
  favourite: false,
  markedUnread: false,
  notify: "all",
  ...more,
});

const base = allRooms([
  room("a", { lastActivity: 3 }),
  room("b", { lastActivity: 2, unread: 4, mentions: 1 }),
  room("Café", { lastActivity: 1, kind: "dm", dmUserId: "@zoë:x" }),
  room("inv", { membership: "invite" }),
  room("gone", { membership: "leave", unread: 9 }),
]);

test("joined rooms by activity, invites apart, rooms that were left not at all", () => {
  expect(base.order).toEqual(["!a", "!b", "!Café"]);
  expect(base.invites).toEqual(["!inv"]);
  expect(base.unread).toBe(2);
  expect(base.mentions).toBe(1);
});

test("favourites come first, and a room that was marked is unread", () => {
  const rooms = applyRoomsDelta(base, [room("Café", { favourite: true, markedUnread: true })], []);
  expect(rooms.order).toEqual(["!Café", "!a", "!b"]);
  expect(rooms.unread).toBe(3);
  expect(filterRooms(rooms, "unread", "")).toEqual(["!Café", "!b"]);
});

test("a delta that changes no order keeps the order's identity and that of untouched rows", () => {
  const next = applyRoomsDelta(base, [room("b", { lastActivity: 2, unread: 5 })], []);
  expect(next.order).toBe(base.order);
  expect(next.invites).toBe(base.invites);
  expect(next.byId.get("!a")).toBe(base.byId.get("!a"));
  expect(next.byId.get("!b")?.unread).toBe(5);
});

test("new activity moves a room up; a removal takes it out", () => {
  expect(applyRoomsDelta(base, [room("Café", { lastActivity: 9 })], []).order[0]).toBe("!Café");
  expect(applyRoomsDelta(base, [], ["!a"]).order).toEqual(["!b", "!Café"]);
});

test("a room in both lists of a delta stays", () => {
  expect(applyRoomsDelta(base, [room("a")], ["!a"]).byId.has("!a")).toBe(true);
});

test("filters, and terms without regard to case and accents", () => {
  expect(filterRooms(base, "unread", "")).toEqual(["!b"]);
  expect(filterRooms(base, "unread", "", "!a")).toEqual(["!a", "!b"]);
  expect(filterRooms(base, "people", "")).toEqual(["!Café"]);
  expect(filterRooms(base, "rooms", "")).toEqual(["!a", "!b"]);
  expect(filterRooms(base, "all", " CAFE ")).toEqual(["!Café"]);
  expect(filterRooms(base, "all", "")).toBe(base.order);
});

test("the next room wraps around, and unread only skips what is read", () => {
  expect(neighbour(base, base.order, "!Café", 1, false)).toBe("!a");
  expect(neighbour(base, base.order, "!a", -1, false)).toBe("!Café");
  expect(neighbour(base, base.order, null, 1, false)).toBe("!a");
  expect(neighbour(base, base.order, null, -1, false)).toBe("!Café");
  expect(neighbour(base, base.order, "!a", 1, true)).toBe("!b");
  expect(neighbour(base, base.order, "!b", 1, true)).toBeNull();
  expect(neighbour(base, [], null, 1, false)).toBeNull();
});
