import { beforeAll, describe, expect, test } from "vitest";
import { KeyServer, TestClock, TestDevice } from "../../../tests/support/machine-world.ts";
import { soloCrew, type Crew } from "../../primitives/crew/crew.ts";
import { openMemoryStore } from "../../store/store.ts";
import type { OutgoingRequest } from "../requests/outgoing-request.ts";
import { objectField } from "../../wire/json.ts";
import { OlmMachine } from "../olm-machine.ts";
import { FALLBACK_KEY_MAX_AGE_MS } from "./key-supply.ts";

beforeAll(() => OlmMachine.ready());

function newDevice(): { device: TestDevice; server: KeyServer; clock: TestClock } {
  const server = new KeyServer();
  const clock = new TestClock();
  return { server, clock, device: new TestDevice(server, "@alice:example.org", "A", clock) };
}

function upload(device: TestDevice): OutgoingRequest | undefined {
  return device.machine.outgoingRequests().find(({ kind }) => kind === "keys_upload");
}

function keysOf(request: OutgoingRequest | undefined, field: "one_time_keys" | "fallback_keys"): string[] {
  return Object.keys(objectField(request?.body ?? {}, field) ?? {});
}

test("the first upload has device keys and 50 one-time keys, before any sync", () => {
  const { device } = newDevice();
  const request = upload(device);
  expect(Object.keys(request?.body ?? {})).toEqual(["device_keys", "one_time_keys"]);
  expect(keysOf(request, "one_time_keys")).toHaveLength(50);
  for (const key of Object.values(objectField(request?.body ?? {}, "one_time_keys") ?? {})) expect(key).not.toHaveProperty("fallback");
  device.send(request);
  expect(upload(device)).toBeUndefined();
});

test("the same request until it is answered, and the same bytes after a crash", () => {
  const { device } = newDevice();
  const first = upload(device);
  expect(device.machine.outgoingRequests().filter(({ kind }) => kind === "keys_upload")).toEqual([first]);
  device.restart();
  const second = upload(device);
  expect(second?.id).not.toBe(first?.id);
  expect(JSON.stringify(second?.body)).toBe(JSON.stringify(first?.body));
});

test("a crash after the server took the keys uploads them again, and the server is content", () => {
  const { device, server } = newDevice();
  const request = upload(device);
  if (request !== undefined) server.handle(device, request);
  device.restart();
  device.flush();
  expect(server.device("@alice:example.org", "A").everUploaded.size).toBe(50);
});

describe("what is signed while it is stored", () => {
  const signaturesIn = (request: OutgoingRequest | undefined): number => JSON.stringify(request?.body).split('"signatures"').length - 1;

  test("is complete for whoever reads it within the transaction, and stays the same", () => {
    const { device } = newDevice();
    const { request, read } = device.store.transaction(() => {
      const made = upload(device);
      return { request: made, read: JSON.stringify(made?.body) };
    });
    expect(signaturesIn(request)).toBe(51);
    expect(JSON.stringify(request?.body)).toBe(read);
  });

  test("begins before the commit, and no other thread is left with it: neither when nobody reads it nor when it is rolled back", () => {
    const steps: string[] = [];
    const crew: Crew = {
      isWorthwhile: () => true,
      *run(task, shared, pieces) {
        if (task !== "sign") return yield* soloCrew.run(task, shared, pieces);
        steps.push("begun");
        try {
          yield* soloCrew.run(task, shared, pieces);
        } finally {
          steps.push("ended");
        }
      },
    };
    const device = new TestDevice(new KeyServer(), "@alice:example.org", "A", new TestClock(), openMemoryStore(), crew);
    const askFor = (end: () => void): void =>
      device.store.transaction(() => {
        device.machine.outgoingRequests();
        steps.push("asked");
        end();
      });
    expect(() =>
      askFor(() => {
        throw new Error("rolled back");
      }),
    ).toThrow("rolled back");
    askFor(() => undefined);
    expect(steps).toEqual(["begun", "asked", "ended", "begun", "asked", "ended"]);
  });

  test("is given up with its transaction, and signed anew with the next", () => {
    const { device } = newDevice();
    const kept: OutgoingRequest[] = [];
    const fail = (): void =>
      device.store.transaction(() => {
        kept.push(...device.machine.outgoingRequests());
        throw new Error("rolled back");
      });
    expect(fail).toThrow("rolled back");
    expect(() => kept.map(({ body }) => body)).toThrow("not everything was signed");
    expect(signaturesIn(upload(device))).toBe(51);
    device.flush();
    expect(device.machine.outgoingRequests()).toEqual([]);
  });

  test("takes the place of a request that was made in the same transaction", () => {
    const { device } = newDevice();
    const [first, second] = device.store.transaction(() => [
      upload(device),
      device.machine.bootstrapCrossSigning().find(({ kind }) => kind === "keys_upload"),
    ]);
    expect([first, second].map(signaturesIn)).toEqual([51, 51]);
    expect(objectField(second?.body ?? {}, "one_time_keys")).toEqual(objectField(first?.body ?? {}, "one_time_keys"));
  });
});

