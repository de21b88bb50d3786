import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { KeyServer, TestClock, TestDevice } from "../../../tests/support/machine-world.ts";
import { OlmMachine } from "../olm-machine.ts";
import { FALLBACK_KEY_MAX_AGE_MS } from "./key-supply.ts";

const ROOM = "!room:example.org";
const HOUR = 60 * 60 * 1000;

let server: KeyServer;
let clock: TestClock;
let device: TestDevice;

beforeAll(() => OlmMachine.ready());

beforeEach(() => {
  server = new KeyServer();
  clock = new TestClock();
  device = new TestDevice(server, "@alice:example.org", "A", clock);
  device.flush();
  device.sync();
  device.flush();
});

/** Somebody who was given the fallback key, as there was no other, and has not used it yet. */
function claimer(id: string): TestDevice {
  const other = new TestDevice(server, "@bob:example.org", id, clock);
  other.flush();
  server.device(device.userId, device.deviceId).oneTimeKeys.clear();
  other.meet(device);
  return other;
}

/** Whether their first message can be read, in a sync of its own. */
function reads(other: TestDevice): boolean {
  const event = other.say(ROOM, other.deviceId, device);
  sync();
  return device.machine.decryptRoomEvent(event, ROOM).ok;
}

/** The server never runs short of one-time keys by what happens here. */
function sync(unusedFallbackKeyTypes = ["signed_curve25519"]): void {
  const { toDeviceEvents } = server.sync(device.userId, device.deviceId);
  device.machine.receiveSyncChanges({ toDeviceEvents, oneTimeKeyCounts: { signed_curve25519: 50 }, unusedFallbackKeyTypes });
}

/** The server says that the fallback key was used, and is given another. */
function replace(): void {
  sync([]);
  device.flush();
}

describe("the fallback key before the current one", () => {
  test("is forgotten an hour after the message that it was used for, over a restart too", () => {
    const [first, second, late] = [claimer("B"), claimer("C"), claimer("D")];
    expect(reads(first)).toBe(true);
    replace();
    clock.advance(HOUR - 1);
    device.restart();
    sync();
    expect(reads(second)).toBe(true);
    clock.advance(1);
    device.restart();
    sync();
    device.restart();
    expect(reads(late)).toBe(false);
    // The current one is as good as ever.
    expect(reads(claimer("E"))).toBe(true);
  });

  test("waits for the message of whoever was given it", () => {
    const [first, second, late] = [claimer("B"), claimer("C"), claimer("D")];
    replace();
    clock.advance(5 * HOUR);
    sync();
    device.restart();
    expect(reads(first)).toBe(true);
    clock.advance(HOUR - 1);
    sync();
    expect(reads(second)).toBe(true);
    clock.advance(1);
    sync();
    expect(reads(late)).toBe(false);
  });

  test("is not forgotten before the server has the current one", () => {
    const [first, second] = [claimer("B"), claimer("C")];
    expect(reads(first)).toBe(true);
    sync([]);
    const upload = device.waiting("keys_upload");
    clock.advance(5 * HOUR);
    sync();
    const [third, late] = [claimer("D"), claimer("E")];
    device.send(...upload);
    sync();
    expect([reads(second), reads(third)]).toEqual([true, true]);
    clock.advance(HOUR);
    sync();
    expect(reads(late)).toBe(false);
  });

  test("is not forgotten while messages come that the server held back", () => {
    const [first, second, third] = [claimer("B"), claimer("C"), claimer("D")];
    expect(reads(first)).toBe(true);
    replace();
    clock.advance(2 * HOUR);
    // The first of two syncs after a long time.
    expect(reads(second)).toBe(true);
    expect(reads(third)).toBe(true);
  });

  test("is forgotten an hour after it was replaced for its age, where nobody was given it", () => {
    const old = structuredClone(server.device(device.userId, device.deviceId).fallbackKey);
    clock.advance(FALLBACK_KEY_MAX_AGE_MS);
    sync();
    device.flush();
    const current = server.device(device.userId, device.deviceId).fallbackKey;
    // A server that gives it out later all the same.
    server.device(device.userId, device.deviceId).fallbackKey = old;
    const [early, late] = [claimer("B"), claimer("C")];
    server.device(device.userId, device.deviceId).fallbackKey = current;
    expect(reads(early)).toBe(true);
    clock.advance(HOUR);
    sync();
    expect(reads(late)).toBe(false);
  });

  test("makes room: a current one that is used is replaced at once", () => {
    expect(reads(claimer("B"))).toBe(true);
    replace();
    const first = server.device(device.userId, device.deviceId).fallbackKey;
    clock.advance(HOUR);
    sync();
    replace();
    expect(server.device(device.userId, device.deviceId).fallbackKey?.[0]).not.toBe(first?.[0]);
  });
});
