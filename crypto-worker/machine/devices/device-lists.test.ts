import { beforeAll, describe, expect, test } from "vitest";
import { aliceAndBob, type AliceAndBob } from "../../../tests/support/alice-and-bob.ts";
import { KeyServer, TestClock, TestDevice } from "../../../tests/support/machine-world.ts";
import { objectField, type JsonObject } from "../../wire/json.ts";
import { OlmMachine } from "../olm-machine.ts";
import { MAX_USERS_PER_QUERY } from "./key-queries.ts";

const CAROL = "@carol:elsewhere.org";

beforeAll(() => OlmMachine.ready());

/** Alice follows Bob's devices. */
function world(): AliceAndBob {
  const all = aliceAndBob();
  all.alice.machine.updateTrackedUsers([all.bob.userId]);
  all.alice.flush();
  return all;
}

function asked(device: TestDevice): string[] {
  return device.waiting("keys_query").flatMap(({ body }) => Object.keys(objectField(body, "device_keys") ?? {}));
}

describe("tracking", () => {
  test("our own user is tracked from the start, and stays so", () => {
    const { alice } = world();
    alice.machine.receiveSyncChanges({ deviceLists: { left: [alice.userId] } });
    expect(alice.machine.trackedUsers()).toContain(alice.userId);
  });

  test("a user is asked for once, and again after a change", () => {
    const { alice, bob } = world();
    alice.machine.updateTrackedUsers([bob.userId]);
    expect(asked(alice)).toEqual([]);
    alice.sync({ changed: [bob.userId, CAROL] });
    expect(asked(alice)).toEqual([bob.userId]);
    alice.flush();
    expect(asked(alice)).toEqual([]);
  });

  test("what is out of date stays so over a restart", () => {
    const { alice, bob } = world();
    alice.sync({ changed: [bob.userId] });
    alice.restart();
    expect(asked(alice)).toEqual([bob.userId]);
    alice.flush();
    alice.restart();
    expect(asked(alice)).toEqual([]);
    expect(alice.machine.trackedUsers()).toEqual(expect.arrayContaining([alice.userId, bob.userId]));
  });

  test("someone who left is no longer followed, and asked for when they are back", () => {
    const { alice, bob } = world();
    alice.sync({ left: [bob.userId] });
    alice.sync({ changed: [bob.userId] });
    expect(asked(alice)).toEqual([]);
    alice.machine.updateTrackedUsers([bob.userId]);
    expect(asked(alice)).toEqual([bob.userId]);
  });

  test("someone in both lists is still followed", () => {
    const { alice, bob } = world();
    alice.sync({ changed: [bob.userId], left: [bob.userId] });
    expect(asked(alice)).toEqual([bob.userId]);
  });

  test("everybody, after a gap", () => {
    const { alice, bob } = world();
    alice.machine.markAllTrackedUsersAsDirty();
    expect(asked(alice).toSorted()).toEqual([alice.userId, bob.userId]);
    expect(alice.machine.outdatedUsers([bob.userId, CAROL])).toEqual([bob.userId, CAROL]);
  });

  test("in batches", () => {
    const { alice } = world();
    alice.machine.updateTrackedUsers(Array.from({ length: 2 * MAX_USERS_PER_QUERY + 1 }, (_, n) => `@user${n}:example.org`));
    expect(alice.waiting("keys_query").map(({ body }) => Object.keys(objectField(body, "device_keys") ?? {}).length)).toEqual([
      250, 250, 1,
    ]);
  });

  test("ids that are none are left out", () => {
    const { alice } = world();
    alice.machine.updateTrackedUsers(["bob", "", "__proto__", "@\u0000:x"]);
    expect(asked(alice)).toEqual([]);
  });
});

