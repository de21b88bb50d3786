import { createPublicKey, verify } from "node:crypto";
import { canonicalJson, objectOr, stringOr, type JsonObject } from "./json.ts";

/** Checks an Ed25519 signature of the Matrix signing scheme with a raw public key in unpadded base64. */
export function isSignedBy(signed: JsonObject, userId: string, keyId: string, publicKey: string): boolean {
  const signature = stringOr(objectOr(objectOr(signed["signatures"])[userId])[keyId], undefined);
  if (signature === undefined) return false;
  const raw = Buffer.from(publicKey, "base64");
  if (raw.length !== 32) return false;
  const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: raw.toString("base64url") }, format: "jwk" });
  return verify(null, Buffer.from(canonicalJson(unsigned(signed))), key, Buffer.from(signature, "base64"));
}

/** The part of a signed object that its signatures cover. */
export function unsigned(signed: JsonObject): JsonObject {
  const { signatures: _signatures, unsigned: _unsigned, ...rest } = signed;
  return rest;
}

/** The one key of a cross-signing key object: `ed25519:KEY` and KEY. */
export function crossSigningKeyOf(key: JsonObject): { keyId: string; publicKey: string } | undefined {
  const entries = Object.entries(objectOr(key["keys"]));
  const [keyId, publicKey] = entries[0] ?? [];
  if (entries.length !== 1 || keyId === undefined || typeof publicKey !== "string") return undefined;
  return keyId === `ed25519:${publicKey}` ? { keyId, publicKey } : undefined;
}
