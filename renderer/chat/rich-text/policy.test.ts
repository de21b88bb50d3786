import { expect, test } from "vitest";
import { isEmojiOnly, parseLink, parseMatrixTo, splitLinks } from "./policy.ts";

test("only web, mail and matrix links may be opened", () => {
  expect(parseLink("https://example.org/a?b#c")).toBe("https://example.org/a?b#c");
  expect(parseLink("mailto:ada@example.org")).toBe("mailto:ada@example.org");
  expect(parseLink("matrix:u/ada:example.org")).toBe("matrix:u/ada:example.org");
  const bad = [
    "javascript:alert(1)",
    " javascript:alert(1)",
    "JaVaScRiPt:1",
    "data:text/html,x",
    "file:///etc/passwd",
    "blob:x",
    "vbscript:x",
    "//example.org",
    "/path",
    "",
    "app://chat/",
    `https://x/${"a".repeat(5000)}`,
  ];
  expect(bad.filter((href) => parseLink(href) !== null)).toEqual([]);
});

test("matrix.to links name a person or a room", () => {
  expect(parseMatrixTo("https://matrix.to/#/@ada:example.org")).toEqual({ kind: "user", id: "@ada:example.org" });
  expect(parseMatrixTo("https://matrix.to/#/%23harbour%3Aexample.org?via=x")).toEqual({ kind: "room", id: "#harbour:example.org" });
  expect(parseMatrixTo("https://matrix.to/#/%E0%A4%A")).toBeNull();
  expect(parseMatrixTo("https://matrix.to.evil.example/#/@ada:example.org")).toBeNull();
  expect(parseMatrixTo("https://matrix.to/#/nobody")).toBeNull();
});

test("addresses in text end before the sentence does", () => {
  const parts = splitLinks("See https://example.org/a_(b), or (https://example.org/x). javascript:alert(1)");
  expect(parts.filter(({ href }) => href !== null).map(({ text }) => text)).toEqual(["https://example.org/a_(b)", "https://example.org/x"]);
  expect(parts.map(({ text }) => text).join("")).toBe("See https://example.org/a_(b), or (https://example.org/x). javascript:alert(1)");
  expect(splitLinks("no links")).toEqual([{ text: "no links", href: null }]);
  expect(splitLinks("")).toEqual([]);
});

test("a long run of brackets is not slow", () => {
  const started = performance.now();
  splitLinks(`https://x/${")".repeat(4000)}`);
  expect(performance.now() - started).toBeLessThan(500);
});

test("emoji and nothing else", () => {
  expect(isEmojiOnly("🎉")).toBe(true);
  expect(isEmojiOnly("👩‍🚀 👍🏽")).toBe(true);
  expect(isEmojiOnly("12")).toBe(false);
  expect(isEmojiOnly("ok 🎉")).toBe(false);
  expect(isEmojiOnly("🎉🎉🎉🎉")).toBe(false);
});
