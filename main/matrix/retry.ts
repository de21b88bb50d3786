import type { TransportFailure } from "./transport.ts";

/** What one attempt came to, as far as repeating it is concerned. */
export type Outcome =
  | { readonly kind: "answered"; readonly status: number; readonly retryAfterMs: number | undefined }
  | { readonly kind: "failed"; readonly failure: TransportFailure };

/** `safe`: repeating is harmless. `never`: only 429 is waited out. `caller`: not even that, the caller has its own back-off. */
export type RetryPolicy = "safe" | "never" | "caller";

export type RetryDecision = { readonly retry: false } | { readonly retry: true; readonly afterMs: number };

const MAX_ATTEMPTS = 4;
const MAX_RATE_LIMITED_ATTEMPTS = 12;
const FIRST_DELAY_MS = 400;
const MAX_DELAY_MS = 15_000;
/** A server that asks for more than this is answered with `rate-limited`, so that a person is told rather than kept waiting. */
const MAX_RETRY_AFTER_MS = 120_000;

/** Whether to repeat a request, and after how long. `attempt` counts from 1. */
export function decideRetry(policy: RetryPolicy, outcome: Outcome, attempt: number, random: number): RetryDecision {
  if (policy === "caller") return { retry: false };
  if (outcome.kind === "answered" && outcome.status === 429) {
    const afterMs = outcome.retryAfterMs ?? backOffMs(attempt, random);
    if (attempt >= MAX_RATE_LIMITED_ATTEMPTS || afterMs > MAX_RETRY_AFTER_MS) return { retry: false };
    return { retry: true, afterMs };
  }
  const transient =
    outcome.kind === "answered"
      ? outcome.status >= 500
      : outcome.failure !== "cancelled" && outcome.failure !== "too-large" && outcome.failure !== "no-such-host";
  if (policy === "never" || !transient || attempt >= MAX_ATTEMPTS) return { retry: false };
  return { retry: true, afterMs: backOffMs(attempt, random) };
}

/** Exponential with half of it jitter: many clients that lost one server must not come back in step. */
export function backOffMs(attempt: number, random: number, maxMs = MAX_DELAY_MS): number {
  const full = Math.min(maxMs, FIRST_DELAY_MS * 2 ** Math.min(attempt - 1, 16));
  return Math.round(full / 2 + (full / 2) * random);
}

/**
 * How long the server asks us to wait: the header (RFC 9110: seconds or a date) or the older `retry_after_ms` of the body.
 * https://spec.matrix.org/v1.16/client-server-api/#rate-limiting
 */
export function parseRetryAfter(header: string | null, bodyMs: unknown, now: number): number | undefined {
  if (header !== null) {
    if (/^\d{1,7}$/.test(header.trim())) return Number(header.trim()) * 1000;
    const date = Date.parse(header);
    if (Number.isFinite(date)) return Math.max(0, date - now);
  }
  return typeof bodyMs === "number" && Number.isFinite(bodyMs) && bodyMs >= 0 ? Math.ceil(bodyMs) : undefined;
}
