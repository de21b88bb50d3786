import { createCipheriv } from "node:crypto";

export const AES_KEY_BYTES = 32;
export const AES_IV_BYTES = 16;

/**
 * AES-256-CTR. Encryption and decryption are the same operation, and nothing is authenticated: check the MAC or the hash of the
 * ciphertext BEFORE calling this to decrypt. Never use a key with the same IV twice.
 */
export function aesCtr(key: Uint8Array, iv: Uint8Array, data: Uint8Array): Uint8Array {
  return createCipheriv("aes-256-ctr", key, iv).update(data);
}

/** The same in pieces, for attachments. */
export class AesCtrStream {
  readonly #cipher: ReturnType<typeof createCipheriv>;

  constructor(key: Uint8Array, iv: Uint8Array) {
    this.#cipher = createCipheriv("aes-256-ctr", key, iv);
  }

  update(data: Uint8Array): Uint8Array {
    return this.#cipher.update(data);
  }
}

/** Clears bit 63, as key exports and secret storage want it, for implementations whose counter is 64 bits wide. Changes `iv`. */
export function clearCounterBit(iv: Uint8Array): Uint8Array {
  iv[8] = (iv[8] ?? 0) & 0x7f;
  return iv;
}
