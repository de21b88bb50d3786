import { err, ok, type Result } from "../../../protocol/result.ts";
import { AesCtrStream } from "../../primitives/aes-ctr.ts";
import { Sha256 } from "../../primitives/hash.ts";
import { constantTimeEqual } from "../../primitives/hmac.ts";
import type { AttachmentKeys } from "../../wire/encrypted-file.ts";

/** Not the file that the event was written for. */
export type AttachmentFailure = "wrong-hash";

/**
 * The first pass over an encrypted file, which decrypts nothing. AES-CTR authenticates nothing: whoever keeps the file could change what it says bit by
 * bit, and only the hash inside the encrypted event shows that.
 */
export class AttachmentVerifier {
  readonly #keys: AttachmentKeys;
  readonly #hash = new Sha256();

  /** The keys stay the caller's. */
  constructor(keys: AttachmentKeys) {
    this.#keys = keys;
  }

  push(chunk: Uint8Array): void {
    this.#hash.update(chunk);
  }

  /** What decrypts the file in a second pass. */
  finish(): Result<AttachmentDecryptor, AttachmentFailure> {
    return constantTimeEqual(this.#hash.digest(), this.#keys.sha256) ? ok(new AttachmentDecryptor(this.#keys)) : err("wrong-hash");
  }
}

/** The second pass. SECURITY: made only by a verifier that saw the whole file. */
class AttachmentDecryptor {
  readonly #keys: AttachmentKeys;
  readonly #stream: AesCtrStream;
  readonly #hash = new Sha256();

  constructor(keys: AttachmentKeys) {
    this.#keys = keys;
    this.#stream = keys.key.use((key) => new AesCtrStream(key, keys.iv));
  }

  /** As many bytes of plaintext as went in. */
  push(chunk: Uint8Array): Uint8Array {
    this.#hash.update(chunk);
    return this.#stream.update(chunk);
  }

  /** Whether this pass saw the file that was verified. Where its bytes come from outside each time, use nothing of it before. */
  finish(): Result<void, AttachmentFailure> {
    return constantTimeEqual(this.#hash.digest(), this.#keys.sha256) ? ok(undefined) : err("wrong-hash");
  }
}

export type { AttachmentDecryptor };

/** Both passes over a file that is in memory. */
export function decryptAttachment(keys: AttachmentKeys, ciphertext: Uint8Array): Result<Uint8Array, AttachmentFailure> {
  const verifier = new AttachmentVerifier(keys);
  verifier.push(ciphertext);
  const decryptor = verifier.finish();
  return decryptor.ok ? ok(decryptor.value.push(ciphertext)) : decryptor;
}
