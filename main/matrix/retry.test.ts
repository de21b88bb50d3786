import { describe, expect, test } from "vitest";
import { backOffMs, decideRetry, parseRetryAfter } from "./retry.ts";

const answered = (status: number, retryAfterMs?: number) => ({ kind: "answered", status, retryAfterMs }) as const;

describe("decideRetry", () => {
  test("429 is waited out for as long as the server says, whatever may be repeated", () => {
    expect(decideRetry("never", answered(429, 1234), 1, 0.5)).toEqual({ retry: true, afterMs: 1234 });
    expect(decideRetry("safe", answered(429, 1234), 11, 0.5)).toEqual({ retry: true, afterMs: 1234 });
  });

  test("but not for ever, and not for a caller with a back-off of its own", () => {
    expect(decideRetry("safe", answered(429, 10), 12, 0.5)).toEqual({ retry: false });
    expect(decideRetry("safe", answered(429, 3_600_000), 1, 0.5)).toEqual({ retry: false });
    expect(decideRetry("caller", answered(429, 10), 1, 0.5)).toEqual({ retry: false });
  });

  test("5xx and lost connections are repeated only where that is harmless", () => {
    expect(decideRetry("safe", answered(502), 1, 0.5).retry).toBe(true);
    expect(decideRetry("never", answered(502), 1, 0.5).retry).toBe(false);
    expect(decideRetry("safe", { kind: "failed", failure: "unreachable" }, 1, 0.5).retry).toBe(true);
    expect(decideRetry("safe", { kind: "failed", failure: "timeout" }, 4, 0.5).retry).toBe(false);
    expect(decideRetry("never", { kind: "failed", failure: "offline" }, 1, 0.5).retry).toBe(false);
    expect(decideRetry("safe", { kind: "failed", failure: "cancelled" }, 1, 0.5).retry).toBe(false);
  });

  test("4xx are the server's word", () => {
    expect(decideRetry("safe", answered(403), 1, 0.5).retry).toBe(false);
    expect(decideRetry("safe", answered(200), 1, 0.5).retry).toBe(false);
  });
});

test("back-off grows, is capped, and half of it is jitter", () => {
  expect([1, 2, 3, 4].map((attempt) => backOffMs(attempt, 0))).toEqual([200, 400, 800, 1600]);
  expect(backOffMs(1, 0.999)).toBeLessThanOrEqual(400);
  expect(backOffMs(1000, 0.999, 60_000)).toBeLessThanOrEqual(60_000);
});

test("Retry-After in seconds, as a date, or as the body's milliseconds", () => {
  const now = Date.parse("2026-01-01T00:00:00Z");
  expect(parseRetryAfter("3", undefined, now)).toBe(3000);
  expect(parseRetryAfter("Thu, 01 Jan 2026 00:00:05 GMT", undefined, now)).toBe(5000);
  expect(parseRetryAfter("Thu, 01 Jan 2020 00:00:05 GMT", undefined, now)).toBe(0);
  expect(parseRetryAfter(null, 250, now)).toBe(250);
  expect(parseRetryAfter("soon", 250, now)).toBe(250);
  expect(parseRetryAfter(null, -1, now)).toBeUndefined();
  expect(parseRetryAfter(null, "5", now)).toBeUndefined();
});
