import { describe, expect, test } from "vitest";
import type { TimelineContent, TimelineItem } from "../../../protocol/messages/timeline-item.ts";
import { entriesOf, prependedCount, type Entry } from "./timeline-entries.ts";
import { dropBefore, lastEditable, mergeItems, rejoin, renamePeople, takeChanges } from "./timeline-items.ts";

const NOON = new Date(2025, 5, 5, 12, 0, 0).getTime();
const MINUTE = 60_000;
const text = (body: string): TimelineContent => ({
  kind: "message",
  msgtype: "text",
  body,
  html: null,
  edited: false,
  mentionsMe: false,
  replyTo: null,
});
const joined: TimelineContent = { kind: "membership", change: "joined", target: "@a:x", targetName: "A", reason: null };

function item(position: number, more: Partial<TimelineItem> = {}): TimelineItem {
  return {
    id: `i${position}`,
    eventId: `$e${position}`,
    position,
    sender: "@ada:x",
    senderName: "Ada",
    senderAvatar: null,
    mine: false,
    at: NOON + position * 1000,
    encrypted: true,
    shield: null,
    keySharedBy: null,
    content: text(`m${position}`),
    reactions: [],
    send: null,
    readBy: [],
    ...more,
  };
}
const ids = (items: readonly TimelineItem[]): string[] => items.map(({ id }) => id);
const plain = { reachedStart: false, readUpTo: null, pageStarts: new Set<string>() };

describe("merging", () => {
  test("inserts by position, replaces by id, removes, and keeps untouched items", () => {
    const items = [item(1), item(3)];
    const merged = mergeItems(items, [item(2), item(3, { content: text("new") })], ["i1"]);
    expect(ids(merged)).toEqual(["i2", "i3"]);
    expect(merged[1]?.content).toEqual(text("new"));
    expect(mergeItems(items, [item(4)])[0]).toBe(items[0]);
  });

  test("a local echo whose position changes when the server has it moves and stays one item", () => {
    const echo = item(100, { id: "echo", eventId: null });
    const merged = mergeItems([item(1), echo, item(101)], [item(2, { id: "echo", eventId: "$sent" })]);
    expect(ids(merged)).toEqual(["i1", "echo", "i101"]);
    expect(merged.filter(({ id }) => id === "echo")).toHaveLength(1);
  });

  test("a change of what was not read back yet does not stand in the way of what lies between", () => {
    const items = [item(50), item(51)];
    const changed = [item(3), item(51, { content: text("new") }), item(52)];
    expect(ids(takeChanges({ items, reachedStart: false }, changed))).toEqual(["i50", "i51", "i52"]);
    expect(ids(takeChanges({ items, reachedStart: true }, changed))).toEqual(["i3", "i50", "i51", "i52"]);
    expect(ids(takeChanges({ items: [], reachedStart: false }, changed))).toEqual(["i3", "i51", "i52"]);
  });

  test("people are called by their new names wherever an item names them; other items stay as they are", () => {
    const ada = { userId: "@ada:x", name: "Augusta", avatar: "mxc://x/a" };
    const bob = { sender: "@bob:x", senderName: "Bob", senderAvatar: "mxc://x/b" };
    const quote = { eventId: "$e1", sender: "@ada:x", senderName: "Ada", preview: "m1" };
    const named = { userId: "@ada:x", displayName: "Ada" };
    const items = [
      item(1),
      item(2, bob),
      item(3, { ...bob, content: { ...text("m3"), replyTo: quote } as TimelineContent }),
      item(4, { ...bob, readBy: [named], keySharedBy: named, reactions: [{ key: "x", count: 1, mine: null, senders: [named] }] }),
      item(5, { ...bob, content: { kind: "redacted", by: "@ada:x", byName: "Ada", reason: null } }),
      item(6, { ...bob, content: { kind: "verification", to: "@ada:x", toName: "Ada", state: "asked" } }),
    ];
    const renamed = renamePeople(items, [ada]);
    expect(renamed[0]).toEqual({ ...items[0], senderName: "Augusta", senderAvatar: "mxc://x/a" });
    expect(renamed[1]).toBe(items[1]);
    expect(renamed[2]).toMatchObject({ senderName: "Bob", content: { replyTo: { senderName: "Augusta" } } });
    const now = { userId: "@ada:x", displayName: "Augusta" };
    expect(renamed[3]).toMatchObject({ readBy: [now], keySharedBy: now, reactions: [{ senders: [now] }] });
    expect(renamed[4]).toMatchObject({ content: { byName: "Augusta" } });
    expect(renamed[5]).toMatchObject({ content: { toName: "Augusta" } });
    expect(renamePeople(items, [{ ...ada, userId: "@nobody:x" }])).toBe(items);
  });

  test("nothing to do is the same array; older pages go in front", () => {
    const items = [item(5)];
    expect(mergeItems(items, [])).toBe(items);
    expect(ids(mergeItems(items, [item(-2), item(-1)]))).toEqual(["i-2", "i-1", "i5"]);
  });

  test("a fresh newest page joins on to what was read back, or replaces it across a gap", () => {
    const shown = [item(1), item(2), item(3), item(4)];
    expect(ids(rejoin(shown, [item(3), item(5)]) ?? [])).toEqual(["i1", "i2", "i3", "i5"]);
    expect(rejoin(shown, [item(8), item(9)])).toBeNull();
    expect(rejoin([], [])).toBeNull();
  });

  test("a gap drops what is older", () => {
    expect(ids(dropBefore([item(1), item(5), item(6)], 5))).toEqual(["i5", "i6"]);
  });

  test("the last message of one's own that the server has can be edited", () => {
    const mine = { mine: true, sender: "@me:x" };
    expect(lastEditable([item(1, mine), item(2), item(3, { ...mine, eventId: null })])?.id).toBe("i1");
    expect(lastEditable([item(1)])).toBeNull();
  });
});

