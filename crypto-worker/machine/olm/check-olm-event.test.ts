import { beforeAll, describe, expect, test } from "vitest";
import { Account } from "../../primitives/account.ts";
import { loadOlm } from "../../primitives/olm-library.ts";
import { decodeDeviceKeys, encodeDeviceKeys, parseDeviceKeys } from "../../wire/device-keys.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../../wire/json.ts";
import { parseOlmPlaintext } from "../../wire/olm-plaintext.ts";
import type { Device } from "../devices/device.ts";
import { checkOlmEvent, type OlmEventFrame, type SenderDevices } from "./check-olm-event.ts";

// E2EE §Validation of incoming decrypted events: every check must be able to fail alone, and in this order.

type Setup = { frame: OlmEventFrame; payload: JsonObject; keys: JsonObject; other: JsonObject; stored: Device };

let setup: Setup;

beforeAll(async () => {
  await loadOlm();
  setup = newSetup();
});

function deviceKeys(account: Account, userId: string, deviceId: string): JsonObject {
  return encodeDeviceKeys({ ...account.identityKeys, userId: userId as never, deviceId: deviceId as never }, (message) =>
    account.sign(message),
  );
}

function deviceOf(json: JsonObject, changes: Partial<Device> = {}): Device {
  const keys = decodeDeviceKeys(json);
  if (!keys.ok) throw new Error(keys.error);
  return {
    ...keys.value,
    deleted: false,
    localTrust: "unset",
    crossSignedBy: undefined,
    withheldCodeSent: false,
    firstSeenTs: 0,
    olmWedgingIndex: 0,
    keysJson: "",
    ...changes,
  };
}

function newSetup(): Setup {
  using alice = Account.create();
  using mallory = Account.create();
  using bob = Account.create();
  const keys = deviceKeys(alice, "@alice:example.org", "A");
  return {
    keys,
    other: deviceKeys(mallory, "@alice:example.org", "M"),
    stored: deviceOf(keys),
    frame: {
      ourUserId: "@bob:example.org" as never,
      ourEd25519: bob.identityKeys.ed25519,
      envelopeSender: "@alice:example.org" as never,
      senderCurve25519: alice.identityKeys.curve25519,
    },
    payload: {
      type: "org.example.ping",
      content: {},
      sender: "@alice:example.org",
      recipient: "@bob:example.org",
      recipient_keys: { ed25519: bob.identityKeys.ed25519 },
      keys: { ed25519: alice.identityKeys.ed25519 },
      sender_device_keys: keys,
    },
  };
}

function devicesOf(known: Device | undefined): SenderDevices {
  return {
    deviceByCurveKey: (userId, curve25519) => (known?.userId === userId && known.curve25519 === curve25519 ? known : undefined),
    parseEmbeddedDevice: (value: JsonValue) => (parseDeviceKeys(value).ok && isJsonObject(value) ? deviceOf(value) : undefined),
  };
}

function check(payload: JsonObject, known?: Device, frame: OlmEventFrame = setup.frame): string {
  const plaintext = parseOlmPlaintext(JSON.stringify(payload));
  if (!plaintext.ok) return plaintext.error;
  const result = checkOlmEvent(plaintext.value, frame, devicesOf(known));
  return result.ok ? result.value.senderDeviceSource : result.error;
}

function without(object: JsonObject, ...keys: string[]): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([key]) => !keys.includes(key)));
}

