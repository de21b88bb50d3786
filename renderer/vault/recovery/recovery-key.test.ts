import { expect, test } from "vitest";
import { findKey, groupsOf, lookAtKey, twoPlaces } from "./recovery-key.ts";

const ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/** A recovery key as the specification makes it: prefix, 32 bytes, parity, base58. */
function encode(secret: Uint8Array): string {
  const bytes = [0x8b, 0x01, ...secret];
  bytes.push(bytes.reduce((parity, byte) => parity ^ byte, 0));
  let number = bytes.reduce((value, byte) => value * 256n + BigInt(byte), 0n);
  let text = "";
  for (; number > 0n; number /= 58n) text = (ALPHABET[Number(number % 58n)] ?? "") + text;
  return text;
}

const KEY = encode(Uint8Array.from({ length: 32 }, (_, at) => at * 7));

test("a recovery key is recognised as it is typed", () => {
  expect(KEY).toHaveLength(48);
  expect(KEY.startsWith("Es")).toBe(true);
  expect(lookAtKey(" ")).toEqual({ kind: "empty" });
  expect(lookAtKey(KEY.slice(0, 7))).toEqual({ kind: "short", count: 7 });
  expect(lookAtKey(`${KEY}x`)).toEqual({ kind: "long" });
  expect(lookAtKey(`${KEY.slice(0, 3)}O`)).toEqual({ kind: "bad-character", character: "O" });
  expect(lookAtKey(KEY)).toEqual({ kind: "good" });
  expect(lookAtKey(groupsOf(KEY).join(" "))).toEqual({ kind: "good" });
});

test("one wrong character is a typo, wherever it is", () => {
  for (const at of [0, 1, 20, 47]) {
    const other = KEY[at] === "2" ? "3" : "2";
    expect(lookAtKey(KEY.slice(0, at) + other + KEY.slice(at + 1)), `at ${at}`).toEqual({ kind: "typo" });
  }
});

test("twelve groups of four", () => {
  expect(groupsOf(KEY)).toHaveLength(12);
  expect(groupsOf(KEY).every((group) => group.length === 4)).toBe(true);
  expect(groupsOf(KEY).join("")).toBe(KEY);
});

test("the key is found in a file that was saved with one", () => {
  expect(findKey(`Recovery key of @you:example.org\r\n\r\n${groupsOf(KEY).join(" ")}\r\n\r\nKeep it.`)).toBe(groupsOf(KEY).join(" "));
  expect(findKey("nothing here\n")).toBeUndefined();
});

test("two different places, in order, all of them possible", () => {
  const seen = new Set<string>();
  for (let random = 0; random < 12 * 11; random++) {
    const [first, second] = twoPlaces(12, random);
    expect(first).toBeLessThan(second);
    expect(second).toBeLessThan(12);
    seen.add(`${first} ${second}`);
  }
  expect(seen.size).toBe(66);
});
