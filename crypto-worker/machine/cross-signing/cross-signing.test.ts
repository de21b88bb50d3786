import { beforeAll, describe, expect, test } from "vitest";
import { aliceAndBob, type AliceAndBob } from "../../../tests/support/alice-and-bob.ts";
import { refresh, KeyServer, TestClock, TestDevice } from "../../../tests/support/machine-world.ts";
import { isJsonObject, objectField, type JsonObject } from "../../wire/json.ts";
import { OlmMachine } from "../olm-machine.ts";

beforeAll(() => OlmMachine.ready());

/** Both have an identity and have seen the other's. */
function acquainted(): AliceAndBob {
  const all = aliceAndBob();
  for (const device of [all.alice, all.bob]) device.send(...device.machine.bootstrapCrossSigning());
  refresh(all.alice, all.bob);
  return all;
}

describe("bootstrap", () => {
  test("keys, public keys, signatures: in sending order", () => {
    const server = new KeyServer();
    const alice = new TestDevice(server, "@alice:example.org", "A", new TestClock());
    expect(alice.machine.crossSigningStatus()).toEqual({ hasMaster: false, hasSelfSigning: false, hasUserSigning: false });
    const requests = alice.machine.bootstrapCrossSigning();
    expect(requests.map(({ kind }) => kind)).toEqual(["keys_upload", "signing_keys_upload", "signatures_upload"]);
    const { ["ed25519:A"]: own, ...cross } =
      objectField(objectField(objectField(requests[0]?.body ?? {}, "device_keys") ?? {}, "signatures") ?? {}, alice.userId) ?? {};
    expect(own).toBeDefined();
    expect(Object.keys(cross)).toHaveLength(1);
    alice.send(...requests);
    alice.flush();
    expect(alice.machine.crossSigningStatus()).toEqual({ hasMaster: true, hasSelfSigning: true, hasUserSigning: true });
    expect(alice.machine.getIdentity(alice.userId)).toMatchObject({ verified: true, previouslyVerified: true, pinViolation: false });
    expect(alice.machine.getDevice(alice.userId, "A")).toMatchObject({ crossSigned: true, verified: true });
  });

  test("after a crash the same keys are offered again", () => {
    const { alice } = aliceAndBob();
    const keysOf = (requests: ReturnType<OlmMachine["bootstrapCrossSigning"]>): unknown =>
      requests.find(({ kind }) => kind === "signing_keys_upload")?.body;
    const first = keysOf(alice.machine.bootstrapCrossSigning());
    alice.restart();
    expect(keysOf(alice.machine.bootstrapCrossSigning())).toEqual(first);
    expect(keysOf(alice.machine.bootstrapCrossSigning({ reset: true }))).not.toEqual(first);
  });

  test("an identity of another device is not replaced unless told so", () => {
    const { server, clock, alice } = aliceAndBob();
    alice.send(...alice.machine.bootstrapCrossSigning());
    const second = new TestDevice(server, alice.userId, "A2", clock);
    second.flush();
    expect(() => second.machine.bootstrapCrossSigning()).toThrow("identity-exists");
    expect(second.machine.crossSigningStatus().hasMaster).toBe(false);
    expect(second.machine.getIdentity(alice.userId)?.verified).toBe(false);
    second.send(...second.machine.bootstrapCrossSigning({ reset: true }));
    // The first device hears of it, and forgets keys that sign nothing any more.
    alice.askFor(alice.userId);
    expect(alice.machine.crossSigningStatus()).toEqual({ hasMaster: false, hasSelfSigning: false, hasUserSigning: false });
    expect(alice.machine.getIdentity(alice.userId)).toMatchObject({ verified: false, previouslyVerified: true });
    expect(alice.machine.getDevice(alice.userId, "A")?.crossSigned).toBe(false);
  });

  test("every Olm message carries the signature from then on", () => {
    const { alice, bob } = acquainted();
    alice.meet(bob);
    alice.send(...alice.machine.shareRoomKey("!room:example.org", [bob.userId]));
    const fresh = new TestDevice(bob.server, "@x:example.org", "X", new TestClock());
    expect(fresh.machine.getIdentity(alice.userId)).toBeUndefined();
    expect(bob.sync().toDeviceEvents).toMatchObject([{ kind: "decrypted", encryptionInfo: { crossSigned: true, verified: false } }]);
  });

  test("another device of ours can be signed", () => {
    const { server, clock, alice, bob } = acquainted();
    const second = new TestDevice(server, alice.userId, "A2", clock);
    second.flush();
    alice.askFor(alice.userId);
    expect(alice.machine.getDevice(alice.userId, "A2")).toMatchObject({ crossSigned: false, verified: false });
    alice.send(...alice.machine.verifyOwnDevice("A2"));
    expect(alice.machine.getDevice(alice.userId, "A2")).toMatchObject({ crossSigned: true, verified: true });
    bob.askFor(alice.userId);
    expect(bob.machine.getDevice(alice.userId, "A2")).toMatchObject({ crossSigned: true, verified: false });
    expect(() => second.machine.verifyOwnDevice("A")).toThrow("missing-cross-signing-key");
  });
});

