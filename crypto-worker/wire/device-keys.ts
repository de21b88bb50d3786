import {
  parseDeviceId,
  parseUserId,
  type Curve25519PublicKey,
  type DeviceId,
  type Ed25519PublicKey,
  type UserId,
} from "../../protocol/ids.ts";
import { err, ok, type Result } from "../../protocol/result.ts";
import { parseCurve25519Key } from "../primitives/curve25519.ts";
import { parseEd25519Key } from "../primitives/ed25519.ts";
import { SUPPORTED_ALGORITHMS } from "./algorithms.ts";
import { booleanField, isJsonObject, isWithinDepth, objectField, stringArrayField, stringField, type JsonObject } from "./json.ts";
import { signJson, verifyJson, type VerifyJson } from "./signatures.ts";

/** The identity of a device (E2EE §Device keys). One that came out of `parseDeviceKeys` is signed by its own Ed25519 key. */
export type DeviceKeys = {
  readonly userId: UserId;
  readonly deviceId: DeviceId;
  readonly algorithms: readonly string[];
  readonly curve25519: Curve25519PublicKey;
  readonly ed25519: Ed25519PublicKey;
  /** MSC3814: a device without a person behind it. */
  readonly dehydrated: boolean;
  /** From `unsigned`: the server can put anything here. */
  readonly displayName: string | undefined;
  /** As received, for further signature checks and to embed it (MSC4147). */
  readonly json: JsonObject;
};

export type DeviceKeysFailure =
  | "not-an-object"
  | "invalid-user-id"
  | "invalid-device-id"
  | "mismatched-user"
  | "mismatched-device"
  | "invalid-algorithms"
  | "missing-key"
  | "low-order-key"
  | "bad-signature";

const MAX_ALGORITHMS = 32;
const MAX_DISPLAY_NAME = 255;

/** Parses device keys and verifies their self-signature. With `expected` the ids inside must be those under which they were found. */
export function parseDeviceKeys(
  value: unknown,
  expected?: { readonly userId: string; readonly deviceId: string },
  verify: VerifyJson = verifyJson,
): Result<DeviceKeys, DeviceKeysFailure> {
  const keys = decodeDeviceKeys(value);
  return keys.ok ? checkDeviceKeys(keys.value, expected, verify) : keys;
}

/** What is left to be checked of keys that were decoded. */
export function checkDeviceKeys(
  keys: DeviceKeys,
  expected: { readonly userId: string; readonly deviceId: string } | undefined,
  verify: VerifyJson,
): Result<DeviceKeys, DeviceKeysFailure> {
  if (expected !== undefined && keys.userId !== expected.userId) return err("mismatched-user");
  if (expected !== undefined && keys.deviceId !== expected.deviceId) return err("mismatched-device");
  return verify(keys.json, keys.userId, `ed25519:${keys.deviceId}`, keys.ed25519) ? ok(keys) : err("bad-signature");
}

/** The same without the signature: for what our own store or a comparison with known keys vouches for already. */
export function decodeDeviceKeys(value: unknown): Result<DeviceKeys, DeviceKeysFailure> {
  if (!isJsonObject(value) || !isWithinDepth(value, 8)) return err("not-an-object");
  const userId = parseUserId(stringField(value, "user_id"));
  if (!userId.ok) return userId;
  const deviceId = parseDeviceId(stringField(value, "device_id"));
  if (!deviceId.ok) return deviceId;
  const algorithms = stringArrayField(value, "algorithms");
  if (algorithms === undefined || algorithms.length > MAX_ALGORITHMS) return err("invalid-algorithms");
  const keys = objectField(value, "keys") ?? {};
  const curve25519 = parseCurve25519Key(stringField(keys, `curve25519:${deviceId.value}`));
  const ed25519 = parseEd25519Key(stringField(keys, `ed25519:${deviceId.value}`));
  if (!curve25519.ok) return err(curve25519.error === "low-order-key" ? "low-order-key" : "missing-key");
  if (!ed25519.ok) return err(ed25519.error === "low-order-key" ? "low-order-key" : "missing-key");
  const displayName = stringField(objectField(value, "unsigned") ?? {}, "device_display_name")
    ?.slice(0, MAX_DISPLAY_NAME)
    .toWellFormed();
  return ok({
    userId: userId.value,
    deviceId: deviceId.value,
    algorithms,
    curve25519: curve25519.value,
    ed25519: ed25519.value,
    dehydrated: booleanField(value, "dehydrated") === true,
    displayName,
    json: value,
  });
}

/** Our own device's keys, signed by it. */
export function encodeDeviceKeys(
  keys: Pick<DeviceKeys, "userId" | "deviceId" | "curve25519" | "ed25519"> & { readonly dehydrated?: boolean },
  sign: (message: string) => string,
): JsonObject {
  const json: JsonObject = {
    user_id: keys.userId,
    device_id: keys.deviceId,
    algorithms: [...SUPPORTED_ALGORITHMS],
    keys: { [`curve25519:${keys.deviceId}`]: keys.curve25519, [`ed25519:${keys.deviceId}`]: keys.ed25519 },
    ...(keys.dehydrated === true ? { dehydrated: true } : {}),
  };
  return signJson(json, sign, keys.userId, `ed25519:${keys.deviceId}`);
}