describe("one-time keys", () => {
  test.each([
    [{ signed_curve25519: 50 }, 0],
    [{ signed_curve25519: 49 }, 1],
    [{ signed_curve25519: 70 }, 0],
    [{ curve25519: 50 }, 50],
    [{}, 50],
    [undefined, 0],
  ])("a count of %j asks for %i", (oneTimeKeyCounts, wanted) => {
    const { device } = newDevice();
    device.flush();
    device.machine.receiveSyncChanges({ oneTimeKeyCounts });
    expect(keysOf(upload(device), "one_time_keys")).toHaveLength(wanted);
  });

  test("nothing is made while earlier ones wait to be published", () => {
    const { device } = newDevice();
    const request = upload(device);
    device.machine.receiveSyncChanges({ oneTimeKeyCounts: { signed_curve25519: 0 } });
    expect(upload(device)).toEqual(request);
  });

  test("an unreadable response counts as sent", () => {
    const { device } = newDevice();
    device.machine.markRequestAsSent(upload(device)?.id ?? "", "not an object");
    expect(upload(device)).toMatchObject({ body: expect.not.objectContaining({ device_keys: expect.anything() }) });
  });

  test("keys that were claimed and not used yet are never pushed out of libolm by new ones", () => {
    const { device, server, clock } = newDevice();
    device.flush();
    const bob = new TestDevice(server, "@bob:example.org", "B", clock);
    bob.flush();
    bob.meet(device);
    // Someone claims everything, twice.
    server.device(device.userId, device.deviceId).oneTimeKeys.clear();
    device.sync();
    device.flush();
    server.device(device.userId, device.deviceId).oneTimeKeys.clear();
    device.sync();
    expect(keysOf(upload(device), "one_time_keys")).toHaveLength(0);
    // Bob's key is among the oldest, and still there.
    const event = bob.say("!room:example.org", "late", device);
    device.sync();
    expect(device.machine.decryptRoomEvent(event, "!room:example.org").ok).toBe(true);
    // That one is used up, so there is room for one; after a day the lost ones are given up.
    expect(keysOf(upload(device), "one_time_keys")).toHaveLength(1);
    device.flush();
    clock.advance(24 * 60 * 60 * 1000);
    expect(keysOf(upload(device), "one_time_keys")).toHaveLength(49);
  });
});

describe("the fallback key", () => {
  test("is made once the server shows that it knows them", () => {
    const { device } = newDevice();
    device.flush();
    device.machine.receiveSyncChanges({ oneTimeKeyCounts: { signed_curve25519: 50 } });
    expect(upload(device)).toBeUndefined();
    device.machine.receiveSyncChanges({ oneTimeKeyCounts: { signed_curve25519: 50 }, unusedFallbackKeyTypes: [] });
    const request = upload(device);
    const [fallback] = Object.values(objectField(request?.body ?? {}, "fallback_keys") ?? {});
    expect(fallback).toMatchObject({ fallback: true });
    expect(Object.keys(request?.body ?? {})).toEqual(["fallback_keys"]);
    device.send(request);
    device.sync();
    expect(upload(device)).toBeUndefined();
  });

  test.each([
    ["is used", [], 0, 1],
    ["is unused and young", ["signed_curve25519"], FALLBACK_KEY_MAX_AGE_MS - 1, 0],
    ["is unused and old", ["signed_curve25519"], FALLBACK_KEY_MAX_AGE_MS, 1],
    ["was made in the future", ["signed_curve25519"], -1, 1],
  ])("is replaced when it %s", (_name, unusedFallbackKeyTypes, age, replaced) => {
    const { device, clock } = newDevice();
    device.flush();
    device.sync();
    device.flush();
    clock.advance(age);
    device.machine.receiveSyncChanges({ oneTimeKeyCounts: { signed_curve25519: 50 }, unusedFallbackKeyTypes });
    expect(keysOf(upload(device), "fallback_keys")).toHaveLength(replaced);
  });

  test("of a message on its way is not lost to a sync that was answered before the server had the new one", () => {
    const { device, server, clock } = newDevice();
    device.flush();
    device.sync();
    device.flush();
    server.device(device.userId, device.deviceId).oneTimeKeys.clear();
    const other = new TestDevice(server, "@bob:example.org", "B", clock);
    other.flush();
    other.meet(device);
    const event = other.say("!room:example.org", "on its way", device);
    for (let sync = 0; sync < 3; sync++) {
      device.machine.receiveSyncChanges({ oneTimeKeyCounts: { signed_curve25519: 50 }, unusedFallbackKeyTypes: [] });
      device.flush();
    }
    device.sync();
    expect(device.machine.decryptRoomEvent(event, "!room:example.org").ok).toBe(true);
  });

  test("serves any number of sessions, also the one before it", () => {
    const { device, server, clock } = newDevice();
    device.flush();
    device.sync();
    device.flush();
    server.device(device.userId, device.deviceId).oneTimeKeys.clear();
    const others = ["B", "C"].map((id) => new TestDevice(server, "@bob:example.org", id, clock));
    for (const other of others) {
      other.flush();
      other.meet(device);
    }
    clock.advance(FALLBACK_KEY_MAX_AGE_MS);
    device.flush();
    const events = others.map((other) => other.say("!room:example.org", other.deviceId, device));
    device.sync();
    for (const event of events) expect(device.machine.decryptRoomEvent(event, "!room:example.org").ok).toBe(true);
  });
});
