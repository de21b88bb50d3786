import { expect, test } from "vitest";
import { formattedText } from "./formatted-text.ts";
import { oneLine } from "./message-text.ts";

test.each([
  ["a <strong>bold</strong> word", "a bold word"],
  ['hi <a href="https://matrix.to/#/@ada:x.org">@Ada</a>!', "hi @Ada!"],
  ["<p>one</p><p>two</p>", "one two"],
  ["<ul>\n<li>a</li>\n<li>b</li>\n</ul>", "a b"],
  ["1 &lt; 2 &amp;&amp; &quot;x&quot;", '1 < 2 && "x"'],
  ["&amp;lt;b&amp;gt;", "&lt;b&gt;"],
  ['it is <span data-mx-spoiler="">the <em>but<span>ler</span></em></span>.', "it is •••••."],
  ["</span></span>fine", "fine"],
  ["a < b", "a < b"],
])("%j reads %j", (html, text) => expect(oneLine(formattedText(html))).toBe(text));

test("hostile markup is not slow", () => {
  const started = performance.now();
  for (const html of ["<".repeat(100_000), "<span ".repeat(20_000), "&".repeat(100_000), "<b>".repeat(30_000)]) formattedText(html);
  expect(performance.now() - started).toBeLessThan(500);
});
