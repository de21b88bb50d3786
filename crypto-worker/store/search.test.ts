import { expect, test } from "vitest";
import { openMemoryStore } from "./store.ts";

test("what is typed is words, whatever it looks like", () => {
  const store = openMemoryStore();
  store.transaction(() => {
    store.searchIndex.save(1, "the quick brown fox");
    store.searchIndex.save(2, "nothing of the kind");
  });
  const nothing = ["", " ", '"', "'", "*", "^", "()", "--", "%_", "\u0000", "🔑"];
  for (const text of nothing) expect(store.searchIndex.find(text, 10)).toEqual([]);
  const noMatch = [
    '" OR 1=1 --',
    "'; DROP TABLE search_index; --",
    "body:quick",
    "NEAR(quick, fox)",
    "quick NOT fox",
    "quick OR kind",
    "rowid:1",
    "quick AND brown",
    '"quick fox"x',
  ];
  for (const text of noMatch) expect(store.searchIndex.find(text, 10)).toEqual([]);
  for (const text of ["quick", '"quick"', "qui", "QUICK'", "(quick", "quick*", "-quick", "brown quick"])
    expect(store.searchIndex.find(text, 10)).toEqual([1]);
  expect(store.searchIndex.find("x ".repeat(100_000), 10)).toEqual([]);
  expect(store.searchIndex.find("the", 10)).toEqual([2, 1]);
});
