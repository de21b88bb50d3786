import { expect, test } from "vitest";
import { SEAL_SYMBOLS } from "./seal-symbols.ts";
import { passphraseStrength } from "./strength.ts";

test("the seal's table has sixty-four things with names of their own, in a fixed order", () => {
  expect(SEAL_SYMBOLS).toHaveLength(64);
  expect(new Set(SEAL_SYMBOLS.map(({ name }) => name)).size).toBe(64);
  expect(new Set(SEAL_SYMBOLS.map(({ icon }) => icon)).size).toBe(64);
  expect([0, 1, 31, 62, 63].map((index) => SEAL_SYMBOLS[index]?.name)).toEqual([
    "seal.anchor",
    "seal.apple",
    "seal.flower",
    "seal.turtle",
    "seal.umbrella",
  ]);
});

test("strength: short, weak, fair, strong", () => {
  expect(passphraseStrength("short")).toBe(0);
  expect(passphraseStrength("👩‍🚀👩‍🚀")).toBe(0);
  expect(passphraseStrength("aaaaaaaaaaaaaaaaaaaaaaaa")).toBe(1);
  expect(passphraseStrength("12345678901234")).toBe(1);
  expect(passphraseStrength("password")).toBe(1);
  expect(passphraseStrength("harbour light house")).toBe(2);
  expect(passphraseStrength("correct horse battery staple")).toBe(2);
  expect(passphraseStrength("correct horse battery staple lantern")).toBe(3);
  expect(passphraseStrength("v9$Kq!zR2m@Xw7pL#")).toBe(3);
});
