import { expect, test } from "vitest";
import { clearCounterBit } from "./aes-ctr.ts";

test("of an IV the highest bit of the lower half is cleared, and nothing else: a counter of 64 bits does not run over", () => {
  const iv = Uint8Array.from({ length: 16 }, (_, at) => 0xf0 + at);
  expect(clearCounterBit(iv)).toBe(iv);
  expect([...iv]).toEqual(Array.from({ length: 16 }, (_, at) => (at === 8 ? 0x78 : 0xf0 + at)));
  const cleared = Uint8Array.from(iv);
  expect(clearCounterBit(cleared)).toEqual(iv);
});
