import { describe, expect, test } from "vitest";
import { ALICE, eachWithAlice, enable } from "../../../tests/support/backup-world.ts";
import { TestClock, TestDevice } from "../../../tests/support/machine-world.ts";
import { objectField } from "../../wire/json.ts";
import { signJson } from "../../wire/signatures.ts";

let alice: TestDevice;

eachWithAlice((fresh) => {
  alice = fresh;
});

describe("who vouches for a backup", () => {
  test("a new one is signed by this device, and by the master key where it is here", () => {
    const { info } = enable(alice);
    expect(alice.machine.backup.verify(info)).toMatchObject({ deviceState: "validAndTrusted", userState: "missing", trusted: true });
    alice.send(...alice.machine.bootstrapCrossSigning());
    const { auth_data, algorithm } = alice.machine.backup.createInfo();
    expect(alice.machine.backup.verify({ algorithm, auth_data })).toMatchObject({
      deviceState: "validAndTrusted",
      userState: "validAndTrusted",
      trusted: true,
      matchesDecryptionKey: false,
    });
  });

  test("any change of what was signed is seen", () => {
    const { info, auth_data } = enable(alice);
    const other = alice.machine.backup.createInfo();
    const changed = { ...info, auth_data: { ...auth_data, public_key: other.publicKey } };
    expect(alice.machine.backup.verify(changed)).toMatchObject({ deviceState: "invalid", trusted: false, matchesDecryptionKey: false });
    expect(alice.machine.backup.verify(info).matchesDecryptionKey).toBe(true);
    const unsigned = { ...info, auth_data: { public_key: auth_data["public_key"] ?? "" } };
    expect(alice.machine.backup.verify(unsigned)).toMatchObject({ deviceState: "missing", trusted: false, matchesDecryptionKey: true });
  });

  test("another device of ours counts once it is verified; somebody else's never", () => {
    alice.send(...alice.machine.bootstrapCrossSigning());
    const second = alice.another("A2");
    const bob = new TestDevice(alice.server, "@bob:example.org", "B1", new TestClock());
    for (const device of [alice, second, bob]) device.flush();
    const { info } = enable(second);
    const bobs = bob.machine.backup.createInfo();
    alice.machine.markAllTrackedUsersAsDirty();
    alice.meet(second, bob);
    const seen = alice.machine.backup.verify(info);
    expect(seen).toMatchObject({ deviceState: "missing", userState: "missing", trusted: false });
    expect([...seen.otherDevices]).toEqual([["A2", "validButNotTrusted"]]);
    alice.machine.setLocalTrust(ALICE, "A2", "verified");
    expect(alice.machine.backup.verify(info).trusted).toBe(true);
    alice.machine.setLocalTrust("@bob:example.org", "B1", "verified");
    expect(alice.machine.backup.verify({ algorithm: bobs.algorithm, auth_data: bobs.auth_data })).toMatchObject({ trusted: false });
  });

  test("our identity counts only while it is verified here", () => {
    alice.send(...alice.machine.bootstrapCrossSigning());
    const { info } = enable(alice);
    const second = alice.another("A2");
    second.machine.markAllTrackedUsersAsDirty();
    second.flush();
    expect(second.machine.backup.verify(info)).toMatchObject({ userState: "validButNotTrusted", trusted: false });
    second.machine.verifyIdentity(ALICE);
    expect(second.machine.backup.verify(info)).toMatchObject({ userState: "validAndTrusted", trusted: true });
  });

  test("a device that calls itself like our master key is not taken for it (CVE-2022-39250)", () => {
    alice.send(...alice.machine.bootstrapCrossSigning());
    const master = alice.machine.getIdentity(ALICE)?.masterKey ?? "";
    const evil = alice.another(master);
    evil.flush();
    alice.machine.markAllTrackedUsersAsDirty();
    alice.flush();
    const fake = evil.machine.backup.createInfo();
    expect(alice.machine.backup.verify({ algorithm: fake.algorithm, auth_data: fake.auth_data })).toMatchObject({
      userState: "invalid",
      trusted: false,
      otherDevices: new Map(),
    });
  });

  test("what is no backup of ours is signed by nobody", () => {
    const { info } = enable(alice);
    for (const other of [undefined, null, 7, {}, { ...info, algorithm: "m.other" }, { ...info, auth_data: {} }, { ...info, version: 7 }])
      expect(alice.machine.backup.verify(other)).toMatchObject({ deviceState: "missing", userState: "missing", trusted: false });
  });

  test("signatures are added to those that are there", () => {
    const { publicKey } = alice.machine.backup.createInfo();
    const signed = signJson({ public_key: publicKey }, () => "x", "@bob:example.org", "ed25519:B1");
    const both = alice.machine.backup.sign(signed);
    expect(Object.keys(objectField(both, "signatures") ?? {})).toEqual(["@bob:example.org", ALICE]);
  });
});