describe("races", () => {
  test("a change while the query is under way asks again after it", () => {
    const { alice, bob } = world();
    alice.sync({ changed: [bob.userId] });
    const [first] = alice.waiting("keys_query");
    alice.sync({ changed: [bob.userId] });
    alice.send(first);
    expect(asked(alice)).toEqual([bob.userId]);
    alice.flush();
    expect(asked(alice)).toEqual([]);
  });

  test("a late answer to an older query does not undo a newer one", () => {
    const { server, clock, alice, bob } = world();
    alice.sync({ changed: [bob.userId] });
    const [older] = alice.waiting("keys_query");
    const olderAnswer = older === undefined ? {} : server.handle(alice, older);
    new TestDevice(server, bob.userId, "B2", clock).flush();
    alice.sync({ changed: [bob.userId] });
    alice.send(alice.waiting("keys_query").at(-1));
    alice.machine.markRequestAsSent(older?.id ?? "", olderAnswer);
    expect(alice.machine.getUserDevices(bob.userId).map(({ deviceId }) => deviceId)).toEqual(["B", "B2"]);
    expect(asked(alice)).toEqual([]);
  });

  test("an answer is taken once", () => {
    const { server, alice, bob } = world();
    alice.sync({ changed: [bob.userId] });
    const [query] = alice.waiting("keys_query");
    alice.send(query);
    server.remove(bob.userId, bob.deviceId);
    alice.send(query);
    expect(alice.machine.getUserDevices(bob.userId)).toHaveLength(1);
  });
});

describe("servers that cannot be reached", () => {
  test("are left alone, longer each time; what is known of their users stays", () => {
    const { clock, alice } = world();
    alice.machine.updateTrackedUsers([CAROL]);
    for (const delay of [15_000, 30_000, 60_000, 120_000, 240_000, 480_000, 900_000, 900_000]) {
      const [query] = alice.waiting("keys_query");
      alice.machine.markRequestAsSent(query?.id ?? "", { device_keys: {}, failures: { "elsewhere.org": {} } });
      clock.advance(delay - 1);
      expect(asked(alice)).toEqual([]);
      clock.advance(1);
      expect(asked(alice)).toEqual([CAROL]);
    }
    alice.flush();
    expect(asked(alice)).toEqual([]);
    // An answer ends it: the next failure is a first one again.
    alice.sync({ changed: [CAROL] });
    const [query] = alice.waiting("keys_query");
    alice.machine.markRequestAsSent(query?.id ?? "", { device_keys: {}, failures: { "elsewhere.org": {} } });
    clock.advance(15_000);
    expect(asked(alice)).toEqual([CAROL]);
  });

  test.each([
    ["a list of failures with our own", { device_keys: {}, failures: { "example.org": {} } }],
    ["a body that is no object", []],
  ])("%s ends the asking for now, and changes nothing", (_name, body) => {
    const { clock, alice, bob } = world();
    alice.sync({ changed: [bob.userId] });
    alice.machine.markRequestAsSent(alice.waiting("keys_query")[0]?.id ?? "", body);
    expect(asked(alice)).toEqual([]);
    expect(alice.machine.getUserDevices(bob.userId)).toHaveLength(1);
    clock.advance(15_000);
    expect(asked(alice)).toEqual([bob.userId]);
  });
});