describe("what is refused", () => {
  const cases: [string, (payload: JsonObject, setup: Setup) => JsonObject, string][] = [
    ["for another user", (payload) => ({ ...payload, recipient: "@carol:example.org" }), "mismatched-recipient"],
    ["from another user than the envelope says", (payload) => ({ ...payload, sender: "@mallory:example.org" }), "mismatched-sender"],
    ["for other keys of ours", (payload, { payload: { keys = {} } }) => ({ ...payload, recipient_keys: keys }), "mismatched-recipient-key"],
    ["without a recipient", (payload) => without(payload, "recipient"), "invalid-recipient"],
    ["without recipient keys", (payload) => without(payload, "recipient_keys"), "invalid-keys"],
    ["without sender keys", (payload) => without(payload, "keys"), "invalid-keys"],
    ["embedded keys that are no object", (payload) => ({ ...payload, sender_device_keys: "x" }), "invalid-sender-device-keys"],
    [
      "embedded keys of another user (CVE-2026-45056)",
      (payload, { keys }) => ({ ...payload, sender_device_keys: { ...keys, user_id: "@carol:example.org" } }),
      "invalid-sender-device-keys",
    ],
    [
      "embedded keys without their signature",
      (payload, { keys }) => ({ ...payload, sender_device_keys: without(keys, "signatures") }),
      "invalid-sender-device-keys",
    ],
    [
      "embedded keys that were changed after signing",
      (payload, { keys }) => ({ ...payload, sender_device_keys: { ...keys, algorithms: [] } }),
      "invalid-sender-device-keys",
    ],
    ["embedded keys of another device", (payload, { other }) => ({ ...payload, sender_device_keys: other }), "mismatched-keys"],
    [
      "claimed keys that the embedded ones do not have",
      (payload, { other }) => ({ ...payload, keys: { ed25519: deviceOf(other).ed25519 } }),
      "mismatched-keys",
    ],
    [
      "a malformed unstable name",
      (payload) => ({ ...without(payload, "sender_device_keys"), "org.matrix.msc4147.device_keys": 1 }),
      "invalid-sender-device-keys",
    ],
    ["an unknown device", (payload) => without(payload, "sender_device_keys"), "missing-sender-device"],
    [
      "a bundle whose sender is not embedded",
      (payload) => ({ ...without(payload, "sender_device_keys"), type: "m.room_key_bundle" }),
      "missing-sender-device",
    ],
  ];
  test.each(cases)("%s", (_name, change, failure) => {
    expect(check(setup.payload)).toBe("embedded");
    expect(check(change(setup.payload, setup))).toBe(failure);
  });

  test("embedded keys whose Curve25519 key is not the session's", () => {
    const frame = { ...setup.frame, senderCurve25519: deviceOf(setup.other).curve25519 };
    expect(check(setup.payload, undefined, frame)).toBe("mismatched-keys");
  });

  test("embedded keys of another user, signed by themselves and with the session's keys", () => {
    using carol = Account.create();
    const keys = deviceKeys(carol, "@carol:example.org", "C");
    const frame = { ...setup.frame, senderCurve25519: carol.identityKeys.curve25519 };
    const payload = { ...setup.payload, keys: { ed25519: carol.identityKeys.ed25519 }, sender_device_keys: keys };
    expect(check(payload, undefined, frame)).toBe("invalid-sender-device-keys");
  });

  test("a known device with another Ed25519 key, also for room keys", () => {
    const known = { ...setup.stored, ed25519: deviceOf(setup.other).ed25519 };
    for (const type of ["org.example.ping", "m.room_key"])
      expect(check({ ...without(setup.payload, "sender_device_keys"), type }, known)).toBe("mismatched-keys");
  });

  test("a bundle whose sender is not embedded, though we know the device", () => {
    const payload = without(setup.payload, "sender_device_keys");
    expect(check({ ...payload, type: "m.room_key_bundle" }, setup.stored)).toBe("missing-sender-device");
    expect(check({ ...payload, type: "m.room_key" }, setup.stored)).toBe("store");
  });

  test("a device without a person behind it", () => {
    expect(check(without(setup.payload, "sender_device_keys"), { ...setup.stored, dehydrated: true })).toBe("from-dehydrated-device");
  });

  test("the first failing check names the failure", () => {
    const payload = { ...setup.payload, recipient: "@x:example.org", sender: "@y:example.org", sender_device_keys: 1 };
    expect(check(payload)).toBe("mismatched-recipient");
    expect(check({ ...payload, recipient: "@bob:example.org" })).toBe("mismatched-sender");
  });
});

describe("what is accepted", () => {
  test("a device that the store knows, without embedded keys", () => {
    expect(check(without(setup.payload, "sender_device_keys"), setup.stored)).toBe("store");
  });

  test("a room key of an unknown device: it is judged when the device is known", () => {
    expect(check({ ...without(setup.payload, "sender_device_keys"), type: "m.room_key" })).toBe("unknown");
  });

  test("the unstable name of MSC4147", () => {
    expect(check({ ...without(setup.payload, "sender_device_keys"), "org.matrix.msc4147.device_keys": setup.keys })).toBe("embedded");
  });
});
