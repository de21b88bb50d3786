import { createCipheriv, createDecipheriv, createHmac, createSecretKey, hkdfSync, randomBytes, type KeyObject } from "node:crypto";
import { encodeBase64 } from "./base64.ts";

const MAC_BYTES = 8;

/** What libolm does with a pickle key, with the platform's AES and HMAC. */
export class PickleCipher {
  /** What libolm's `pickle` and `unpickle` are given. Its wrapper wipes what it is given: pass a copy. */
  readonly pickleKey: Uint8Array;
  /** Key objects: set up once, they cost a third of raw keys. */
  readonly #aesKey: KeyObject;
  readonly #macKey: KeyObject;
  readonly #iv: Uint8Array;

  constructor(pickleKey: Uint8Array = randomBytes(32)) {
    const derived = new Uint8Array(hkdfSync("sha256", createSecretKey(pickleKey), "", "Pickle", 80));
    this.pickleKey = pickleKey;
    this.#aesKey = createSecretKey(derived.subarray(0, 32));
    this.#macKey = createSecretKey(derived.subarray(32, 64));
    this.#iv = derived.slice(64);
    derived.fill(0);
  }

  /** Text that libolm can unpickle. Wipes `plain`. */
  seal(plain: Uint8Array): string {
    const cipher = createCipheriv("aes-256-cbc", this.#aesKey, this.#iv);
    const ciphertext = Buffer.concat([cipher.update(plain), cipher.final()]);
    plain.fill(0);
    const mac = createHmac("sha256", this.#macKey).update(ciphertext).digest();
    return encodeBase64(Buffer.concat([ciphertext, mac.subarray(0, MAC_BYTES)]));
  }

  /** For pickles that libolm has just made, in this process: the MAC is not checked. SECURITY: the result holds private keys. */
  open(pickle: string): Buffer {
    const sealed = Buffer.from(pickle, "base64");
    const decipher = createDecipheriv("aes-256-cbc", this.#aesKey, this.#iv);
    return Buffer.concat([decipher.update(sealed.subarray(0, -MAC_BYTES)), decipher.final()]);
  }
}

/** Between libolm and us, within one process. */
export const transferCipher = new PickleCipher();
