import { describe, expect, test } from "vitest";
import { identity, newDevice, noIdentity, userId } from "../../../tests/support/megolm-world.ts";
import { compareSenderData, isFinal, LEGACY_SENDER, sameSenderData, senderDataOf, UNKNOWN_SENDER, type SenderData } from "./sender-data.ts";

const device = { userId: userId("alice"), deviceId: newDevice(userId("alice"), "A").deviceId };
const masterKey = newDevice(userId("alice"), "M").ed25519;
const known = { ...device, masterKey };

/** From the worst to the best. */
const KINDS: readonly SenderData[] = [
  UNKNOWN_SENDER,
  { kind: "deviceInfo", ...device, legacy: false },
  { kind: "verificationViolation", ...known },
  { kind: "senderUnverified", ...known },
  { kind: "senderVerified", ...known },
];

describe("what is known of who made a session", () => {
  test("each kind is better than those before it, and only the best is final", () => {
    for (const [i, a] of KINDS.entries()) {
      for (const [j, b] of KINDS.entries()) expect(Math.sign(compareSenderData(a, b))).toBe(Math.sign(i - j));
      expect(isFinal(a)).toBe(a.kind === "senderVerified");
    }
  });

  test("is the same only where nothing of it differs", () => {
    const other = newDevice(userId("bob"), "B");
    const differing: readonly SenderData[] = [
      ...KINDS,
      LEGACY_SENDER,
      { ...UNKNOWN_SENDER, kind: "unknownDevice", legacy: false, ownerCheckFailed: true },
      { kind: "deviceInfo", ...device, legacy: true },
      { kind: "deviceInfo", ...device, userId: other.userId, legacy: false },
      { kind: "deviceInfo", ...device, deviceId: other.deviceId, legacy: false },
      { kind: "senderVerified", ...known, masterKey: other.ed25519 },
      { kind: "senderVerified", ...known, deviceId: other.deviceId },
    ];
    for (const [i, a] of differing.entries()) for (const [j, b] of differing.entries()) expect(sameSenderData(a, { ...b })).toBe(i === j);
  });

  test("comes from the owner's signature and identity; trust in the device alone says nothing", () => {
    const signedDevice = newDevice(device.userId, "A");
    const trust = { verified: true, locallyVerified: true, crossSignedByOwner: true, crossSigningTrusted: false };
    const kindOf = (changes: Partial<typeof trust>, owner = identity()) => senderDataOf(signedDevice, { ...trust, ...changes, owner }).kind;
    expect(kindOf({ crossSignedByOwner: false })).toBe("deviceInfo");
    expect(kindOf({}, noIdentity)).toBe("deviceInfo");
    expect(kindOf({})).toBe("senderUnverified");
    expect(kindOf({ crossSigningTrusted: true })).toBe("senderVerified");
    expect(kindOf({}, identity({ verificationViolation: true }))).toBe("verificationViolation");
  });
});
