import { describe, expect, test } from "vitest";
import { parseCurve25519PublicKey } from "../../../protocol/ids.ts";
import { must } from "../../../tests/support/megolm-world.ts";
import { decideFallbackKey, decideOneTimeKeys } from "./key-supply.ts";

const HOUR = 60 * 60 * 1000;
const NOW = 1_700_000_000_000;

function supply(changes: Partial<Parameters<typeof decideOneTimeKeys>[0]> = {}): Parameters<typeof decideOneTimeKeys>[0] {
  return {
    serverOneTimeKeys: 0,
    heldOneTimeKeys: 0,
    oneTimeKeysTs: NOW,
    fallbackKeyTs: NOW,
    fallbackKeys: [],
    fallbackKeyUsed: false,
    ...changes,
  };
}

describe("how many one-time keys are made", () => {
  test.each([
    [0, 0, 50],
    [49, 49, 1],
    [50, 50, 0],
    [80, 80, 0],
    [0, 50, 50],
    [0, 60, 40],
    [0, 100, 0],
    [0, 120, 0],
  ])("with %i on the server and %i here: %i", (serverOneTimeKeys, heldOneTimeKeys, count) => {
    expect(decideOneTimeKeys(supply({ serverOneTimeKeys, heldOneTimeKeys }), 100, NOW)).toBe(count);
  });

  test("claimed keys are given up after a day without new ones, and where the clock went backwards", () => {
    const full = supply({ heldOneTimeKeys: 100 });
    for (const [now, count] of [
      [NOW + 24 * HOUR - 1, 0],
      [NOW + 24 * HOUR, 50],
      [NOW - 1, 50],
    ] as const)
      expect(decideOneTimeKeys(full, 100, now)).toBe(count);
    expect(decideOneTimeKeys({ ...full, oneTimeKeysTs: undefined }, 100, NOW)).toBe(0);
    expect(decideOneTimeKeys({ ...full, serverOneTimeKeys: undefined }, 150, NOW)).toBe(50);
  });
});

test("a fallback key serves for a week, unless it is used or the clock goes backwards", () => {
  const week = 7 * 24 * HOUR;
  expect(decideFallbackKey(supply(), NOW + week - 1)).toBe(false);
  expect(decideFallbackKey(supply(), NOW + week)).toBe(true);
  expect(decideFallbackKey(supply(), NOW - 1)).toBe(true);
  expect(decideFallbackKey(supply({ fallbackKeyUsed: true }), NOW)).toBe(true);
  expect(decideFallbackKey(supply({ fallbackKeyTs: undefined }), NOW)).toBe(true);
  expect(decideFallbackKey(supply({ fallbackKeyUsed: undefined, fallbackKeyTs: undefined }), NOW + week)).toBe(false);
});

test("a used fallback key is replaced at once, and the one after it no sooner than in an hour", () => {
  const key = must(parseCurve25519PublicKey("hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo"));
  expect(decideFallbackKey(supply({ fallbackKeyUsed: true, fallbackKeys: [key] }), NOW)).toBe(true);
  const second = supply({ fallbackKeyUsed: true, fallbackKeys: [key, key] });
  expect([HOUR - 1, HOUR, -1].map((age) => decideFallbackKey(second, NOW + age))).toEqual([false, true, true]);
});
