import { describe, expect, test } from "vitest";
import { identity, newDevice, noIdentity, userId } from "../../../tests/support/megolm-world.ts";
import type { Device, DeviceTrust, OwnerTrust } from "../devices/device.ts";
import type { SharingStrategy } from "./encryption-settings.ts";
import { decideRecipients } from "./sharing-strategy.ts";

const BOB = userId("bob");

const owners = {
  none: noIdentity,
  known: identity(),
  verified: identity({ verified: true, previouslyVerified: true }),
  violation: identity({ previouslyVerified: true, verificationViolation: true }),
} satisfies Record<string, OwnerTrust>;

function trust(owner: OwnerTrust, signed: boolean, device: Pick<Device, "localTrust"> = { localTrust: "unset" }): DeviceTrust {
  const crossSignedByOwner = signed && owner.hasIdentity;
  const crossSigningTrusted = crossSignedByOwner && owner.verified;
  const locallyVerified = device.localTrust === "verified";
  return { verified: locallyVerified || crossSigningTrusted, locallyVerified, crossSignedByOwner, crossSigningTrusted, owner };
}

const ownDevice = trust(identity({ verified: true }), true);

type Outcome =
  | "share"
  | "m.blacklisted"
  | "m.unverified"
  | "VerifiedUserHasUnsignedDevice"
  | "VerifiedUserChangedIdentity"
  | "CrossSigningNotSetup"
  | "SendingFromUnverifiedDevice";

function outcome(strategy: SharingStrategy, owner: OwnerTrust, signed: boolean, changes: Partial<Device>, own = ownDevice): Outcome {
  const device = newDevice(BOB, "B1", changes);
  const result = decideRecipients(strategy, [{ userId: BOB, owner, devices: [{ device, trust: trust(owner, signed, device) }] }], own);
  if (!result.ok) return result.error.code;
  const [withheld] = result.value.withheld;
  if (withheld === undefined) return result.value.allowed.get(BOB)?.length === 1 ? "share" : "m.unverified";
  return withheld.code === "m.blacklisted" ? "m.blacklisted" : "m.unverified";
}

const blocked: Partial<Device> = { localTrust: "blacklisted" };
const ignored: Partial<Device> = { localTrust: "ignored" };
const verified: Partial<Device> = { localTrust: "verified" };
const dehydrated: Partial<Device> = { dehydrated: true };

describe("who gets a key", () => {
  const cases: [SharingStrategy, keyof typeof owners, "signed" | "unsigned", Partial<Device>, Outcome][] = [
    ["allDevices", "none", "unsigned", {}, "share"],
    ["allDevices", "violation", "unsigned", {}, "share"],
    ["allDevices", "verified", "signed", blocked, "m.blacklisted"],
    ["allDevices", "none", "unsigned", dehydrated, "m.unverified"],
    ["allDevices", "known", "signed", dehydrated, "share"],
    ["allDevices", "violation", "signed", dehydrated, "m.unverified"],
    ["errorOnVerifiedUserProblem", "none", "unsigned", {}, "share"],
    ["errorOnVerifiedUserProblem", "known", "unsigned", {}, "share"],
    ["errorOnVerifiedUserProblem", "verified", "signed", {}, "share"],
    ["errorOnVerifiedUserProblem", "verified", "unsigned", {}, "VerifiedUserHasUnsignedDevice"],
    ["errorOnVerifiedUserProblem", "verified", "unsigned", ignored, "share"],
    ["errorOnVerifiedUserProblem", "verified", "unsigned", blocked, "m.blacklisted"],
    ["errorOnVerifiedUserProblem", "violation", "signed", {}, "VerifiedUserChangedIdentity"],
    ["identityBased", "known", "signed", {}, "share"],
    ["identityBased", "known", "unsigned", {}, "m.unverified"],
    ["identityBased", "known", "unsigned", verified, "m.unverified"],
    ["identityBased", "known", "signed", blocked, "m.blacklisted"],
    ["identityBased", "violation", "signed", {}, "VerifiedUserChangedIdentity"],
    ["onlyTrustedDevices", "known", "signed", {}, "m.unverified"],
    ["onlyTrustedDevices", "verified", "signed", {}, "share"],
    ["onlyTrustedDevices", "none", "unsigned", verified, "share"],
    ["onlyTrustedDevices", "none", "unsigned", ignored, "share"],
    ["onlyTrustedDevices", "verified", "signed", blocked, "m.blacklisted"],
    ["onlyTrustedDevices", "violation", "signed", {}, "m.unverified"],
  ];
  test.each(cases)("%s: %s owner, %s device %o: %s", (strategy, owner, signed, changes, expected) => {
    expect(outcome(strategy, owners[owner], signed === "signed", changes)).toBe(expected);
  });
});

describe("our own side, for identityBased", () => {
  test("needs an identity", () => {
    expect(outcome("identityBased", owners.known, true, {}, trust(noIdentity, false))).toBe("CrossSigningNotSetup");
  });

  test("needs our device to be signed", () => {
    expect(outcome("identityBased", owners.known, true, {}, trust(identity(), false))).toBe("SendingFromUnverifiedDevice");
  });
});

test("the error names every unsigned device of every verified user", () => {
  const users = ["ada", "bob"].map((name) => {
    const devices = ["1", "2"].map((id) => newDevice(userId(name), id));
    const candidates = devices.map((device) => ({ device, trust: trust(owners.verified, device.deviceId === "2") }));
    return { userId: userId(name), owner: owners.verified, devices: candidates };
  });
  const result = decideRecipients("errorOnVerifiedUserProblem", users, ownDevice);
  expect(result).toEqual({
    ok: false,
    error: {
      code: "VerifiedUserHasUnsignedDevice",
      devices: new Map([
        [userId("ada"), ["1"]],
        [userId("bob"), ["1"]],
      ]),
    },
  });
});
