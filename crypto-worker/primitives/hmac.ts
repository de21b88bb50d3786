import { createHmac, createSecretKey, timingSafeEqual } from "node:crypto";

/** As a key object, because Node takes longer to find out that bytes are none than to compute the rest. */
export function hmacSha256(key: Uint8Array, data: string | Uint8Array): Uint8Array {
  return createHmac("sha256", createSecretKey(key)).update(data).digest();
}

/** The same in pieces, for files. */
export class HmacSha256Stream {
  readonly #hmac: ReturnType<typeof createHmac>;

  constructor(key: Uint8Array) {
    this.#hmac = createHmac("sha256", createSecretKey(key));
  }

  update(data: Uint8Array): void {
    this.#hmac.update(data);
  }

  digest(): Uint8Array {
    return this.#hmac.digest();
  }
}

/** Compares in time that depends on the lengths only. For MACs and other values whose bytes an attacker must not learn one by one. */
export function constantTimeEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
