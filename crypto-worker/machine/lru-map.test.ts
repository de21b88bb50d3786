import { expect, test } from "vitest";
import { LruMap } from "./lru-map.ts";

function map(capacity: number): { map: LruMap<string, string>; evicted: string[] } {
  const evicted: string[] = [];
  return { map: new LruMap(capacity, (value) => evicted.push(value)), evicted };
}

test("what was used least recently goes: reading and writing are uses", () => {
  const { map: cache, evicted } = map(2);
  cache.set("a", "A");
  cache.set("b", "B");
  expect(evicted).toEqual([]);
  expect(cache.get("a")).toBe("A");
  cache.set("c", "C");
  expect([evicted, [...cache.values()], cache.size]).toEqual([["B"], ["A", "C"], 2]);
  cache.set("a", "A");
  cache.set("d", "D");
  expect([evicted, cache.get("b"), cache.get("c"), cache.get("a")]).toEqual([["B", "C"], undefined, undefined, "A"]);
});

test("whatever leaves is handed over once, also a value that another one replaces", () => {
  const { map: cache, evicted } = map(3);
  cache.set("a", "A1");
  cache.set("a", "A1");
  expect(evicted).toEqual([]);
  cache.set("a", "A2");
  expect([evicted, cache.get("a"), cache.size]).toEqual([["A1"], "A2", 1]);
  cache.delete("unknown");
  cache.delete("a");
  cache.delete("a");
  expect([evicted, cache.size]).toEqual([["A1", "A2"], 0]);
  cache.set("b", "B");
  cache.set("c", "C");
  cache.clear();
  cache.clear();
  expect([evicted, cache.size]).toEqual([["A1", "A2", "B", "C"], 0]);
});

test("nobody has to be told of what leaves", () => {
  const cache = new LruMap<string, number>(1);
  cache.set("a", 1);
  cache.set("b", 2);
  expect([...cache.values()]).toEqual([2]);
});