const messages = (entries: readonly Entry[]): Array<Extract<Entry, { kind: "message" }>> =>
  entries.flatMap((entry) => (entry.kind === "message" ? [entry] : []));

describe("entries", () => {
  test("one head for each sender, times for each minute, a new group after a pause", () => {
    const entries = messages(
      entriesOf(
        [
          item(1, { at: NOON }),
          item(2, { at: NOON + 1000 }),
          item(3, { at: NOON + MINUTE }),
          item(4, { at: NOON + MINUTE, sender: "@ben:x" }),
          item(5, { at: NOON + 8 * MINUTE, sender: "@ben:x" }),
        ],
        plain,
      ),
    );
    expect(entries.map(({ head }) => head)).toEqual([true, false, false, true, true]);
    expect(entries.map(({ minute }) => minute)).toEqual([true, false, true, true, true]);
  });

  test("days are the reader's local days", () => {
    const beforeMidnight = new Date(2025, 5, 5, 23, 59, 59).getTime();
    const items = [item(1, { at: beforeMidnight }), item(2, { at: beforeMidnight + 2000 })];
    const [first, second] = [new Date(2025, 5, 5).getTime(), new Date(2025, 5, 6).getTime()];
    expect(entriesOf(items, { ...plain, reachedStart: true }).map(({ day }) => day)).toEqual([null, first, second]);
    expect(entriesOf(items, plain).map(({ day }) => day)).toEqual([null, second]);
    expect(messages(entriesOf(items, plain))[1]?.head).toBe(true);
  });

  test("the new line is above the first message of someone else after the one that was read", () => {
    const mine = { mine: true, sender: "@me:x" };
    const lines = (readUpTo: string | null, items: TimelineItem[]): boolean[] =>
      entriesOf(items, { ...plain, readUpTo }).map(({ newLine }) => newLine);
    const items = [item(1), item(2, mine), item(3), item(4)];
    expect(lines("$e1", items)).toEqual([false, false, true, false]);
    expect(lines("$e4", items)).toEqual([false, false, false, false]);
    expect(lines("$unknown", items)).toEqual([false, false, false, false]);
    expect(lines(null, items)).toEqual([false, false, false, false]);
    expect(lines("$e1", [item(1), item(2, { content: joined }), item(3, mine)])).toEqual([false, false, false]);
  });

  test("three changes of who is here fold into one line, two do not", () => {
    const change = (position: number): TimelineItem => item(position, { content: joined });
    expect(entriesOf([item(1), change(2), change(3), change(4), item(5)], plain).map(({ kind }) => kind)).toEqual([
      "message",
      "run",
      "message",
    ]);
    expect(entriesOf([change(2), change(3)], plain).map(({ kind }) => kind)).toEqual(["state", "state"]);
  });

  test("a page put in front changes nothing of what is drawn already", () => {
    const change = (position: number): TimelineItem => item(position, { content: joined });
    for (const shown of [
      [item(11), item(12)],
      [change(11), change(12), item(13)],
      [change(11), change(12), change(13), item(14)],
    ]) {
      const pageStarts = new Set([shown[0]?.id ?? ""]);
      const before = entriesOf(shown, { ...plain, pageStarts });
      for (const older of [
        [item(1), item(2)],
        [item(1), change(2), change(3), change(4)],
        [item(1, { at: NOON - 30 * MINUTE }), item(2)],
      ]) {
        const after = entriesOf([...older, ...shown], { ...plain, pageStarts });
        expect(after.slice(-before.length)).toEqual(before);
      }
    }
  });

  test("the beginning of the room is an entry of its own", () => {
    expect(entriesOf([], { ...plain, reachedStart: true }).map(({ kind }) => kind)).toEqual(["intro"]);
  });

  test("keys are unique and survive a page put in front, so that the list knows how many came", () => {
    const newer = [item(10), item(11, { content: joined }), item(12)];
    const before = entriesOf(newer, plain);
    const after = entriesOf([item(1), item(2), ...newer], { ...plain, reachedStart: true });
    expect(new Set(after.map(({ key }) => key)).size).toBe(after.length);
    expect(prependedCount(before, after)).toBe(3);
    expect(prependedCount(before, entriesOf([...newer, item(13)], plain))).toBe(0);
    expect(prependedCount([], after)).toBe(0);
  });

  test("thousands of items are grouped within a frame", () => {
    const many = Array.from({ length: 5000 }, (_, i) => item(i, { at: NOON + i * 40_000 }));
    const started = performance.now();
    entriesOf(many, plain);
    expect(performance.now() - started).toBeLessThan(250);
  });
});
