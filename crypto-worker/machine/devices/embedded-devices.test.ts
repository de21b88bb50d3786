import { afterAll, beforeAll, expect, test } from "vitest";
import { must, userId } from "../../../tests/support/megolm-world.ts";
import { parseDeviceId } from "../../../protocol/ids.ts";
import { Account } from "../../primitives/account.ts";
import { soloCrew } from "../../primitives/crew/crew.ts";
import { loadOlm } from "../../primitives/olm-library.ts";
import { openMemoryStore } from "../../store/store.ts";
import { decodeDeviceKeys, encodeDeviceKeys } from "../../wire/device-keys.ts";
import type { JsonObject } from "../../wire/json.ts";
import { signJson } from "../../wire/signatures.ts";
import type { Device } from "./device.ts";
import { Devices } from "./devices.ts";
import { EmbeddedDevices } from "./embedded-devices.ts";
import { Identities } from "./identities.ts";

// MSC4147: what a message says of its sender's device, next to what the list says.

const BOB = userId("bob");
const deviceId = must(parseDeviceId("B"));
let account: Account;
let spare: Account;
let embedded: EmbeddedDevices;
let devices: Devices;

beforeAll(async () => {
  await loadOlm();
  account = Account.create();
  spare = Account.create();
  const store = openMemoryStore();
  const env = { now: () => 1_700_000_000_000, randomBytes: (length: number) => new Uint8Array(length) };
  const { identityKeys } = spare;
  const context = { userId: userId("alice"), deviceId, identityKeys, store, env, crew: soloCrew, pickleKey: new Uint8Array(32) };
  devices = new Devices(context);
  const identities = new Identities(context);
  embedded = new EmbeddedDevices(context, devices, identities);
  const masterKey = spare.identityKeys.ed25519;
  identities.save({
    userId: BOB,
    masterKey,
    selfSigningKey: spare.identityKeys.ed25519,
    userSigningKey: undefined,
    masterJson: "{}",
    selfSigningJson: "{}",
    userSigningJson: undefined,
    pinnedMasterKey: masterKey,
    masterSignedBy: undefined,
    verifiedMasterKey: undefined,
    previouslyVerified: false,
  });
  devices.save(listed());
});

afterAll(() => {
  account.free();
  spare.free();
});

/** Signed by the device; the Curve25519 key is its own unless another is given. */
const keysOf = (curve25519 = account.identityKeys.curve25519): JsonObject =>
  encodeDeviceKeys({ ed25519: account.identityKeys.ed25519, curve25519, userId: BOB, deviceId }, (message) => account.sign(message));

/** Bob's identity has signed these. `spare` is his self-signing key. */
const signed = (keys: JsonObject): JsonObject =>
  signJson(keys, (message) => spare.sign(message), BOB, `ed25519:${spare.identityKeys.ed25519}`);

function listed(): Device {
  const facts = { deleted: false, localTrust: "unset", withheldCodeSent: false, firstSeenTs: 0, olmWedgingIndex: 0 } as const;
  return {
    ...must(decodeDeviceKeys(keysOf())),
    ...facts,
    crossSignedBy: spare.identityKeys.ed25519,
    keysJson: JSON.stringify(signed(keysOf())),
  };
}

test("a signature of the owner that the list has counts also where the message has none", () => {
  expect(embedded.parse(keysOf())?.crossSignedBy).toBe(spare.identityKeys.ed25519);
});

test("it holds for the keys that were signed, not for others that the device names itself", () => {
  const other = keysOf(spare.identityKeys.curve25519);
  expect(embedded.parse(other)).toMatchObject({ curve25519: spare.identityKeys.curve25519, crossSignedBy: undefined });
  expect(embedded.parse(signed(other))).toMatchObject({ crossSignedBy: spare.identityKeys.ed25519 });
});

test("keys larger than any honest device's are none: they would be kept in memory", () => {
  const { signatures: _signatures, ...rest } = keysOf();
  const padded = (length: number): JsonObject =>
    signJson({ ...rest, padding: "x".repeat(length) }, (message) => account.sign(message), BOB, `ed25519:${deviceId}`);
  expect(embedded.parse(padded(15_000))).toBeDefined();
  expect(embedded.parse(padded(16_384))).toBeUndefined();
});
