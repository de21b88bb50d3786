/** Raw. SECURITY: `privateKey` is secret. */
export type RawKeyPair = { readonly publicKey: Buffer; readonly privateKey: Buffer };

/** The two halves of an Edwards or Montgomery key pair as Node's crypto exports it (RFC 8037): by far the cheapest way to the bytes of a new key. */
export function rawKeyPair(jwk: unknown): RawKeyPair {
  if (typeof jwk !== "object" || jwk === null || !("x" in jwk) || !("d" in jwk) || typeof jwk.x !== "string" || typeof jwk.d !== "string")
    throw new Error("a key pair without its parts");
  return { publicKey: Buffer.from(jwk.x, "base64url"), privateKey: Buffer.from(jwk.d, "base64url") };
}
