import { expect, test } from "vitest";
import { closedShortcode, suggestionQuery, suggestionsFor } from "./suggestions.ts";
import { toggleMarker, type Marker } from "./formatting.ts";

const marked = (text: string, marker: Marker): string => {
  const start = text.indexOf("[");
  const end = text.indexOf("]") - 1;
  const plain = text.replace("[", "").replace("]", "");
  const change = toggleMarker(plain, start, end, marker);
  const after = plain.slice(0, change.start) + change.text + plain.slice(change.end);
  const [from, to] = change.selection;
  return `${after.slice(0, from)}[${after.slice(from, to)}]${after.slice(to)}`;
};

test("a marker goes around the selection and off again", () => {
  expect(marked("a [word] b", "**")).toBe("a **[word]** b");
  expect(marked("a **[word]** b", "**")).toBe("a [word] b");
  expect(marked("[]", "`")).toBe("`[]`");
  expect(marked("a[ word ]b", "~~")).toBe("a ~~[word]~~ b");
});

test("one star is not half of two, and three are both", () => {
  expect(marked("**[word]**", "*")).toBe("***[word]***");
  expect(marked("***[word]***", "*")).toBe("**[word]**");
  expect(marked("*[word]*", "*")).toBe("[word]");
});

test("what is half typed before the caret", () => {
  expect(suggestionQuery("hi @ad", 6)).toEqual({ kind: "person", start: 3, term: "ad" });
  expect(suggestionQuery("so :smi", 7)).toEqual({ kind: "emoji", start: 3, term: "smi" });
  expect(suggestionQuery("see :s", 6)).toBeNull();
  expect(suggestionQuery("12:30", 5)).toBeNull();
  expect(suggestionQuery("https://example.org", 19)).toBeNull();
});

test("emoji are offered by what is typed, and named whole they are put in at the second colon", () => {
  const [first] = suggestionsFor({ kind: "emoji", start: 0, term: "tad" }, []);
  expect(first?.key).toBe("🎉");
  expect(closedShortcode("so :tada:", 9)).toEqual({ start: 3, code: "tada" });
  expect(closedShortcode("at 10:30:", 9)).toBeNull();
});
