import { AES_IV_BYTES, AES_KEY_BYTES, AesCtrStream } from "../../primitives/aes-ctr.ts";
import { Sha256 } from "../../primitives/hash.ts";
import { Secret } from "../../primitives/secret.ts";
import type { AttachmentKeys } from "../../wire/encrypted-file.ts";
import type { Env } from "../env.ts";

const NONCE_BYTES = 8;

/** Encrypts one file in pieces, with a key of its own (E2EE §Sending encrypted attachments). A thumbnail is another file, and has another key. */
export class AttachmentEncryptor {
  readonly #key: Secret<"attachment-key">;
  readonly #iv: Uint8Array;
  readonly #stream: AesCtrStream;
  readonly #hash = new Sha256();

  constructor(env: Pick<Env, "randomBytes">) {
    this.#key = Secret.take(env.randomBytes(AES_KEY_BYTES), "attachment-key");
    // The lower half counts: random there, it could run over into the upper half, which not every implementation carries.
    this.#iv = new Uint8Array(AES_IV_BYTES);
    this.#iv.set(env.randomBytes(NONCE_BYTES));
    this.#stream = this.#key.use((key) => new AesCtrStream(key, this.#iv));
  }

  /** As many bytes of ciphertext as went in. */
  push(chunk: Uint8Array): Uint8Array {
    const ciphertext = this.#stream.update(chunk);
    this.#hash.update(ciphertext);
    return ciphertext;
  }

  /** What the event carries, once the ciphertext has a place: see `encodeEncryptedFile`. The caller disposes of the key. The hash takes nothing more after it, so that both throw. */
  finish(): AttachmentKeys {
    return { key: this.#key, iv: this.#iv, sha256: this.#hash.digest() };
  }
}