describe("another's identity", () => {
  test("is pinned on first sight; a new one is a violation until it is pinned", () => {
    const { alice, bob } = acquainted();
    const first = alice.machine.getIdentity(bob.userId);
    expect(first).toMatchObject({ verified: false, previouslyVerified: false, pinViolation: false });
    bob.send(...bob.machine.bootstrapCrossSigning({ reset: true }));
    alice.askFor(bob.userId);
    const second = alice.machine.getIdentity(bob.userId);
    expect(second?.masterKey).not.toBe(first?.masterKey);
    expect(second?.pinViolation).toBe(true);
    alice.machine.pinIdentity(bob.userId);
    expect(alice.machine.getIdentity(bob.userId)?.pinViolation).toBe(false);
  });

  test("verified, its devices are too; the server may be slow to show the signature", () => {
    const { alice, bob } = acquainted();
    const requests = alice.machine.verifyIdentity(bob.userId);
    expect(alice.machine.getIdentity(bob.userId)).toMatchObject({ verified: true, previouslyVerified: true });
    expect(alice.machine.getDevice(bob.userId, "B")).toMatchObject({ verified: true, crossSigned: true });
    alice.askFor(bob.userId);
    expect(alice.machine.getIdentity(bob.userId)?.verified).toBe(true);
    alice.send(...requests);
    alice.askFor(bob.userId);
    alice.restart();
    expect(alice.machine.getIdentity(bob.userId)?.verified).toBe(true);
  });

  test("another device of ours learns of the verification, once our identity is verified there (CVE-2024-40648)", () => {
    const { server, clock, alice, bob } = acquainted();
    alice.send(...alice.machine.verifyIdentity(bob.userId));
    const second = new TestDevice(server, alice.userId, "A2", clock);
    second.flush();
    second.askFor(bob.userId);
    expect(second.machine.getIdentity(bob.userId)).toMatchObject({ verified: false, previouslyVerified: false });
    second.send(...second.machine.verifyIdentity(alice.userId));
    expect(second.machine.getIdentity(bob.userId)).toMatchObject({ verified: true, previouslyVerified: true });
  });

  test("that was verified and is replaced is a violation until the user gives it up", () => {
    const { alice, bob } = acquainted();
    alice.send(...alice.machine.verifyIdentity(bob.userId));
    bob.send(...bob.machine.bootstrapCrossSigning({ reset: true }));
    alice.askFor(bob.userId);
    expect(alice.machine.getIdentity(bob.userId)).toMatchObject({ verified: false, previouslyVerified: true, pinViolation: true });
    expect(() =>
      alice.machine.shareRoomKey("!room:example.org", [bob.userId], { sharingStrategy: "errorOnVerifiedUserProblem" }),
    ).toThrow();
    alice.machine.withdrawVerification(bob.userId);
    expect(alice.machine.getIdentity(bob.userId)).toMatchObject({ verified: false, previouslyVerified: false, pinViolation: false });
  });

  test("needs our user-signing key, and an identity", () => {
    const { alice, bob } = aliceAndBob();
    expect(() => alice.machine.verifyIdentity(bob.userId)).toThrow("unknown-identity");
    bob.send(...bob.machine.bootstrapCrossSigning());
    alice.askFor(bob.userId);
    expect(() => alice.machine.verifyIdentity(bob.userId)).toThrow("missing-cross-signing-key");
    expect(() => alice.machine.pinIdentity("@nobody:example.org")).toThrow("unknown-identity");
  });

  type Keys = { master: JsonObject; selfSigning: JsonObject; userSigning: JsonObject };
  const invalid: [string, (keys: Keys, other: Keys) => Partial<Keys>][] = [
    ["of another user", ({ master }) => ({ master: { ...master, user_id: "@alice:example.org" } })],
    ["of two usages", ({ master }) => ({ master: { ...master, usage: ["master", "self_signing"] } })],
    ["of another usage", ({ selfSigning }) => ({ master: selfSigning })],
    ["with two keys", ({ master, selfSigning }) => ({ master: { ...master, keys: { ...inner(master), ...inner(selfSigning) } } })],
    [
      "with a key under another name",
      ({ master }) => ({ master: { ...master, keys: { "ed25519:B": Object.values(inner(master))[0] ?? "" } } }),
    ],
    ["whose self-signing key is unsigned", ({ selfSigning }) => ({ selfSigning: { ...selfSigning, signatures: {} } })],
    ["whose self-signing key is signed by another master key", (_keys, { selfSigning }) => ({ selfSigning })],
    ["without a self-signing key", () => ({ selfSigning: {} })],
    // It would be signed when a verification ends, and that must not fail.
    ["a master key larger than anything that is signed", ({ master }) => ({ master: { ...master, x: "x".repeat(50_000) } })],
    ["a master key that has no canonical form", ({ master }) => ({ master: { ...master, x: 1.5 } })],
    ["a master key with more than can be kept", ({ master }) => ({ master: { ...master, unsigned: { x: "x".repeat(2_000_000) } } })],
  ];
  test.each(invalid)("is ignored: %s; the devices count all the same", (_name, change) => {
    const { server, alice, bob } = aliceAndBob();
    bob.send(...bob.machine.bootstrapCrossSigning());
    const keys = server.crossSigning.get(bob.userId);
    bob.send(...bob.machine.bootstrapCrossSigning({ reset: true }));
    const other = server.crossSigning.get(bob.userId);
    if (keys === undefined || other === undefined) throw new Error("no keys");
    server.crossSigning.set(bob.userId, { ...keys, ...change(keys, other) });
    alice.askFor(bob.userId);
    expect(alice.machine.getIdentity(bob.userId)).toBeUndefined();
    expect(alice.machine.getUserDevices(bob.userId)).toMatchObject([{ deviceId: "B", crossSigned: false }]);
  });

  test("our own needs a user-signing key", () => {
    const { server, clock, alice } = aliceAndBob();
    alice.send(...alice.machine.bootstrapCrossSigning());
    const keys = server.crossSigning.get(alice.userId);
    if (keys === undefined) throw new Error("no keys");
    server.crossSigning.set(alice.userId, { ...keys, userSigning: { ...keys.userSigning, signatures: {} } });
    const second = new TestDevice(server, alice.userId, "A2", clock);
    second.flush();
    expect(second.machine.getIdentity(alice.userId)).toBeUndefined();
  });

  function inner(key: JsonObject): JsonObject {
    const keys = key["keys"];
    return isJsonObject(keys) ? keys : {};
  }
});
