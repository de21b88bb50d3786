import { expect, test } from "vitest";
import { DEFAULT_SETTINGS } from "../../protocol/default-settings.ts";
import type { Settings } from "../../protocol/shell.ts";
import { Observed } from "../crypto-host/observed.ts";
import { Attention } from "./attention.ts";

function world(notifications: Settings["notifications"], focused = false, quiet = false) {
  const badges: number[] = [];
  const flashes: boolean[] = [];
  const attention = new Attention({
    settings: new Observed({ ...DEFAULT_SETTINGS, notifications }),
    quiet: new Observed(quiet),
    show: ({ unread }) => badges.push(unread),
    window: () => ({ isFocused: () => focused, flashFrame: (on) => void flashes.push(on) }),
  });
  return { attention, badges, flashes };
}

test("more than before: the badge says how many, and the window asks to be looked at until somebody does", () => {
  const { attention, badges, flashes } = world("all");
  attention.told({ unread: 2, mentions: 0 });
  attention.told({ unread: 1, mentions: 0 });
  expect(badges).toEqual([2, 1]);
  expect(flashes).toEqual([true]);
  attention.seen();
  expect(flashes).toEqual([true, false]);
});

test("as far as the person wants to be told: of mentions only, or of nothing; the badge counts all the same", () => {
  const mentions = world("mentions");
  mentions.attention.told({ unread: 3, mentions: 0 });
  expect(mentions.flashes).toEqual([]);
  mentions.attention.told({ unread: 4, mentions: 1 });
  expect(mentions.flashes).toEqual([true]);
  const off = world("off");
  off.attention.told({ unread: 4, mentions: 1 });
  expect([off.badges, off.flashes]).toEqual([[4], []]);
  const quiet = world("all", false, true);
  quiet.attention.told({ unread: 4, mentions: 1 });
  expect([quiet.badges, quiet.flashes]).toEqual([[4], []]);
});

test("who looks already is not called, and a locked app shows nothing", () => {
  const { attention, badges, flashes } = world("all", true);
  attention.told({ unread: 1, mentions: 0 });
  expect(flashes).toEqual([]);
  attention.forget();
  expect(badges).toEqual([1, 0]);
  expect(flashes).toEqual([false]);
});
