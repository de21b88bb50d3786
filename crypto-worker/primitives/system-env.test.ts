import { expect, test } from "vitest";
import { systemEnv } from "./system-env.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

test("random bytes come in the length that was asked for, and never twice", () => {
  const seen = new Set<string>();
  for (const length of [12, 16, 32, 64, 65, 1000]) {
    for (let i = 0; i < 1000; i++) {
      const bytes = systemEnv.randomBytes(length);
      expect(bytes).toHaveLength(length);
      // Any eight of them in a row, wherever they were taken from.
      for (let at = 0; at + 8 <= length; at += 8) seen.add(hex(bytes.subarray(at, at + 8)));
    }
  }
  expect(seen.size).toBe(1000 * (1 + 2 + 4 + 8 + 8 + 125));
  expect(systemEnv.randomBytes(0)).toHaveLength(0);
});

test("what was given out belongs to whoever asked", () => {
  const first = systemEnv.randomBytes(16);
  const before = hex(first);
  systemEnv.randomBytes(16).fill(0);
  for (let i = 0; i < 1000; i++) systemEnv.randomBytes(32);
  expect(hex(first)).toBe(before);
  expect(first.buffer.byteLength).toBe(16);
});
