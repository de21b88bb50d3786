import { randomBytes, randomFillSync } from "node:crypto";

const POOL_BYTES = 4096;
const MAX_POOLED_BYTES = 64;

/** Asking the system for a few bytes costs as much as asking for many. Each byte is given out once, and forgotten here. */
class RandomPool {
  readonly #bytes = new Uint8Array(POOL_BYTES);
  #taken = POOL_BYTES;

  take(length: number): Uint8Array {
    if (length > MAX_POOLED_BYTES) return randomBytes(length);
    if (this.#taken + length > POOL_BYTES) {
      randomFillSync(this.#bytes);
      this.#taken = 0;
    }
    const start = this.#taken;
    this.#taken += length;
    const given = this.#bytes.slice(start, this.#taken);
    this.#bytes.fill(0, start, this.#taken);
    return given;
  }
}

const pool = new RandomPool();

/** The process's clock and random source, for machines that are not given others. */
export const systemEnv = {
  now: (): number => Date.now(),
  randomBytes: (length: number): Uint8Array => pool.take(length),
};
