import { beforeAll, describe, expect, test } from "vitest";
import { KeyServer, refresh, TestClock, TestDevice } from "../../../tests/support/machine-world.ts";
import { contentsOf } from "../../../tests/support/olm-events.ts";
import { ALICE, BOB, METHODS, phase, ready, settle, verifyingPair, withCodes } from "../../../tests/support/verifying-pair.ts";
import { objectField } from "../../wire/json.ts";
import { OlmMachine } from "../olm-machine.ts";

const MINUTE = 60_000;

beforeAll(() => OlmMachine.ready());

describe("SAS between two of our machines", () => {
  test("verifies both users, and the signatures reach the server", () => {
    const all = verifyingPair();
    const { alice, bob } = all;
    const flowId = withCodes(all);
    const [hers, his] = [alice.machine.getVerification(BOB, flowId), bob.machine.getVerification(ALICE, flowId)];
    if (hers?.kind !== "sas" || his?.kind !== "sas") throw new Error("no SAS");
    expect(hers.emoji).toHaveLength(7);
    expect([hers.emoji, hers.decimals]).toEqual([his.emoji, his.decimals]);
    alice.send(...alice.machine.confirmSas(BOB, flowId));
    settle(alice, bob);
    expect(alice.machine.getVerification(BOB, flowId)).toMatchObject({ state: "confirmed" });
    expect(alice.machine.getIdentity(BOB)?.verified).toBe(false);
    bob.send(...bob.machine.confirmSas(ALICE, flowId));
    settle(alice, bob);
    for (const [device, other] of [
      [alice, BOB],
      [bob, ALICE],
    ] as const) {
      expect(device.machine.getVerification(other, flowId)).toMatchObject({ kind: "sas", state: "done" });
      expect(phase(device, other)).toBe("done");
      expect(device.machine.getIdentity(other)).toMatchObject({ verified: true });
      expect(device.machine.getUserDevices(other)[0]).toMatchObject({ verified: true, crossSigned: true });
    }
    expect(JSON.stringify(all.server.crossSigning.get(BOB)?.master)).toContain(ALICE);
  });

  test("signs nothing when one side says that the codes differ", () => {
    const all = verifyingPair();
    const { alice, bob } = all;
    const flowId = withCodes(all);
    alice.send(...alice.machine.confirmSas(BOB, flowId));
    settle(alice, bob);
    bob.send(...bob.machine.cancelVerification(ALICE, flowId, "m.mismatched_sas"));
    settle(alice, bob);
    for (const [device, other] of [
      [alice, BOB],
      [bob, ALICE],
    ] as const) {
      expect(device.machine.getVerification(other, flowId)).toMatchObject({ state: "cancelled", cancelCode: "m.mismatched_sas" });
      expect(device.machine.getIdentity(other)?.verified).toBe(false);
      expect(device.machine.getUserDevices(other)[0]?.verified).toBe(false);
    }
    expect(JSON.stringify(all.server.crossSigning.get(BOB)?.master)).not.toContain(ALICE);
  });

  test("signs nothing when a key was exchanged on the server meanwhile", () => {
    const all = verifyingPair();
    const { alice, bob, server } = all;
    const flowId = withCodes(all);
    // Somebody gives Alice another identity of Bob before the end.
    bob.machine.bootstrapCrossSigning({ reset: true }).forEach((request) => server.handle(bob, request));
    refresh(alice);
    alice.machine.markUsersAsChanged([BOB]);
    alice.flush();
    alice.send(...alice.machine.confirmSas(BOB, flowId));
    bob.send(...bob.machine.confirmSas(ALICE, flowId));
    settle(alice, bob);
    expect(alice.machine.getVerification(BOB, flowId)).toMatchObject({ state: "cancelled", cancelCode: "m.key_mismatch" });
    expect(alice.machine.getIdentity(BOB)?.verified).toBe(false);
    expect(alice.store.signatureUploads.all()).toEqual([]);
  });

  test("an identity of ours that we have not verified signs nobody, though its keys are here", () => {
    const all = verifyingPair();
    const { alice, bob } = all;
    const own = alice.machine.getIdentity(ALICE);
    const record = alice.store.identities.all().find(({ userId }) => userId === ALICE);
    if (record === undefined || own === undefined) throw new Error("no identity");
    alice.store.identities.save({ ...record, verifiedMasterKey: undefined });
    alice.restart();
    const fresh = alice.another("A2");
    fresh.flush();
    refresh(alice, bob, fresh);
    for (const [other, otherId] of [
      [bob, BOB],
      [fresh, ALICE],
    ] as const) {
      const { flowId, requests } = alice.machine.requestDeviceVerification(otherId, other.deviceId, METHODS);
      alice.send(...requests);
      settle(alice, other);
      other.send(...other.machine.acceptVerification(ALICE, flowId, METHODS));
      settle(alice, other);
      alice.send(...alice.machine.startSas(otherId, flowId));
      settle(alice, other);
      other.send(...other.machine.acceptSas(ALICE, flowId));
      settle(alice, other);
      alice.send(...alice.machine.confirmSas(otherId, flowId));
      other.send(...other.machine.confirmSas(ALICE, flowId));
      settle(alice, other);
      expect(alice.machine.getVerification(otherId, flowId)).toMatchObject({ state: "done" });
      expect(alice.machine.getDevice(otherId, other.deviceId)).toMatchObject({ localTrust: "verified" });
    }
    expect(alice.machine.getDevice(ALICE, "A2")?.crossSigned).toBe(false);
    expect(JSON.stringify(all.server.crossSigning.get(BOB)?.master)).not.toContain(ALICE);
  });

  test("a changed message on the way ends it", () => {
    const all = verifyingPair();
    const { alice, bob, server } = all;
    const flowId = withCodes(all);
    bob.send(...bob.machine.confirmSas(ALICE, flowId));
    const inbox = server.device(ALICE, "A").inbox;
    const mac = inbox.at(-1) ?? {};
    inbox[inbox.length - 1] = { ...mac, content: { ...objectField(mac, "content"), keys: "A".repeat(43) } };
    settle(alice, bob);
    expect(alice.machine.getVerification(BOB, flowId)).toMatchObject({
      state: "cancelled",
      cancelCode: "m.key_mismatch",
      cancelledByUs: true,
    });
    expect(bob.machine.getVerification(ALICE, flowId)).toMatchObject({
      state: "cancelled",
      cancelCode: "m.key_mismatch",
      cancelledByUs: false,
    });
  });

  test("ids so long that nothing can be derived from them end it, and not the sync", () => {
    // A device and a transaction may be called anything of up to 255 bytes.
    const server = new KeyServer();
    const clock = new TestClock();
    const [aliceId, bobId] = [`@${"a".repeat(242)}:example.org`, `@${"b".repeat(242)}:example.org`];
    const [alice, bob] = [new TestDevice(server, aliceId, "A", clock), new TestDevice(server, bobId, "B".repeat(255), clock)];
    for (const device of [alice, bob]) {
      device.flush();
      device.send(...device.machine.bootstrapCrossSigning());
    }
    refresh(alice, bob);
    const { flowId, requests } = bob.machine.requestDeviceVerification(aliceId, "A", METHODS);
    bob.send(...requests);
    settle(alice, bob);
    alice.send(...alice.machine.acceptVerification(bobId, flowId, METHODS));
    settle(alice, bob);
    bob.send(...bob.machine.startSas(aliceId, flowId));
    settle(alice, bob);
    alice.send(...alice.machine.acceptSas(bobId, flowId));
    settle(alice, bob);
    const sas = alice.machine.getVerification(bobId, flowId);
    if (sas?.kind === "sas" && sas.state !== "cancelled") {
      alice.send(...alice.machine.confirmSas(bobId, flowId));
      bob.send(...bob.machine.confirmSas(aliceId, flowId));
      settle(alice, bob);
    }
    for (const [device, other] of [
      [alice, bobId],
      [bob, aliceId],
    ] as const)
      expect(device.machine.getVerification(other, flowId)).toMatchObject({ state: "cancelled", cancelCode: "m.invalid_message" });
  });

  test("without a request, as old clients start it", () => {
    const all = verifyingPair();
    const { alice, bob, server, clock } = all;
    const content = {
      from_device: "B",
      transaction_id: "old",
      method: "m.sas.v1",
      key_agreement_protocols: ["curve25519-hkdf-sha256"],
      hashes: ["sha256"],
      message_authentication_codes: ["hkdf-hmac-sha256"],
      short_authentication_string: ["decimal"],
    };
    server.device(ALICE, "A").inbox.push({ type: "m.key.verification.start", sender: BOB, content });
    alice.sync();
    expect(alice.machine.getVerification(BOB, "old")).toMatchObject({ kind: "sas", state: "started", weStarted: false });
    const [accept] = alice.machine.acceptSas(BOB, "old");
    expect(contentsOf(accept ?? { body: {} })[0]).toMatchObject({
      message_authentication_code: "hkdf-hmac-sha256",
      short_authentication_string: ["decimal"],
    });
    clock.advance(2 * MINUTE);
    alice.sync();
    expect(alice.machine.getVerification(BOB, "old")).toMatchObject({ state: "cancelled", cancelCode: "m.timeout" });
    expect(bob.machine.getVerificationRequests()).toEqual([]);
  });
});

