import type { Curve25519PublicKey, Ed25519PublicKey } from "../../protocol/ids.ts";
import { err, ok, type Result } from "../../protocol/result.ts";
import { parseCurve25519Key } from "../primitives/curve25519.ts";
import { encodeCanonicalJson } from "./canonical-json.ts";
import { booleanField, isJsonObject, isWithinDepth, stringField, type JsonObject } from "./json.ts";
import { verifyJson, withSignature, type VerifyJson } from "./signatures.ts";

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

/**
 * Signed keys of ours as keys/upload wants them, from their ids. `sign` gives the signature of each text. Deterministic: the same key always gives the same
 * bytes, also after a crash.
 */
export function encodeOneTimeKeys(
  keys: readonly { readonly keyId: string; readonly key: Curve25519PublicKey }[],
  fallback: boolean,
  sign: (messages: readonly string[]) => readonly string[],
  owner: { readonly userId: string; readonly deviceId: string },
): JsonObject {
  const unsigned = keys.map(({ keyId, key }) => ({ keyId, json: fallback ? { key, fallback: true } : { key } }));
  const signatures = sign(unsigned.map(({ json }) => encodeCanonicalJson(json)));
  return Object.fromEntries(
    unsigned.map(({ keyId, json }, at) => [
      `${ONE_TIME_KEY_ALGORITHM}:${keyId}`,
      withSignature(json, signatures[at] ?? "", owner.userId, `ed25519:${owner.deviceId}`),
    ]),
  );
}
