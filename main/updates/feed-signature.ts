import { createPublicKey, type KeyObject, verify } from "node:crypto";

/** Of the signature's file: a line for each key, in base64. */
export const MAX_SIGNATURE_BYTES = 1024;
const MAX_LINES = 8;
const SIGNATURE = /^[A-Za-z0-9+/]{86}==$/;

/**
 * Whether one of the keys has signed exactly these bytes. `keys` are raw Ed25519 keys in base64; of several signatures (while a key is replaced) one is enough.
 */
// SECURITY: the door that everything from the feed has to pass before any of it is parsed.
export function isSignedBy(keys: readonly string[], bytes: Uint8Array, signatures: string): boolean {
  const lines = signatures.trim().split("\n", MAX_LINES);
  const known = keys.map(publicKey);
  return lines.some((line) => {
    const signature = SIGNATURE.test(line) ? Buffer.from(line, "base64") : undefined;
    return signature !== undefined && known.some((key) => verify(null, bytes, key, signature));
  });
}

function publicKey(raw: string): KeyObject {
  return createPublicKey({ format: "jwk", key: { kty: "OKP", crv: "Ed25519", x: Buffer.from(raw, "base64").toString("base64url") } });
}