describe("the calls", () => {
  test("for a flow that is not there", () => {
    const { machine } = verifyingPair().alice;
    for (const call of ["startSas", "acceptSas", "confirmSas", "confirmQrScanned", "generateQrCode"] as const) {
      expect(() => machine[call](BOB, "nothing")).toThrow("unknown-verification");
    }
    expect(machine.getVerification(BOB, "nothing")).toBeUndefined();
    expect(machine.getVerification("nobody", "nothing")).toBeUndefined();
    expect(machine.getVerificationRequests("nobody")).toEqual([]);
    expect(() => machine.startSas("nobody", "x")).toThrow("invalid-user-id");
  });

  test("in a state that does not wait for them do nothing", () => {
    const all = verifyingPair();
    const { alice, bob } = all;
    const flowId = withCodes(all);
    expect(alice.machine.startSas(BOB, flowId)).toEqual([]);
    expect(alice.machine.acceptSas(BOB, flowId)).toEqual([]);
    expect(alice.machine.acceptVerification(BOB, flowId, METHODS)).toEqual([]);
    expect(alice.machine.confirmQrScanned(BOB, flowId)).toEqual([]);
    expect(() => alice.machine.generateQrCode(BOB, flowId)).toThrow("wrong-verification-state");
    expect(() => alice.machine.scanQrCode(BOB, flowId, new Uint8Array(3))).toThrow("invalid-qr-code");
    expect(alice.machine.confirmSas(BOB, flowId)).toHaveLength(1);
    expect(alice.machine.confirmSas(BOB, flowId)).toEqual([]);
    alice.machine.cancelVerification(BOB, flowId);
    expect(alice.machine.cancelVerification(BOB, flowId)).toEqual([]);
    expect(bob.machine.getVerificationRequests(ALICE)).toHaveLength(1);
  });

  test("QR: a code of another flow leaves this one alone", () => {
    const all = verifyingPair();
    const { alice, bob } = all;
    const flowId = ready(all);
    const bytes = alice.machine.generateQrCode(BOB, flowId);
    const other = Uint8Array.from(bytes);
    other[10] = (other[10] ?? 0) ^ 1;
    expect(() => bob.machine.scanQrCode(ALICE, flowId, other)).toThrow("invalid-qr-code");
    bob.send(...bob.machine.scanQrCode(ALICE, flowId, bytes));
    settle(alice, bob);
    alice.send(...alice.machine.confirmQrScanned(BOB, flowId));
    settle(alice, bob);
    expect(alice.machine.getIdentity(BOB)?.verified).toBe(true);
    expect(bob.machine.getIdentity(ALICE)?.verified).toBe(true);
  });
});
