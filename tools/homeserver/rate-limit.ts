import { MatrixError } from "./matrix-error.ts";

export type RateLimit = { perSecond: number; burst: number };
/** Limits by kind of request; what is not named is not limited. */
export type RateLimits = { login?: RateLimit; register?: RateLimit; send?: RateLimit; sendToDevice?: RateLimit; other?: RateLimit };

/** Token buckets per user (or before a login, for everybody) and kind of request. */
export class RateLimiter {
  readonly #buckets = new Map<string, { tokens: number; at: number }>();
  readonly #limits: RateLimits;

  constructor(limits: RateLimits) {
    this.#limits = limits;
  }

  take(kind: keyof RateLimits, who: string): void {
    const limit = this.#limits[kind];
    if (limit === undefined) return;
    const key = `${kind} ${who}`;
    const now = Date.now();
    const bucket = this.#buckets.get(key) ?? { tokens: limit.burst, at: now };
    this.#buckets.set(key, bucket);
    bucket.tokens = Math.min(limit.burst, bucket.tokens + ((now - bucket.at) / 1000) * limit.perSecond);
    bucket.at = now;
    if (bucket.tokens < 1)
      throw new MatrixError(429, "M_LIMIT_EXCEEDED", "Too Many Requests", {
        retry_after_ms: Math.ceil(((1 - bucket.tokens) / limit.perSecond) * 1000),
      });
    bucket.tokens--;
  }
}
