import { beforeAll, describe, expect, test } from "vitest";
import { refresh } from "../../../tests/support/machine-world.ts";
import { contentsOf } from "../../../tests/support/olm-events.ts";
import { ALICE, BOB, METHODS, phase, ready, settle, verifyingPair } from "../../../tests/support/verifying-pair.ts";
import { objectField, type JsonObject } from "../../wire/json.ts";
import { OlmMachine } from "../olm-machine.ts";

const ROOM = "!room:example.org";
const MINUTE = 60_000;

beforeAll(() => OlmMachine.ready());

describe("requests", () => {
  test("of the past, the future, of nobody, or of us do not count", () => {
    const { alice, server, clock } = verifyingPair();
    const request = (changes: JsonObject, sender = BOB): void => {
      const content = { from_device: "B", transaction_id: "t", methods: METHODS, timestamp: clock.ms, ...changes };
      server.device(ALICE, "A").inbox.push({ type: "m.key.verification.request", sender, content });
      alice.sync();
    };
    for (const changes of [
      { timestamp: clock.ms - 10 * MINUTE - 1 },
      { timestamp: clock.ms + 5 * MINUTE + 1 },
      { timestamp: "now" },
      { from_device: "" },
      { transaction_id: "" },
      { methods: "m.sas.v1" },
    ]) {
      request(changes);
      expect(alice.machine.getVerificationRequests()).toEqual([]);
    }
    // What we said ourselves comes back where it went to all of our devices.
    request({ from_device: "A" }, ALICE);
    expect(alice.machine.getVerificationRequests()).toEqual([]);
    request({ timestamp: clock.ms - 10 * MINUTE, methods: [...METHODS, "org.example.handshake", METHODS[0] ?? ""] });
    expect(alice.machine.getVerificationRequests(BOB)).toMatchObject([
      { flowId: "t", phase: "requested", deviceId: "B", theirMethods: METHODS },
    ]);
    expect(alice.machine.getVerificationRequests()).toHaveLength(1);
    for (const other of [ALICE, "@carol:example.org", "nobody"]) expect(alice.machine.getVerificationRequests(other)).toEqual([]);
  });

  test("do not live on for as long as the clock went back", () => {
    const { alice, bob, clock } = verifyingPair();
    alice.send(...alice.machine.requestDeviceVerification(BOB, "B", METHODS).requests);
    bob.sync();
    clock.advance(-10 * MINUTE);
    bob.sync();
    expect(phase(bob, ALICE)).toBe("requested");
    clock.advance(-1);
    bob.sync();
    expect(phase(bob, ALICE)).toBe("cancelled");
  });

  test("end after ten minutes, with a word to the other side", () => {
    const all = verifyingPair();
    const { alice, bob, clock } = all;
    const flowId = ready(all);
    clock.advance(10 * MINUTE);
    alice.sync();
    expect(phase(alice, BOB)).toBe("ready");
    clock.advance(1);
    alice.sync();
    expect(alice.machine.getVerificationRequests(BOB)).toMatchObject([
      { flowId, phase: "cancelled", cancelCode: "m.timeout", cancelledByUs: true },
    ]);
    alice.flush();
    bob.sync();
    expect(phase(bob, ALICE)).toBe("cancelled");
  });

  test("that one side takes back are over on both, and each knows whose doing it was", () => {
    const all = verifyingPair();
    const { alice, bob } = all;
    const flowId = ready(all);
    alice.send(...alice.machine.cancelVerification(BOB, flowId));
    settle(alice, bob);
    const ended = { phase: "cancelled", cancelCode: "m.user" };
    expect(alice.machine.getVerificationRequests(BOB)).toMatchObject([{ ...ended, cancelledByUs: true }]);
    expect(bob.machine.getVerificationRequests(ALICE)).toMatchObject([{ ...ended, cancelledByUs: false }]);
  });

  test("no late message revives one that has timed out", () => {
    const all = verifyingPair();
    const { alice, bob, clock } = all;
    const flowId = ready(all);
    bob.send(...bob.machine.startSas(ALICE, flowId));
    clock.advance(10 * MINUTE + 1);
    alice.sync();
    expect(alice.machine.getVerification(BOB, flowId)).toBeUndefined();
    expect(phase(alice, BOB)).toBe("cancelled");
  });

  test("two with one user end both", () => {
    const { alice, bob, server, clock } = verifyingPair();
    for (const transaction of ["one", "two"]) {
      const content = { from_device: "B", transaction_id: transaction, methods: METHODS, timestamp: clock.ms };
      server.device(ALICE, "A").inbox.push({ type: "m.key.verification.request", sender: BOB, content });
    }
    alice.sync();
    expect(alice.machine.getVerificationRequests(BOB).map(({ phase: is }) => is)).toEqual(["cancelled", "cancelled"]);
    const said = alice.machine.outgoingRequests().flatMap(contentsOf);
    expect(said.map(({ transaction_id: id, code }) => [id, code])).toEqual([
      ["one", "m.unexpected_message"],
      ["two", "m.unexpected_message"],
    ]);
    expect(bob.machine.getVerificationRequests()).toEqual([]);
  });

  test("a new one of ours ends the old one first", () => {
    const { alice } = verifyingPair();
    alice.machine.requestDeviceVerification(BOB, "B", METHODS);
    const { requests } = alice.machine.requestDeviceVerification(BOB, "B", METHODS);
    expect(requests.map(({ path }) => path.split("/")[5])).toEqual(["m.key.verification.cancel", "m.key.verification.request"]);
  });

  test("to all our devices: the others hear that one has answered", () => {
    const { alice } = verifyingPair();
    const [second, third] = ["A2", "A3"].map((id) => alice.another(id));
    if (second === undefined || third === undefined) throw new Error("no devices");
    for (const device of [second, third]) device.flush();
    refresh(alice, second, third);
    const { flowId, requests } = alice.machine.requestOwnVerification(METHODS);
    alice.send(...requests);
    settle(alice, second, third);
    expect([second, third].map((device) => phase(device, ALICE))).toEqual(["requested", "requested"]);
    second.send(...second.machine.acceptVerification(ALICE, flowId, METHODS));
    settle(alice, second, third);
    expect(alice.machine.getVerificationRequests(ALICE)[0]).toMatchObject({ phase: "ready", deviceId: "A2" });
    expect(third.machine.getVerificationRequests(ALICE)[0]).toMatchObject({ phase: "cancelled", cancelCode: "m.accepted" });
    expect(second.machine.getVerificationRequests(ALICE)[0]).toMatchObject({ phase: "ready" });
  });

  test("from a new device: go to those that the identity vouches for", () => {
    const { alice } = verifyingPair();
    const fresh = alice.another("A2");
    alice.another("A3").flush();
    fresh.flush();
    refresh(fresh, alice);
    const { requests } = fresh.machine.requestOwnVerification(METHODS);
    expect(Object.keys(objectField(objectField(requests[0]?.body ?? {}, "messages") ?? {}, ALICE) ?? {})).toEqual(["A"]);
    for (const deviceId of ["A", "NOBODY"])
      expect(() => alice.machine.requestDeviceVerification(ALICE, deviceId, METHODS)).toThrow("unknown-device");
    expect(() => alice.machine.requestUserVerification("@nobody:x.org", ROOM, METHODS)).toThrow("unknown-identity");
  });

  test("from a device that we have not seen yet wait for its keys", () => {
    const { alice } = verifyingPair();
    const fresh = alice.another("NEW");
    fresh.flush();
    refresh(fresh);
    const { flowId, requests } = fresh.machine.requestOwnVerification(METHODS);
    fresh.send(...requests);
    alice.sync();
    expect(alice.machine.getVerificationRequests(ALICE)).toEqual([]);
    alice.flush();
    expect(alice.machine.getVerificationRequests(ALICE)).toMatchObject([{ flowId, phase: "requested", deviceId: "NEW" }]);
  });
});
