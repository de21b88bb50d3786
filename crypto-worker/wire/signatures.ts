import type { Ed25519PublicKey } from "../../protocol/ids.ts";
import type { Result } from "../../protocol/result.ts";
import { verifySignature } from "../primitives/ed25519.ts";
import { canonicalJson, encodeCanonicalJson, type CanonicalJsonFailure } from "./canonical-json.ts";
import { isJsonObject, objectField, stringField, type JsonObject } from "./json.ts";

/** What a signature covers: everything but `signatures` and `unsigned` (appendices §Signing JSON). */
export function signableJson(object: JsonObject): Result<string, CanonicalJsonFailure> {
  return canonicalJson(withoutSignatures(object));
}

/**
 * A copy of `object` with a signature added to those that it has. `sign` takes the canonical JSON and gives unpadded base64; `keyId` is
 * `ed25519:DEVICE` or `ed25519:<public key>`. Throws for what is not canonical JSON: we only sign objects of our own or checked ones.
 */
export function signJson(object: JsonObject, sign: (message: string) => string, userId: string, keyId: string): JsonObject {
  const signature = sign(encodeCanonicalJson(withoutSignatures(object)));
  const signatures = objectField(object, "signatures") ?? {};
  const ofUser = objectField(signatures, userId) ?? {};
  return { ...object, signatures: { ...signatures, [userId]: { ...ofUser, [keyId]: signature } } };
}

export type VerifyJson = (object: JsonObject, userId: string, keyId: string, publicKey: Ed25519PublicKey) => boolean;

/** Whether `object` carries a valid signature of `userId` under exactly this key id, by exactly this key. */
export const verifyJson: VerifyJson = (object, userId, keyId, publicKey) => {
  const signature = signatureOf(object, userId, keyId);
  if (signature === undefined) return false;
  const message = signableJson(object);
  return message.ok && verifySignature(publicKey, message.value, signature);
};

/** The claimed signature, unchecked. */
export function signatureOf(object: JsonObject, userId: string, keyId: string): string | undefined {
  const signatures = objectField(object, "signatures");
  const ofUser = signatures === undefined ? undefined : objectField(signatures, userId);
  return ofUser === undefined ? undefined : stringField(ofUser, keyId);
}

/** Every signature claimed in `object`: user id → key id → signature, unchecked. Entries of other types are left out. */
export function claimedSignatures(object: JsonObject): Map<string, Map<string, string>> {
  const result = new Map<string, Map<string, string>>();
  for (const [userId, value] of Object.entries(objectField(object, "signatures") ?? {})) {
    if (!isJsonObject(value)) continue;
    const ofUser = new Map<string, string>();
    for (const [keyId, signature] of Object.entries(value)) if (typeof signature === "string") ofUser.set(keyId, signature);
    result.set(userId, ofUser);
  }
  return result;
}

function withoutSignatures(object: JsonObject): JsonObject {
  const { signatures: _signatures, unsigned: _unsigned, ...rest } = object;
  return rest;
}
