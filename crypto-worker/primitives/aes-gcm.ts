import { createCipheriv, createDecipheriv } from "node:crypto";
import { err, ok, type Result } from "../../protocol/result.ts";
import { openSealed } from "./aead.ts";
import type { Secret } from "./secret.ts";

export const GCM_NONCE_BYTES = 12;
export const GCM_TAG_BYTES = 16;

/** AES-256-GCM; the tag follows the ciphertext. `context` is authenticated with it, so that the result can be nothing else. A nonce serves one key once. */
export function sealAesGcm(key: Secret<string>, nonce: Uint8Array, plain: Secret<string>, context: Uint8Array): Uint8Array {
  return key.use((keyBytes) => {
    const cipher = createCipheriv("aes-256-gcm", keyBytes, nonce).setAAD(context);
    return plain.use((bytes) => Buffer.concat([cipher.update(bytes), cipher.final(), cipher.getAuthTag()]));
  });
}

/** `not-authentic`: another key, nonce or context, or damaged. GCM does not say which. */
export function openAesGcm<Kind extends string>(
  key: Secret<string>,
  nonce: Uint8Array,
  sealed: Uint8Array,
  context: Uint8Array,
  kind: Kind,
): Result<Secret<Kind>, "not-authentic"> {
  if (nonce.byteLength !== GCM_NONCE_BYTES || sealed.byteLength < GCM_TAG_BYTES) return err("not-authentic");
  return key.use((keyBytes) => {
    const decipher = createDecipheriv("aes-256-gcm", keyBytes, nonce).setAAD(context);
    const plain = openSealed(decipher, sealed, GCM_TAG_BYTES, kind);
    return plain === undefined ? err("not-authentic") : ok(plain);
  });
}