describe("devices", () => {
  function answer(alice: TestDevice, userId: string, devices: JsonObject): void {
    alice.machine.markUsersAsChanged([userId]);
    const [query] = alice.waiting("keys_query");
    alice.machine.markRequestAsSent(query?.id ?? "", { device_keys: { [userId]: devices } });
  }

  function keysOf(server: KeyServer, device: TestDevice): JsonObject {
    return server.device(device.userId, device.deviceId).keys ?? {};
  }

  test("one that is listed no more is gone, and comes back as the same", () => {
    const { server, alice, bob } = world();
    const keys = keysOf(server, bob);
    alice.machine.setLocalTrust(bob.userId, bob.deviceId, "blacklisted");
    answer(alice, bob.userId, {});
    expect(alice.machine.getUserDevices(bob.userId)).toEqual([]);
    answer(alice, bob.userId, { B: keys });
    expect(alice.machine.getUserDevices(bob.userId)).toMatchObject([{ deviceId: "B", blacklisted: true }]);
  });

  test("a display name that is cut in the middle of a character is the same name the next time", () => {
    const { server, alice, bob } = world();
    const keys = { ...keysOf(server, bob), unsigned: { device_display_name: `${"x".repeat(254)}\u{1f98a}` } };
    answer(alice, bob.userId, { B: keys });
    const name = alice.machine.getDevice(bob.userId, bob.deviceId)?.displayName;
    expect(name?.isWellFormed()).toBe(true);
    alice.restart();
    expect(alice.machine.getDevice(bob.userId, bob.deviceId)?.displayName).toBe(name);
  });

  test("its Ed25519 key never changes, not even after it was deleted", () => {
    const { server, alice, bob } = world();
    const { ed25519 } = bob.machine.identityKeys;
    const other = new KeyServer();
    const impostor = new TestDevice(other, bob.userId, bob.deviceId, new TestClock());
    impostor.flush();
    answer(alice, bob.userId, { B: keysOf(other, impostor) });
    expect(alice.machine.getDevice(bob.userId, bob.deviceId)?.ed25519).toBe(ed25519);
    answer(alice, bob.userId, {});
    answer(alice, bob.userId, { B: keysOf(other, impostor) });
    expect(alice.machine.getDevice(bob.userId, bob.deviceId)).toBeUndefined();
    answer(alice, bob.userId, { B: keysOf(server, bob) });
    expect(alice.machine.getDevice(bob.userId, bob.deviceId)?.ed25519).toBe(ed25519);
  });

  const invalid: [string, (keys: JsonObject) => unknown][] = [
    ["no object", () => "x"],
    ["another user", (keys) => ({ ...keys, user_id: "@mallory:example.org" })],
    ["another device", (keys) => ({ ...keys, device_id: "M" })],
    ["no signatures", (keys) => ({ ...keys, signatures: {} })],
    ["changed algorithms", (keys) => ({ ...keys, algorithms: [] })],
    ["no keys", (keys) => ({ ...keys, keys: {} })],
  ];
  test.each(invalid)("what is wrong with one is its own problem: %s", (_name, change) => {
    const { server, clock, alice, bob } = world();
    const second = new TestDevice(server, bob.userId, "B2", clock);
    second.flush();
    const third = new TestDevice(server, bob.userId, "B3", clock);
    third.flush();
    answer(alice, bob.userId, { B: keysOf(server, bob), B2: change(keysOf(server, second)), B3: keysOf(server, third) } as JsonObject);
    expect(alice.machine.getUserDevices(bob.userId).map(({ deviceId }) => deviceId)).toEqual(["B", "B3"]);
  });

  test("our own must have our keys, and is never deleted by a list without it", () => {
    const { alice } = world();
    const { ed25519 } = alice.machine.identityKeys;
    const other = new KeyServer();
    new TestDevice(other, alice.userId, alice.deviceId, new TestClock()).flush();
    answer(alice, alice.userId, { A: other.device(alice.userId, alice.deviceId).keys ?? {} });
    expect(alice.machine.getDevice(alice.userId, alice.deviceId)?.ed25519).toBe(ed25519);
    answer(alice, alice.userId, {});
    expect(alice.machine.getDevice(alice.userId, alice.deviceId)?.ed25519).toBe(ed25519);
  });

  test("users who were not asked for are not taken from an answer", () => {
    const { server, alice, bob } = world();
    alice.machine.updateTrackedUsers([CAROL]);
    alice.machine.markRequestAsSent(alice.waiting("keys_query")[0]?.id ?? "", { device_keys: { [bob.userId]: {}, [CAROL]: {} } });
    expect(alice.machine.getUserDevices(bob.userId)).toHaveLength(1);
    expect(server.device(bob.userId, bob.deviceId).keys).toBeDefined();
  });

  test("a new display name is no new device", () => {
    const { server, alice, bob } = world();
    const firstSeen = alice.machine.getDevice(bob.userId, "B")?.firstSeen;
    answer(alice, bob.userId, { B: { ...keysOf(server, bob), unsigned: { device_display_name: "Bob's laptop" } } });
    expect(alice.machine.getDevice(bob.userId, "B")).toMatchObject({ displayName: "Bob's laptop", firstSeen });
  });

  test("local trust needs a device", () => {
    const { alice, bob } = world();
    alice.machine.setLocalTrust(bob.userId, "B", "verified");
    expect(alice.machine.getDevice(bob.userId, "B")?.verified).toBe(true);
    alice.machine.setLocalTrust(bob.userId, "B", "unset");
    expect(alice.machine.getDevice(bob.userId, "B")?.verified).toBe(false);
    expect(() => alice.machine.setLocalTrust(bob.userId, "X", "verified")).toThrow("unknown-device");
  });
});
