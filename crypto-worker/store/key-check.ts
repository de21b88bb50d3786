import { createHmac, createSecretKey, timingSafeEqual } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";

const BYTES = 32;

/**
 * A keyed fingerprint of the store key beside the store. SQLCipher reports a wrong key and a damaged first page alike; with this file the two can be told
 * apart, and a person is not asked for another key when the disk is at fault. It reveals nothing about a random 32-byte key.
 *
 * It is written with the first commit that has to last, after that and before anyone acts on it: a store without it was never relied on, and one with it is
 * never begun anew, whatever is left of it.
 */
export class KeyCheck {
  readonly #path: string;
  readonly #fingerprint: Buffer;
  readonly #written: Buffer | undefined;

  constructor(storePath: string, key: Uint8Array) {
    this.#path = `${storePath}.key-check`;
    this.#fingerprint = createHmac("sha256", createSecretKey(key)).update("bulkhead store key check v1").digest();
    // What a power cut left has never been finished: nothing, a part, or zeros, which is how some file systems fill what had not reached the disk.
    const found = existsSync(this.#path) ? readFileSync(this.#path) : undefined;
    const whole = found?.byteLength === BYTES && found.some((byte) => byte !== 0);
    this.#written = whole ? found : undefined;
  }

  /** Whether it was there when this object was made. */
  get exists(): boolean {
    return this.#written !== undefined;
  }

  get matches(): boolean {
    return this.#written !== undefined && timingSafeEqual(this.#written, this.#fingerprint);
  }

  /** Without a flush: a power cut before the system's own leaves an empty file or zeros, and the next commit that has to last writes it again. */
  write(): void {
    writeFileSync(this.#path, this.#fingerprint, { mode: 0o600 });
  }
}
