import type { WrappedKey } from "../../../protocol/control.ts";
import { err, type Result } from "../../../protocol/result.ts";
import type { Env } from "../../machine/env.ts";
import { GCM_NONCE_BYTES, GCM_TAG_BYTES, openAesGcm, sealAesGcm } from "../../primitives/aes-gcm.ts";
import { decodeBase64, encodeBase64 } from "../../primitives/base64.ts";
import { scryptKeyAsync } from "../../primitives/scrypt.ts";
import type { Secret } from "../../primitives/secret.ts";

export type StoreKey = Secret<"store-key">;

const LOG_N = 17;
const SALT_BYTES = 16;
const KEY_BYTES = 32;
/** Bound into the ciphertext, so that it can be nothing but a store key. */
const CONTEXT = Buffer.from("bulkhead store key v1", "utf8");

/** Wraps the store key with a passphrase: scrypt (2^17, 8, 1), then AES-256-GCM. */
export async function wrapStoreKey(key: StoreKey, passphrase: string, env: Env): Promise<WrappedKey> {
  const salt = env.randomBytes(SALT_BYTES);
  const nonce = env.randomBytes(GCM_NONCE_BYTES);
  using wrapping = await scryptKeyAsync(passphrase, { salt, logN: LOG_N, r: 8, p: 1, length: KEY_BYTES }, "key-wrapping");
  const ciphertext = sealAesGcm(wrapping, nonce, key, CONTEXT);
  return {
    kdf: "scrypt",
    salt: encodeBase64(salt),
    n: 2 ** LOG_N,
    r: 8,
    p: 1,
    nonce: encodeBase64(nonce),
    ciphertext: encodeBase64(ciphertext),
  };
}

/** `wrong-passphrase` also where the wrapped key was tampered with: the two cannot be told apart. */
export async function unwrapStoreKey(wrapped: WrappedKey, passphrase: string): Promise<Result<StoreKey, "wrong-passphrase" | "malformed">> {
  const salt = decodeBase64(wrapped.salt, { maxBytes: 32 });
  const nonce = decodeBase64(wrapped.nonce, { maxBytes: GCM_NONCE_BYTES });
  const ciphertext = decodeBase64(wrapped.ciphertext, { maxBytes: KEY_BYTES + GCM_TAG_BYTES });
  const logN = Math.log2(wrapped.n);
  if (!salt.ok || !nonce.ok || !ciphertext.ok || !Number.isInteger(logN)) return err("malformed");
  if (nonce.value.byteLength !== GCM_NONCE_BYTES || ciphertext.value.byteLength !== KEY_BYTES + GCM_TAG_BYTES) return err("malformed");
  const parameters = { salt: salt.value, logN, r: wrapped.r, p: wrapped.p, length: KEY_BYTES };
  using wrapping = await scryptKeyAsync(passphrase, parameters, "key-wrapping");
  const opened = openAesGcm(wrapping, nonce.value, ciphertext.value, CONTEXT, "store-key");
  return opened.ok ? opened : err("wrong-passphrase");
}
