import { beforeEach, expect, test } from "vitest";
import { RECENT_EMOJI } from "../../protocol/messages/emoji.ts";
import { openMemoryStore, type CryptoStore } from "../store/store.ts";
import { RecentEmoji } from "./recent-emoji.ts";

let store: CryptoStore;
let recent: RecentEmoji;

beforeEach(() => {
  store = openMemoryStore();
  recent = new RecentEmoji({ store });
});

test("the last one comes first, each once, and the oldest go", () => {
  expect(recent.all()).toEqual([]);
  for (let n = 0; n < RECENT_EMOJI + 3; n++) recent.note(`:${n}:`);
  recent.note(":5:");
  expect(recent.all()).toHaveLength(RECENT_EMOJI);
  expect(recent.all().slice(0, 3)).toEqual([":5:", ":18:", ":17:"]);
  expect(recent.all().at(-1)).toBe(":3:");
});

test("what cannot be read is none", () => {
  for (const text of ["", "[]", '{"emoji":7}', `{"emoji":["${"x".repeat(65)}"]}`]) {
    store.customValues.save("recent-emoji", Buffer.from(text));
    expect(recent.all()).toEqual([]);
  }
  recent.note("🦊");
  expect(recent.all()).toEqual(["🦊"]);
});
