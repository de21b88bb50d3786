import { beforeAll, describe, expect, test } from "vitest";
import {
  parseCurve25519PublicKey,
  parseDeviceId,
  parseUserId,
  type Curve25519PublicKey,
  type DeviceId,
  type UserId,
} from "../../protocol/ids.ts";
import { Account } from "../primitives/account.ts";
import { Ed25519SigningKey } from "../primitives/ed25519.ts";
import { loadOlm } from "../primitives/olm-library.ts";
import { Secret } from "../primitives/secret.ts";
import { encodeCrossSigningKey, isSignedByMaster, parseCrossSigningKey } from "./cross-signing-keys.ts";
import { decodeDeviceKeys, encodeDeviceKeys, parseDeviceKeys } from "./device-keys.ts";
import { objectField, type JsonObject, type JsonValue } from "./json.ts";
import { encodeOneTimeKeys, parseOneTimeKey } from "./one-time-key.ts";
import { signJson } from "./signatures.ts";

function unwrap<T>(result: { ok: true; value: T } | { ok: false; error: string }): T {
  if (!result.ok) throw new Error(result.error);
  return result.value;
}

const userId: UserId = unwrap(parseUserId("@alice:example.org"));
const deviceId: DeviceId = unwrap(parseDeviceId("DEVICE"));
const LOW_ORDER = "A".repeat(43);
let sign: (message: string) => string;
let keys: JsonObject;
let owner: { userId: UserId; deviceId: DeviceId; ed25519: ReturnType<typeof Ed25519SigningKey.fromSeed>["publicKey"] };
let oneTimeKey: Curve25519PublicKey;

beforeAll(async () => {
  await loadOlm();
  const account = Account.create();
  sign = (message) => account.sign(message);
  keys = encodeDeviceKeys({ userId, deviceId, ...account.identityKeys }, sign);
  owner = { userId, deviceId, ed25519: account.identityKeys.ed25519 };
  oneTimeKey = unwrap(parseCurve25519PublicKey("hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo"));
});

/** The same keys with a change, signed again so that only the change can be wrong. */
function changed(change: Record<string, JsonValue | undefined>): JsonObject {
  const { signatures: _old, ...rest } = keys;
  const object = Object.fromEntries(Object.entries({ ...rest, ...change }).filter(([, value]) => value !== undefined)) as JsonObject;
  return signJson(object, sign, userId, `ed25519:${deviceId}`);
}

describe("device keys", () => {
  test("our own are accepted", () => {
    const parsed = unwrap(parseDeviceKeys(keys, { userId, deviceId }));
    expect(parsed).toMatchObject({ userId, deviceId, ed25519: owner.ed25519, dehydrated: false, displayName: undefined });
    expect(parsed.algorithms).toEqual(["m.olm.v1.curve25519-aes-sha2", "m.megolm.v1.aes-sha2"]);
    expect(parsed.json).toBe(keys);
  });

  test("the ids must be those under which they were found", () => {
    expect(parseDeviceKeys(keys, { userId: "@b:x", deviceId })).toEqual({ ok: false, error: "mismatched-user" });
    expect(parseDeviceKeys(keys, { userId, deviceId: "OTHER" })).toEqual({ ok: false, error: "mismatched-device" });
  });

  test("unknown properties and keys are tolerated, and signed with the rest", () => {
    const extra = changed({ "org.example": { x: [1] }, keys: { ...(keys["keys"] as JsonObject), "future:DEVICE": "x" } });
    expect(parseDeviceKeys(extra).ok).toBe(true);
    expect(parseDeviceKeys({ ...keys, "org.example": 1 })).toEqual({ ok: false, error: "bad-signature" });
  });

  test("the display name comes from the unsigned part and is cut", () => {
    expect(unwrap(parseDeviceKeys({ ...keys, unsigned: { device_display_name: "x".repeat(1000) } })).displayName).toHaveLength(255);
  });

  test("a dehydrated device says so", () => {
    expect(unwrap(parseDeviceKeys(changed({ dehydrated: true }))).dehydrated).toBe(true);
  });

  const curve = `curve25519:${deviceId}`;
  const ed = `ed25519:${deviceId}`;
  test.each<[string, string, (k: JsonObject) => Record<string, JsonValue | undefined>]>([
    ["no user", "invalid-user-id", () => ({ user_id: undefined })],
    ["a bad user", "invalid-user-id", () => ({ user_id: "alice" })],
    ["no device", "invalid-device-id", () => ({ device_id: 1 })],
    ["no algorithms", "invalid-algorithms", () => ({ algorithms: undefined })],
    ["algorithms of numbers", "invalid-algorithms", () => ({ algorithms: [1] })],
    ["too many algorithms", "invalid-algorithms", () => ({ algorithms: Array.from({ length: 33 }, () => "x") })],
    ["no keys", "missing-key", () => ({ keys: undefined })],
    ["no curve key", "missing-key", (k) => ({ keys: { [ed]: k[ed] ?? "" } })],
    ["no ed key", "missing-key", (k) => ({ keys: { [curve]: k[curve] ?? "" } })],
    ["a key of another device id", "missing-key", (k) => ({ keys: { "curve25519:X": k[curve] ?? "", [ed]: k[ed] ?? "" } })],
    ["a low-order curve key", "low-order-key", (k) => ({ keys: { ...k, [curve]: LOW_ORDER } })],
    ["a small-order ed key", "low-order-key", (k) => ({ keys: { ...k, [ed]: LOW_ORDER } })],
    ["another ed key", "bad-signature", (k) => ({ keys: { ...k, [ed]: "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo" } })],
  ])("%s: %s", (_, error, change) => {
    expect(parseDeviceKeys(changed(change(keys["keys"] as JsonObject)))).toEqual({ ok: false, error });
  });

  test("without a self-signature they are refused, but our store may still decode them", () => {
    const { signatures: _none, ...unsigned } = keys;
    expect(parseDeviceKeys(unsigned)).toEqual({ ok: false, error: "bad-signature" });
    expect(decodeDeviceKeys(unsigned).ok).toBe(true);
    expect(parseDeviceKeys({ ...keys, signatures: { [userId]: { "ed25519:OTHER": "x" } } })).toEqual({ ok: false, error: "bad-signature" });
  });
});

