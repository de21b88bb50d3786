import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createLog } from "../log.ts";
import { Retries } from "./retries.ts";

const look = vi.fn<() => void>();

beforeEach(() => {
  vi.useFakeTimers();
  look.mockReset();
});
afterEach(() => {
  vi.useRealTimers();
});

function retries(): Retries<string> {
  const context = { isClosed: () => false, log: createLog(() => undefined, Date.now) };
  return new Retries(context, { firstMs: 1000, maxMs: 8000 }, look);
}

test("each failure waits longer, and the one that waits least is looked at first", async () => {
  const tries = retries();
  tries.failed("often");
  tries.failed("often");
  tries.failed("often");
  tries.failed("once");
  expect([tries.mustWait("often"), tries.mustWait("once"), tries.mustWait("never")]).toEqual([true, true, false]);
  await vi.advanceTimersByTimeAsync(1300);
  expect(look).toHaveBeenCalledTimes(1);
  expect([tries.mustWait("often"), tries.mustWait("once")]).toEqual([true, false]);
  await vi.advanceTimersByTimeAsync(4000);
  expect(look).toHaveBeenCalledTimes(2);
  expect([tries.mustWait("often"), tries.countOf("often")]).toEqual([false, 3]);
  expect(vi.getTimerCount()).toBe(0);
});

test("nothing is looked at once all has come through, or may be tried anyway", async () => {
  const tries = retries();
  tries.failed("one");
  tries.succeeded("one");
  tries.failed("two");
  tries.clear();
  expect([tries.countOf("one"), tries.mustWait("two")]).toEqual([0, false]);
  expect(vi.getTimerCount()).toBe(0);
  tries.failed("three");
  await vi.advanceTimersByTimeAsync(1300);
  expect(look).toHaveBeenCalledTimes(1);
});
