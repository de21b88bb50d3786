import type { Curve25519PublicKey, Ed25519PublicKey } from "../../protocol/ids.ts";
import { err, ok, type Result } from "../../protocol/result.ts";
import { parseCurve25519Key } from "../primitives/curve25519.ts";
import { encodeCanonicalJson } from "./canonical-json.ts";
import { booleanField, isJsonObject, isWithinDepth, stringField, type JsonObject } from "./json.ts";
import { verifyJson, type VerifyJson } from "./signatures.ts";

export const ONE_TIME_KEY_ALGORITHM = "signed_curve25519";

/** A claimed one-time or fallback key whose signature was checked. */
export type OneTimeKey = { readonly keyId: string; readonly key: Curve25519PublicKey; readonly fallback: boolean };
export type OneTimeKeyFailure = "unknown-algorithm" | "not-an-object" | "invalid-key" | "low-order-key" | "bad-signature";

/** Whose key it has to be. */
export type OneTimeKeyOwner = { readonly userId: string; readonly deviceId: string; readonly ed25519: Ed25519PublicKey };

/** `fullId` is `signed_curve25519:ID`; the plain `curve25519` form has no signature and is refused. */
export function parseOneTimeKey(
  fullId: string,
  value: unknown,
  owner: OneTimeKeyOwner,
  verify: VerifyJson = verifyJson,
): Result<OneTimeKey, OneTimeKeyFailure> {
  const prefix = `${ONE_TIME_KEY_ALGORITHM}:`;
  if (!fullId.startsWith(prefix)) return err("unknown-algorithm");
  if (!isJsonObject(value) || !isWithinDepth(value, 8)) return err("not-an-object");
  const key = parseCurve25519Key(stringField(value, "key"));
  if (!key.ok) return err(key.error === "low-order-key" ? "low-order-key" : "invalid-key");
  if (!verify(value, owner.userId, `ed25519:${owner.deviceId}`, owner.ed25519)) return err("bad-signature");
  return ok({ keyId: fullId.slice(prefix.length), key: key.value, fallback: booleanField(value, "fallback") === true });
}

/** Keys of ours on their way to keys/upload. */
export type UnsignedOneTimeKeys = {
  /** What is to be signed of each. */
  readonly messages: readonly string[];
  /** The signed keys by their full ids, with one signature for each message. */
  readonly signed: (signatures: readonly string[]) => JsonObject;
};

/** Deterministic: the same key always gives the same bytes, also after a crash. */
export function encodeOneTimeKeys(
  keys: readonly { readonly keyId: string; readonly key: Curve25519PublicKey }[],
  fallback: boolean,
  owner: { readonly userId: string; readonly deviceId: string },
): UnsignedOneTimeKeys {
  const unsigned = keys.map(({ keyId, key }) => ({
    fullId: `${ONE_TIME_KEY_ALGORITHM}:${keyId}`,
    json: fallback ? { key, fallback: true } : { key },
  }));
  const signatureId = `ed25519:${owner.deviceId}`;
  const sign = (json: JsonObject, signature: string | undefined): JsonObject => {
    if (signature === undefined) throw new Error("a key without its signature");
    return { ...json, signatures: { [owner.userId]: { [signatureId]: signature } } };
  };
  return {
    messages: unsigned.map(({ json }) => encodeCanonicalJson(json)),
    signed: (signatures) => Object.fromEntries(unsigned.map(({ fullId, json }, at) => [fullId, sign(json, signatures[at])])),
  };
}