describe("cross-signing keys", () => {
  const master = Ed25519SigningKey.fromSeed(Secret.from(new Uint8Array(32).fill(1), "master"));
  const self = Ed25519SigningKey.fromSeed(Secret.from(new Uint8Array(32).fill(2), "self"));
  const masterJson = encodeCrossSigningKey(userId, "master", master.publicKey);
  const selfJson = encodeCrossSigningKey(userId, "self_signing", self.publicKey);
  const expected = { userId, usage: "master" } as const;

  test("a self-signing key with the master's signature belongs to it", () => {
    const parsedMaster = unwrap(parseCrossSigningKey(masterJson, expected));
    const signed = signJson(selfJson, (m) => master.sign(m), userId, `ed25519:${master.publicKey}`);
    const parsed = unwrap(parseCrossSigningKey(signed, { userId, usage: "self_signing" }));
    expect(isSignedByMaster(parsed, parsedMaster)).toBe(true);
    expect(isSignedByMaster(unwrap(parseCrossSigningKey(selfJson, { userId, usage: "self_signing" })), parsedMaster)).toBe(false);
    expect(isSignedByMaster(parsed, parsed)).toBe(false);
    const selfSigned = signJson(selfJson, (m) => self.sign(m), userId, `ed25519:${self.publicKey}`);
    expect(isSignedByMaster(unwrap(parseCrossSigningKey(selfSigned, { userId, usage: "self_signing" })), parsedMaster)).toBe(false);
  });

  test.each<[string, string, Record<string, JsonValue>]>([
    ["another user", "mismatched-user", { user_id: "@b:x" }],
    ["no user", "invalid-user-id", { user_id: 5 }],
    ["another usage", "wrong-usage", { usage: ["self_signing"] }],
    ["two usages", "wrong-usage", { usage: ["master", "self_signing"] }],
    ["no usage", "wrong-usage", { usage: [] }],
    ["usage as text", "wrong-usage", { usage: "master" }],
    ["no key", "invalid-key", { keys: {} }],
    [
      "two keys",
      "invalid-key",
      { keys: { [`ed25519:${master.publicKey}`]: master.publicKey, [`ed25519:${self.publicKey}`]: self.publicKey } },
    ],
    ["an id that is not the key", "invalid-key", { keys: { [`ed25519:${self.publicKey}`]: master.publicKey } }],
    ["a device id as its id", "invalid-key", { keys: { "ed25519:DEVICE": master.publicKey } }],
    ["another algorithm", "invalid-key", { keys: { [`curve25519:${master.publicKey}`]: master.publicKey } }],
    ["a small-order key", "low-order-key", { keys: { [`ed25519:${LOW_ORDER}`]: LOW_ORDER } }],
  ])("%s: %s", (_, error, change) => {
    expect(parseCrossSigningKey({ ...masterJson, ...change }, expected)).toEqual({ ok: false, error });
  });
});

describe("one-time keys", () => {
  const signedKey = (key: Curve25519PublicKey, fallback = false, by: { userId: string; deviceId: string } = owner): JsonObject => {
    const { messages, signed } = encodeOneTimeKeys([{ keyId: "AAAA", key }], fallback, by);
    return objectField(signed(messages.map(sign)), "signed_curve25519:AAAA") ?? {};
  };

  test("none goes out without its signature", () => {
    const { messages, signed } = encodeOneTimeKeys(
      ["AAAA", "AAAB"].map((keyId) => ({ keyId, key: oneTimeKey })),
      false,
      owner,
    );
    expect(() => signed(messages.slice(1).map(sign))).toThrow("without its signature");
  });

  test("signed ones are accepted, fallback or not, and always encode to the same bytes", () => {
    for (const fallback of [false, true]) {
      const json = signedKey(oneTimeKey, fallback);
      expect(parseOneTimeKey("signed_curve25519:AAAA", json, owner)).toEqual({
        ok: true,
        value: { keyId: "AAAA", key: oneTimeKey, fallback },
      });
      expect(JSON.stringify(signedKey(oneTimeKey, fallback))).toBe(JSON.stringify(json));
    }
  });

  test.each<[string, string, string, (json: JsonObject) => unknown]>([
    ["an unsigned algorithm", "curve25519:AAAA", "unknown-algorithm", (json) => json],
    ["no object", "signed_curve25519:A", "not-an-object", () => "key"],
    ["no key", "signed_curve25519:A", "invalid-key", ({ signatures }) => ({ signatures })],
    ["a low-order key", "signed_curve25519:A", "low-order-key", () => signedKey(LOW_ORDER as Curve25519PublicKey)],
    ["fallback added afterwards", "signed_curve25519:A", "bad-signature", (json) => ({ ...json, fallback: true })],
    ["no signature", "signed_curve25519:A", "bad-signature", ({ key }) => ({ key })],
    [
      "a signature of another device",
      "signed_curve25519:A",
      "bad-signature",
      () => signedKey(oneTimeKey, false, { userId, deviceId: "X" }),
    ],
  ])("%s", (_, id, error, change) => {
    expect(parseOneTimeKey(id, change(signedKey(oneTimeKey)), owner)).toEqual({ ok: false, error });
  });
});
