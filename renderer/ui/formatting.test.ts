import { createIntl } from "react-intl";
import { expect, test } from "vitest";
import { avatarHue, initials } from "./avatar-colour.ts";
import { keyCaps, matches } from "./keys.ts";
import { messages, type MessageId } from "./messages/en.ts";
import { clockOf, daysBetween } from "./time.ts";

const intl = createIntl({ locale: "en-GB", messages });
const clock = clockOf(intl, (id: MessageId, values) => intl.formatMessage({ id }, values));
const now = new Date(2025, 10, 18, 15, 42).getTime();
const at = (...parts: [number, number, number, number?, number?]): number => new Date(...parts).getTime();

test("initials", () => {
  expect(initials("Ada Lovelace")).toBe("AL");
  expect(initials("#general-chat:example.org")).toBe("GC");
  expect(initials("ada")).toBe("A");
  expect(initials("結城 美咲")).toBe("結美");
  expect(initials("👩‍🚀 crew")).toBe("👩‍🚀");
  expect(initials("  ")).toBe("?");
  expect(initials("…")).toBe("?");
});

test("each id has one of eight hues, always the same, well spread", () => {
  const seen = new Set<number>();
  for (let i = 0; i < 200; i++) {
    const hue = avatarHue(`@user${i}:example.org`);
    expect(hue).toBe(avatarHue(`@user${i}:example.org`));
    expect(Number.isInteger(hue) && hue >= 0 && hue < 8).toBe(true);
    seen.add(hue);
  }
  expect(seen.size).toBe(8);
});

test("the time is written as people of the language do, the short one of the same width all day and without AM and PM", () => {
  const american = clockOf(createIntl({ locale: "en-US", messages }), (id: MessageId) => messages[id]);
  expect(american.time(at(2025, 10, 18, 15, 42))).toMatch(/^3:42\sPM$/);
  expect(american.minute(at(2025, 10, 18, 15, 42))).toBe("03:42");
  expect(clock.minute(at(2025, 10, 18, 15, 42))).toBe("15:42");
});

test("days: today, yesterday, this year, another year", () => {
  expect(clock.day(at(2025, 10, 18, 0, 1), now)).toBe("Today");
  expect(clock.day(at(2025, 10, 17, 23, 59), now)).toBe("Yesterday");
  expect(clock.day(at(2025, 2, 4), now)).toMatch(/^Tuesday,? 4 March$/);
  expect(clock.day(at(2024, 2, 4), now)).toMatch(/^Monday,? 4 March 2024$/);
});

test("short times for the room list", () => {
  expect(clock.short(at(2025, 10, 18, 9, 5), now)).toBe("09:05");
  expect(clock.short(at(2025, 10, 17, 9, 5), now)).toBe("Yesterday");
  expect(clock.short(at(2025, 10, 14), now)).toBe("Fri");
  expect(clock.short(at(2025, 9, 1), now)).toBe("1 Oct");
  expect(clock.short(at(2024, 9, 1), now)).toBe("01/10/24");
});

test("midnights are counted, not hours, also over a change of the clocks", () => {
  expect(daysBetween(at(2025, 2, 29, 23, 0), at(2025, 2, 30, 1, 0))).toBe(1);
  expect(daysBetween(at(2025, 9, 25, 12), at(2025, 9, 27, 12))).toBe(2);
});

test("shortcuts on both kinds of keyboard", () => {
  const event = { key: "K", ctrlKey: true, metaKey: false, altKey: false, shiftKey: false };
  expect(matches(event, { mod: true, key: "k" }, false)).toBe(true);
  expect(matches(event, { mod: true, key: "k" }, true)).toBe(false);
  expect(matches({ ...event, shiftKey: true }, { mod: true, key: "k" }, false)).toBe(false);
  expect(matches({ ...event, ctrlKey: false, metaKey: true }, { mod: true, key: "k" }, true)).toBe(true);
  expect(keyCaps({ alt: true, shift: true, key: "ArrowDown" }, false)).toEqual(["Alt", "Shift", "↓"]);
  expect(keyCaps({ mod: true, key: "k" }, true)).toEqual(["⌘", "K"]);
});
