import { expect, test } from "vitest";
import type { Member } from "../../../protocol/messages/room-summary.ts";
import type { TimelineItem } from "../../../protocol/messages/timeline-item.ts";
import { DEFAULT_SETTINGS } from "../../../protocol/default-settings.ts";
import { editItem, leaveMode, mentionedUsers, NO_DRAFT, replyTo } from "./drafts.ts";
import { arrangeMembers } from "./member-order.ts";
import { matchMembers, mentionQuery, nameOf } from "./mention-query.ts";
import { decideNotification, type Note } from "./notifier.ts";

const member = (id: string, displayName: string | null, more: Partial<Member> = {}): Member => ({
  userId: `@${id}:x`,
  displayName,
  avatar: null,
  membership: "join",
  powerLevel: 0,
  ...more,
});
const item: TimelineItem = {
  id: "1",
  eventId: "$1",
  position: 1,
  sender: "@a:x",
  senderName: "A",
  senderAvatar: null,
  mine: true,
  at: 0,
  encrypted: true,
  shield: null,
  keySharedBy: null,
  content: { kind: "message", msgtype: "text", body: "before", html: null, edited: false, mentionsMe: false, replyTo: null },
  reactions: [],
  send: null,
  readBy: [],
};

test("a mention begins with an @ at the start of a word", () => {
  expect(mentionQuery("hello @ad", 9)).toEqual({ start: 6, term: "ad" });
  expect(mentionQuery("@", 1)).toEqual({ start: 0, term: "" });
  expect(mentionQuery("mail@example", 12)).toBeNull();
  expect(mentionQuery("@ada is", 7)).toBeNull();
});

test("names that start with the term come first; who left is not offered", () => {
  const people = [member("zed", "Bernada"), member("ada", "Countess"), member("x", "Åda"), member("gone", "Ada", { membership: "leave" })];
  expect(matchMembers(people, "ada", 9).map(({ userId }) => userId)).toEqual(["@x:x", "@ada:x", "@zed:x"]);
  expect(matchMembers(people, "", 1)).toHaveLength(1);
});

test("a name that is empty or blank is no name", () => {
  expect(nameOf(member("ada", "  "))).toBe("ada");
  expect(nameOf(member("ada", null))).toBe("ada");
});

test("answering keeps what is typed, editing brings the old text, leaving an edit drops it", () => {
  const typed = { ...NO_DRAFT, text: "half" };
  expect(replyTo(typed, item).text).toBe("half");
  const editing = editItem(typed, item);
  expect(editing.text).toBe("before");
  expect(leaveMode(editing)).toBe(NO_DRAFT);
  expect(leaveMode(replyTo(typed, item))).toEqual(typed);
});

test("only people who are still in the text are mentioned", () => {
  const mentions = new Map([
    ["@Ada", "@ada:x"],
    ["@Ben", "@ben:x"],
  ]);
  expect(mentionedUsers({ ...NO_DRAFT, text: "hi @Ada", mentions })).toEqual(["@ada:x"]);
});

test("members: who is to be looked at, admins, moderators, the rest by name, the invited last; nobody who left", () => {
  const all = [
    member("c", "carl"),
    member("i", "Abe", { membership: "invite" }),
    member("m", "Zoe", { powerLevel: 50 }),
    member("b", "Bea"),
    member("a", "Yan", { powerLevel: 100 }),
    member("l", "Ann", { membership: "leave" }),
  ];
  const names = (first: ReadonlyMap<string, unknown>): (string | null)[] =>
    arrangeMembers(all, "", first).map(({ displayName }) => displayName);
  expect(names(new Map())).toEqual(["Yan", "Zoe", "Bea", "carl", "Abe"]);
  expect(names(new Map([[member("c", "carl").userId, "changed"]]))).toEqual(["carl", "Yan", "Zoe", "Bea", "Abe"]);
});

test("notifications follow the settings and what is being looked at", () => {
  const note: Note = { roomId: "!r:x", eventId: "$e", roomName: "R", senderName: "S", preview: "p", mention: false };
  const away = { roomId: "!r:x", focused: false };
  expect(decideNotification(note, DEFAULT_SETTINGS, away)).toBe(true);
  expect(decideNotification(note, DEFAULT_SETTINGS, { roomId: "!r:x", focused: true })).toBe(false);
  expect(decideNotification(note, DEFAULT_SETTINGS, { roomId: "!other:x", focused: true })).toBe(true);
  expect(decideNotification(note, { ...DEFAULT_SETTINGS, notifications: "mentions" }, away)).toBe(false);
  expect(decideNotification({ ...note, mention: true }, { ...DEFAULT_SETTINGS, notifications: "mentions" }, away)).toBe(true);
  expect(decideNotification({ ...note, mention: true }, { ...DEFAULT_SETTINGS, notifications: "off" }, away)).toBe(false);
});
