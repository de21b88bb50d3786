import { expect, test } from "vitest";
import { EMOJI_GROUPS, emojiByShortcode, emojiName, emojiOf, findEmoji } from "./emoji.ts";
import { SHORTCODES } from "./shortcodes.ts";

test("every group has emoji, each once, each with a name", () => {
  const all = EMOJI_GROUPS.flatMap((group) => emojiOf(group));
  expect(all.length).toBeGreaterThan(1200);
  expect(new Set(all.map(({ glyph }) => glyph)).size).toBe(all.length);
  for (const { glyph, name } of all) {
    expect(glyph).toMatch(/^\p{RGI_Emoji}$/v);
    expect(name.length).toBeGreaterThan(1);
  }
});

test("what is typed between colons belongs to an emoji of the list", () => {
  for (const glyph of Object.keys(SHORTCODES)) expect(emojiName(glyph), glyph).toBeDefined();
});

test("looking for one finds the likeliest first", () => {
  const first = (term: string): string | undefined => findEmoji(term, 5)[0]?.glyph;
  expect(first("tada")).toBe("🎉");
  expect(first("+1")).toBe("👍");
  expect(first("smil")).toBe("😃");
  expect(first("grinning face with big")).toBe("😃");
  expect(first("thumbs_up")).toBe("👍");
  expect(first("Germany")).toBe("🇩🇪");
  expect(findEmoji("heart", 60).length).toBeGreaterThan(10);
  expect(findEmoji("no such thing", 5)).toEqual([]);
  expect(findEmoji("  ", 5)).toEqual([]);
});

test("a name between colons stands for one", () => {
  expect(emojiByShortcode("rocket")?.glyph).toBe("🚀");
  expect(emojiByShortcode("ROFL")?.glyph).toBe("🤣");
  expect(emojiByShortcode("constructor")).toBeUndefined();
});
