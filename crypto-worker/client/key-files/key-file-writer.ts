import { AesCtrStream, AES_IV_BYTES, AES_KEY_BYTES, clearCounterBit } from "../../primitives/aes-ctr.ts";
import { encodePaddedBase64 } from "../../primitives/base64.ts";
import { HmacSha256Stream } from "../../primitives/hmac.ts";
import { pbkdf2Sha512Async } from "../../primitives/pbkdf2.ts";
import type { Env } from "../../machine/env.ts";
import {
  LINE_LENGTH,
  CIPHERTEXT_AT,
  DERIVED_BYTES,
  HEADER,
  IV_AT,
  ROUNDS_AT,
  SALT_AT,
  SALT_BYTES,
  TRAILER,
  VERSION,
} from "../../machine/megolm/room-key-file-format.ts";

/** What Element uses; about half a second. */
const ROUNDS = 500_000;
const LINE_BYTES = (LINE_LENGTH / 4) * 3;

/** Writes a key file piece by piece, so that no more than a piece of it is ever in memory. */
export class KeyFileWriter {
  readonly #cipher: AesCtrStream;
  readonly #mac: HmacSha256Stream;
  #unwritten: Uint8Array = new Uint8Array(0);
  #head: string;

  private constructor(header: Uint8Array, cipher: AesCtrStream, mac: HmacSha256Stream) {
    this.#cipher = cipher;
    this.#mac = mac;
    this.#head = `${HEADER}\n`;
    this.#mac.update(header);
    this.#unwritten = header;
  }

  /** Half a second of another thread's time for the passphrase. */
  static async start(passphrase: string, env: Pick<Env, "randomBytes">): Promise<KeyFileWriter> {
    const salt = env.randomBytes(SALT_BYTES);
    const iv = clearCounterBit(env.randomBytes(AES_IV_BYTES));
    const derived = await pbkdf2Sha512Async(passphrase, { salt, rounds: ROUNDS, length: DERIVED_BYTES }, "key-export");
    if (!derived.ok) throw new Error("the rounds are ours");
    using secret = derived.value;
    const header = new Uint8Array(CIPHERTEXT_AT);
    header[0] = VERSION;
    header.set(salt, SALT_AT);
    header.set(iv, IV_AT);
    new DataView(header.buffer).setUint32(ROUNDS_AT, ROUNDS);
    return secret.use(
      (bytes) =>
        new KeyFileWriter(
          header,
          new AesCtrStream(bytes.subarray(0, AES_KEY_BYTES), iv),
          new HmacSha256Stream(bytes.subarray(AES_KEY_BYTES)),
        ),
    );
  }

  /** The file's next part, which holds the encrypted text or its beginning. */
  write(text: string): string {
    const plaintext = Buffer.from(text, "utf8");
    const ciphertext = this.#cipher.update(plaintext);
    plaintext.fill(0);
    this.#mac.update(ciphertext);
    return this.#encode(ciphertext, false);
  }

  /** The file's last part. */
  end(): string {
    return `${this.#encode(this.#mac.digest(), true)}${TRAILER}\n`;
  }

  /** Whole lines; what does not fill one waits for more. */
  #encode(bytes: Uint8Array, isLast: boolean): string {
    const all = Buffer.concat([this.#unwritten, bytes]);
    const length = isLast ? all.length : all.length - (all.length % LINE_BYTES);
    this.#unwritten = Uint8Array.from(all.subarray(length));
    let text = this.#head;
    this.#head = "";
    for (let at = 0; at < length; at += LINE_BYTES) {
      text += `${encodePaddedBase64(all.subarray(at, Math.min(length, at + LINE_BYTES)))}\n`;
    }
    return text;
  }
}
