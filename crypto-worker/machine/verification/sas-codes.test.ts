import table from "@matrix-org/spec/sas-emoji.json" with { type: "json" };
import { expect, test } from "vitest";
import { sasCodesOf } from "./sas-codes.ts";
import { SAS_EMOJI } from "./sas-emoji.ts";

test("symbols and names are the specification's", () => {
  expect(SAS_EMOJI).toHaveLength(64);
  expect(SAS_EMOJI).toEqual(table.toSorted((a, b) => a.number - b.number).map(({ emoji, description }) => [emoji, description]));
});

test("seven times six bits, and three times thirteen", () => {
  // 000001 000011 000111 001111 011111 111111 101010 …
  const bytes = Uint8Array.from([0b00000100, 0b00110001, 0b11001111, 0b01111111, 0b11111010, 0b10101111]);
  const { emojiIndices, decimals, emoji } = sasCodesOf(bytes);
  expect(emojiIndices).toEqual([1, 3, 7, 15, 31, 63, 42]);
  expect(emoji[0]).toEqual(["🐱", "Cat"]);
  expect(decimals).toEqual([0b0000010000110 + 1000, 0b0011100111101 + 1000, 0b1111111111101 + 1000]);
  expect(sasCodesOf(new Uint8Array(6)).decimals).toEqual([1000, 1000, 1000]);
  expect(sasCodesOf(new Uint8Array(6).fill(255)).decimals).toEqual([9191, 9191, 9191]);
});
