import { expect, test } from "vitest";
import { clearCounterBit } from "./aes-ctr.ts";

test("of an IV the highest bit of the lower half is cleared, and nothing else: a counter of 64 bits does not run over", () => {
  const iv = new Uint8Array(16).fill(0xff);
  expect(clearCounterBit(iv)).toBe(iv);
  expect([...iv]).toEqual([...Array.from({ length: 8 }, () => 0xff), 0x7f, ...Array.from({ length: 7 }, () => 0xff)]);
  expect([...clearCounterBit(new Uint8Array(16).fill(0x2a))]).toEqual(Array.from({ length: 16 }, () => 0x2a));
});
