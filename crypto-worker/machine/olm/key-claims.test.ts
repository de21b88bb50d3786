import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { KeyServer, TestClock, TestDevice } from "../../../tests/support/machine-world.ts";
import { isJsonObject, objectField, type JsonObject } from "../../wire/json.ts";
import { OlmMachine } from "../olm-machine.ts";
import type { OutgoingRequest } from "../requests/outgoing-request.ts";

const CAROL = "@carol:example.com";
const DAVE = "@dave:elsewhere.org";

let server: KeyServer;
let clock: TestClock;
let alice: TestDevice;

beforeAll(() => OlmMachine.ready());

beforeEach(() => {
  server = new KeyServer();
  clock = new TestClock();
  alice = newDevice("@alice:example.org", "A");
});

function newDevice(userId: string, deviceId: string): TestDevice {
  const device = new TestDevice(server, userId, deviceId, clock);
  device.flush();
  return device;
}

/** The devices that a claim is for. */
function claimedFor(claim: OutgoingRequest | undefined): string[] {
  return Object.entries(objectField(claim?.body ?? {}, "one_time_keys") ?? {})
    .flatMap(([userId, devices]) => (isJsonObject(devices) ? Object.keys(devices).map((deviceId) => `${userId} ${deviceId}`) : []))
    .toSorted();
}

const missing = (...userIds: readonly string[]): OutgoingRequest | undefined => alice.machine.getMissingSessions(userIds);

/** What the server answers, without the keys of these devices. */
function answerWithout(claim: OutgoingRequest | undefined, ...without: readonly string[]): JsonObject {
  const answer = claim === undefined ? {} : server.handle(alice, claim);
  const keys = Object.entries(objectField(answer, "one_time_keys") ?? {}).map(([userId, devices]) => {
    const kept = Object.entries(isJsonObject(devices) ? devices : {}).filter(([deviceId]) => !without.includes(`${userId} ${deviceId}`));
    return [userId, Object.fromEntries(kept)] as const;
  });
  return { one_time_keys: Object.fromEntries(keys), failures: {} };
}

describe("who is claimed for", () => {
  test("everybody but this device: not others of the same name, and others of ours too", () => {
    for (const [userId, deviceId] of [
      [CAROL, "A"],
      [CAROL, "C"],
      [alice.userId, "A2"],
    ] as const)
      newDevice(userId, deviceId);
    alice.askFor(alice.userId, CAROL);
    expect(claimedFor(missing(alice.userId, CAROL))).toEqual([`${alice.userId} A2`, `${CAROL} A`, `${CAROL} C`]);
  });
});

describe("a failure", () => {
  test("is the device's that got no key, and no other's of its owner", () => {
    newDevice(CAROL, "C1");
    newDevice(CAROL, "C2");
    alice.askFor(CAROL);
    const claim = missing(CAROL);
    alice.machine.markRequestAsSent(claim?.id ?? "", answerWithout(claim, `${CAROL} C1`));
    expect(missing(CAROL)).toBeUndefined();
    newDevice(CAROL, "C3");
    alice.askFor(CAROL);
    expect(claimedFor(missing(CAROL))).toEqual([`${CAROL} C3`]);
    clock.advance(15_000);
    expect(claimedFor(missing(CAROL))).toEqual([`${CAROL} C1`, `${CAROL} C3`]);
  });

  test("of a server is that of all its devices, and of none as such: whoever it has a key of now is not left alone longer", () => {
    newDevice(CAROL, "C");
    newDevice(DAVE, "D");
    alice.askFor(CAROL, DAVE);
    const claim = missing(CAROL, DAVE);
    const answer = answerWithout(claim, `${CAROL} C`);
    alice.machine.markRequestAsSent(claim?.id ?? "", { ...answer, failures: { "example.com": {} } });
    // Dave's key came; of example.com nobody is asked for.
    newDevice(CAROL, "C2");
    newDevice(DAVE, "D2");
    alice.askFor(CAROL, DAVE);
    expect(claimedFor(missing(CAROL, DAVE))).toEqual([`${DAVE} D2`]);
    clock.advance(15_000);
    // The server answers again: what comes of Carol's device is its first failure.
    const again = missing(CAROL);
    expect(claimedFor(again)).toEqual([`${CAROL} C`, `${CAROL} C2`]);
    alice.machine.markRequestAsSent(again?.id ?? "", answerWithout(again, `${CAROL} C`));
    clock.advance(15_000);
    expect(claimedFor(missing(CAROL))).toEqual([`${CAROL} C`]);
  });

  test("keeps a device that waits for an answer from being claimed for with every look", () => {
    const fresh = newDevice(alice.userId, "A2");
    alice.send(...alice.machine.bootstrapCrossSigning());
    alice.askFor(alice.userId);
    alice.send(...alice.machine.verifyOwnDevice("A2"));
    alice.askFor(alice.userId);
    const request = { action: "request", name: "m.cross_signing.master", request_id: "r1", requesting_device_id: "A2" };
    alice.machine.receiveSyncChanges({ toDeviceEvents: [{ type: "m.secret.request", sender: fresh.userId, content: request }] });
    const [claim] = alice.waiting("keys_claim");
    expect(claimedFor(claim)).toEqual([`${alice.userId} A2`]);
    alice.machine.markRequestAsSent(claim?.id ?? "", { one_time_keys: {} });
    expect(alice.waiting("keys_claim")).toEqual([]);
    clock.advance(15_000);
    expect(claimedFor(alice.waiting("keys_claim")[0])).toEqual([`${alice.userId} A2`]);
  });
});

describe("an answer", () => {
  test("makes no session with a device that is gone meanwhile", () => {
    newDevice(CAROL, "C");
    alice.askFor(CAROL);
    const claim = missing(CAROL);
    const answer = answerWithout(claim);
    server.remove(CAROL, "C");
    alice.askFor(CAROL);
    alice.machine.markRequestAsSent(claim?.id ?? "", answer);
    expect(() => alice.machine.encryptToDeviceEvent(CAROL, "C", "m.dummy", {})).toThrow("unknown-device");
    const back = newDevice(CAROL, "C2");
    alice.askFor(CAROL);
    expect(claimedFor(missing(CAROL))).toEqual([`${CAROL} ${back.deviceId}`]);
  });

  test("is taken after a minute, in which another claim may have been made, and not after ten", () => {
    newDevice(CAROL, "C");
    alice.askFor(CAROL);
    const late = missing(CAROL);
    clock.advance(60_000);
    expect(missing(CAROL)?.id).not.toBe(late?.id);
    alice.send(late);
    expect(missing(CAROL)).toBeUndefined();
    newDevice(CAROL, "C2");
    alice.askFor(CAROL);
    const lost = missing(CAROL);
    clock.advance(10 * 60_000);
    const next = missing(CAROL);
    alice.send(lost);
    expect(claimedFor(missing(CAROL))).toEqual([`${CAROL} C2`]);
    alice.send(next);
    expect(missing(CAROL)).toBeUndefined();
  });
});
