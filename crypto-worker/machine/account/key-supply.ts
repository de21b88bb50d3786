import type { AccountRecord } from "../../store/tables/account.ts";

/** How many one-time keys the server should hold. */
const TARGET_ONE_TIME_KEYS = 50;
/** Replaced at this age even if nobody is known to have used it. */
export const FALLBACK_KEY_MAX_AGE_MS = 7 * 24 * 60 * 60 * 1000;
/** A used one is replaced at once, and the one after it no sooner than this: what was written to the first may still be on its way, and two are kept. */
const FALLBACK_KEY_MIN_AGE_MS = 60 * 60 * 1000;
/** How long a former one is kept for other messages, after the first (E2EE §One-time and fallback keys). */
const FORMER_FALLBACK_KEY_MS = 60 * 60 * 1000;
/** A key that was claimed this long ago and never used belongs to a message that was never sent. */
const CLAIMED_KEY_MAX_AGE_MS = 24 * 60 * 60 * 1000;

type Supply = Pick<
  AccountRecord,
  "serverOneTimeKeys" | "heldOneTimeKeys" | "oneTimeKeysTs" | "fallbackKeyTs" | "fallbackKeys" | "fallbackKeyUsed"
>;
type Former = Pick<AccountRecord, "fallbackKeys" | "formerFallbackKeyTs">;

/**
 * How many one-time keys to make so that the server is full again. libolm holds `capacity` private keys and silently drops the oldest for a new one, which
 * a message on its way may still need. So claimed keys whose messages have not come count too, and the fallback key serves until there is room; only after
 * a day without new keys are the oldest given up, or a peer who claims and never sends could block us for ever.
 */
export function decideOneTimeKeys(supply: Supply, capacity: number, now: number): number {
  const wanted = TARGET_ONE_TIME_KEYS - (supply.serverOneTimeKeys ?? 0);
  if (wanted <= 0) return 0;
  const free = Math.max(0, capacity - supply.heldOneTimeKeys);
  if (wanted <= free) return wanted;
  const age = now - (supply.oneTimeKeysTs ?? now);
  return age >= CLAIMED_KEY_MAX_AGE_MS || age < 0 ? wanted : free;
}

/**
 * Whether to make a new fallback key: the server must have shown that it knows them; then at first, when it was used (E2EE §One-time and fallback keys),
 * at its age limit, and when the clock went backwards and the age says nothing. A sync may have been answered before the server had the new key, and calls
 * that one used; and anybody can use one after the other.
 */
export function decideFallbackKey(supply: Supply, now: number): boolean {
  if (supply.fallbackKeyUsed === undefined) return false;
  if (supply.fallbackKeyTs === undefined || now < supply.fallbackKeyTs) return true;
  const age = now - supply.fallbackKeyTs;
  const dropsNone = supply.fallbackKeys.length < 2;
  return age >= FALLBACK_KEY_MAX_AGE_MS || (supply.fallbackKeyUsed && (dropsNone || age >= FALLBACK_KEY_MIN_AGE_MS));
}

/**
 * Whether the fallback key before the current one is of no use any more. matrix-sdk-crypto keeps it until the next one is made; the specification has it
 * removed, as who steals its private half reads what was sent by it. Where the server gave it to somebody whose message has not come, it stays.
 */
export function decideForgettingFallbackKey({ fallbackKeys, formerFallbackKeyTs }: Former, now: number): boolean {
  return fallbackKeys.length > 1 && formerFallbackKeyTs !== undefined && Math.abs(now - formerFallbackKeyTs) >= FORMER_FALLBACK_KEY_MS;
}
