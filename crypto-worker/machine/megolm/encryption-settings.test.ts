import { expect, test } from "vitest";
import { clampEncryptionSettings } from "./encryption-settings.ts";

const WEEK = 7 * 24 * 60 * 60 * 1000;

test("what a room does not say is what the specification says", () => {
  const settings = { rotationPeriodMs: WEEK, rotationPeriodMsgs: 100, historyVisibility: "shared", sharingStrategy: "allDevices" };
  expect(clampEncryptionSettings({})).toEqual(settings);
  expect(clampEncryptionSettings({ rotationPeriodMs: Number.NaN, rotationPeriodMsgs: Number.POSITIVE_INFINITY })).toEqual(settings);
});

test("no room makes us share a key for every second, nor keep one for ever", () => {
  const periods = (rotationPeriodMs: number, rotationPeriodMsgs: number): number[] => {
    const settings = clampEncryptionSettings({ rotationPeriodMs, rotationPeriodMsgs });
    return [settings.rotationPeriodMs, settings.rotationPeriodMsgs];
  };
  expect(periods(0, 0)).toEqual([3_600_000, 1]);
  expect(periods(-1, -1)).toEqual([3_600_000, 1]);
  expect(periods(3_600_000, 1)).toEqual([3_600_000, 1]);
  expect(periods(3_600_001.9, 2.9)).toEqual([3_600_001, 2]);
  expect(periods(1e300, 10_000)).toEqual([Number.MAX_SAFE_INTEGER, 10_000]);
  expect(periods(WEEK, 10_001)).toEqual([WEEK, 10_000]);
});
