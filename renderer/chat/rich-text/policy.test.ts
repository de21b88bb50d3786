import { expect, test } from "vitest";
import { isEmojiOnly, parseLink, splitLinks } from "./policy.ts";

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
    "matrix:nonsense",
    `https://x/${"a".repeat(5000)}`,
  ];
  expect(bad.filter((href) => parseLink(href) !== null)).toEqual([]);
});

test("addresses in text end before the sentence does", () => {
  const parts = splitLinks("See https://example.org/a_(b), or (https://example.org/x). javascript:alert(1)");
  expect(parts.filter(({ href }) => href !== null).map(({ text }) => text)).toEqual(["https://example.org/a_(b)", "https://example.org/x"]);
  expect(parts.map(({ text }) => text).join("")).toBe("See https://example.org/a_(b), or (https://example.org/x). javascript:alert(1)");
  expect(splitLinks("come to matrix:r/harbour:example.org, or not").at(1)).toEqual({
    text: "matrix:r/harbour:example.org",
    href: "matrix:r/harbour:example.org",
  });
  expect(splitLinks("no links")).toEqual([{ text: "no links", href: null }]);
  expect(splitLinks("")).toEqual([]);
});

test("a run of brackets as long as an event can be ends in time that grows with it, not with its square", () => {
  const timeOf = (run: string, length: number): number => {
    const started = performance.now();
    const text = `https://x/${run.repeat(length / run.length)}`;
    expect(
      splitLinks(text)
        .map((part) => part.text)
        .join(""),
    ).toBe(text);
    return performance.now() - started;
  };
  // The square of 64,000 would take half a minute and more.
  for (const run of [")", "]", "()", ".)", "),"]) expect(timeOf(run, 64_000)).toBeLessThan(5_000);
});

test("brackets that an address opened stay in it", () => {
  const links = (text: string): (string | null)[] => splitLinks(text).flatMap(({ text: part, href }) => (href === null ? [] : [part]));
  expect(links("(see https://x.y/a_(b))")).toEqual(["https://x.y/a_(b)"]);
  expect(links("https://x.y/(a)).")).toEqual(["https://x.y/(a)"]);
  expect(links("[https://x.y/a[1]]!")).toEqual(["https://x.y/a[1]"]);
  expect(links("https://x.y/a(.")).toEqual(["https://x.y/a("]);
});

test("emoji and nothing else", () => {
  expect(isEmojiOnly("🎉")).toBe(true);
  expect(isEmojiOnly("👩‍🚀 👍🏽")).toBe(true);
  expect(isEmojiOnly("12")).toBe(false);
  expect(isEmojiOnly("ok 🎉")).toBe(false);
  expect(isEmojiOnly("🎉🎉🎉🎉")).toBe(false);
});
