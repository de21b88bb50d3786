import { expect, test } from "vitest";
import { identity, newDevice, TestDirectory, userId } from "../../tests/support/megolm-world.ts";
import { deviceInfoOf, identityInfoOf, isUnattended } from "./device-info.ts";

const device = newDevice(userId("alice"), "A", { displayName: "laptop", firstSeenTs: 7 });

test("a device is verified by the person or by its owner's identity, and signed by its owner whoever that is", () => {
  const directory = new TestDirectory();
  const infoOf = (changes: Partial<typeof device> = {}) =>
    deviceInfoOf({ ...device, ...changes }, directory.trustOf({ ...device, ...changes }));
  directory.put(device, true);
  const { userId: user, deviceId, ed25519, curve25519 } = device;
  const plain = { userId: user, deviceId, ed25519, curve25519, displayName: "laptop", dehydrated: false, firstSeen: 7 };
  const untrusted = { ...plain, verified: false, crossSigned: false, blacklisted: false, localTrust: "unset" };
  expect(infoOf()).toEqual(untrusted);
  expect(infoOf({ localTrust: "verified" })).toEqual({ ...untrusted, verified: true, localTrust: "verified" });
  expect(infoOf({ localTrust: "blacklisted" })).toEqual({ ...untrusted, blacklisted: true, localTrust: "blacklisted" });
  expect(infoOf({ localTrust: "ignored" })).toEqual({ ...untrusted, localTrust: "ignored" });
  directory.setOwner(user, identity());
  expect(infoOf()).toEqual({ ...untrusted, crossSigned: true });
  directory.setOwner(user, identity({ verified: true }));
  expect(infoOf()).toEqual({ ...untrusted, crossSigned: true, verified: true });
});

test("nobody sits at a dehydrated device that its owner has signed", () => {
  const info = deviceInfoOf(device, new TestDirectory().trustOf(device));
  const flags = [true, false];
  expect(flags.flatMap((dehydrated) => flags.map((crossSigned) => isUnattended({ ...info, dehydrated, crossSigned })))).toEqual([
    true,
    false,
    false,
    false,
  ]);
});

test("an identity is told of where there is one, as it stands", () => {
  const owner = identity({ verified: true, pinViolation: true });
  expect(identityInfoOf(owner)).toEqual({ masterKey: owner.masterKey, verified: true, previouslyVerified: false, pinViolation: true });
  expect(identityInfoOf({ ...owner, verified: false, previouslyVerified: true, pinViolation: false })).toEqual({
    masterKey: owner.masterKey,
    verified: false,
    previouslyVerified: true,
    pinViolation: false,
  });
  expect(identityInfoOf({ ...owner, masterKey: undefined })).toBeUndefined();
});
