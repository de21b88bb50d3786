import { parseUserId, type Ed25519PublicKey, type UserId } from "../../protocol/ids.ts";
import { err, ok, type Result } from "../../protocol/result.ts";
import { parseEd25519Key } from "../primitives/ed25519.ts";
import { isJsonObject, isWithinDepth, objectField, stringArrayField, stringField, type JsonObject } from "./json.ts";
import { signableJson, verifyJson, type VerifyJson } from "./signatures.ts";

export type CrossSigningUsage = "master" | "self_signing" | "user_signing";

/** One public cross-signing key of a user (E2EE §Cross-signing). */
export type CrossSigningKey = {
  readonly userId: UserId;
  readonly usage: CrossSigningUsage;
  readonly publicKey: Ed25519PublicKey;
  /** As received, for signature checks. */
  readonly json: JsonObject;
};

export type CrossSigningKeyFailure =
  "not-an-object" | "not-canonical" | "invalid-user-id" | "mismatched-user" | "wrong-usage" | "invalid-key" | "low-order-key";

/**
 * Exactly one usage, exactly one key, named after itself. Signatures are not checked here: the master key needs none, and the others go
 * through `isSignedByMaster`.
 */
export function parseCrossSigningKey(
  value: unknown,
  expected: { readonly userId: string; readonly usage: CrossSigningUsage },
): Result<CrossSigningKey, CrossSigningKeyFailure> {
  if (!isJsonObject(value) || !isWithinDepth(value, 8)) return err("not-an-object");
  const userId = parseUserId(stringField(value, "user_id"));
  if (!userId.ok) return userId;
  if (userId.value !== expected.userId) return err("mismatched-user");
  const usage = stringArrayField(value, "usage");
  if (usage?.length !== 1 || usage[0] !== expected.usage) return err("wrong-usage");
  const keys = Object.entries(objectField(value, "keys") ?? {});
  const [entry] = keys;
  if (entry === undefined || keys.length !== 1) return err("invalid-key");
  const publicKey = parseEd25519Key(entry[1]);
  if (!publicKey.ok) return err(publicKey.error === "low-order-key" ? "low-order-key" : "invalid-key");
  // The id must be the key itself, so that it can never pass for a device id (CVE-2022-39250).
  if (entry[0] !== `ed25519:${publicKey.value}`) return err("invalid-key");
  // A master key carries no signature that would show it, and whoever verifies its owner signs it.
  if (expected.usage === "master" && !signableJson(value).ok) return err("not-canonical");
  return ok({ userId: userId.value, usage: expected.usage, publicKey: publicKey.value, json: value });
}

/** Whether `key` belongs to `master` and carries its signature. */
export function isSignedByMaster(key: CrossSigningKey, master: CrossSigningKey, verify: VerifyJson = verifyJson): boolean {
  return (
    master.usage === "master" &&
    key.userId === master.userId &&
    verify(key.json, master.userId, `ed25519:${master.publicKey}`, master.publicKey)
  );
}

/** The unsigned object of one of our own cross-signing keys. */
export function encodeCrossSigningKey(userId: UserId, usage: CrossSigningUsage, publicKey: Ed25519PublicKey): JsonObject {
  return { user_id: userId, usage: [usage], keys: { [`ed25519:${publicKey}`]: publicKey } };
}
