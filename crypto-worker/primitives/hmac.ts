import { createHmac, timingSafeEqual } from "node:crypto";

export function hmacSha256(key: Uint8Array, data: string | Uint8Array): Uint8Array {
  return createHmac("sha256", key).update(data).digest();
}

/** Compares in time that depends on the lengths only. For MACs and other values whose bytes an attacker must not learn one by one. */
export function constantTimeEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
