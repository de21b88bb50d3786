import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { mutate, countOlmObjects, isPolluted } from "../../../tests/support/hostile.ts";
import { KeyServer, refresh, TestClock, TestDevice } from "../../../tests/support/machine-world.ts";
import { seedOf, Seeded } from "../../../tests/support/seeded.ts";
import { OutboundGroupSession } from "../../primitives/group-session.ts";
import { Secret } from "../../primitives/secret.ts";
import { objectField, stringField, type JsonObject } from "../../wire/json.ts";
import { OlmMachine } from "../olm-machine.ts";
import type { RehydratedDevice } from "./rehydrated-device.ts";

const ALICE = "@alice:x";
const BOB = "@bob:x";
const ROOM = "!room:x";
const KEY = new Uint8Array(32).fill(7);

let alive: () => number;
let server: KeyServer;
let clock: TestClock;
let devices: TestDevice[];
let alice: TestDevice;
let bob: TestDevice;
/** As it was uploaded. */
let body: JsonObject;
let deviceId: string;

beforeAll(async () => {
  await OlmMachine.ready();
  alive = countOlmObjects();
});

/** Alice has put a dehydrated device on the server, and Bob knows of it. */
beforeEach(() => {
  server = new KeyServer();
  clock = new TestClock();
  devices = [];
  alice = device(ALICE, "ALICE");
  bob = device(BOB, "BOB");
  for (const one of [alice, bob]) one.send(...one.machine.bootstrapCrossSigning());
  body = dehydrate(alice);
  deviceId = stringField(body, "device_id") ?? "";
  bob.meet(alice);
});

afterEach(() => {
  for (const { machine, store } of devices) {
    machine.close();
    store.close();
  }
  expect(alive()).toBe(0);
  expect(isPolluted()).toBe(false);
});

function device(userId: string, id: string): TestDevice {
  const made = new TestDevice(server, userId, id, clock);
  devices.push(made);
  made.flush();
  return made;
}

function dehydrate(of: TestDevice): JsonObject {
  using made = of.machine.dehydration.create();
  using key = Secret.from(KEY, "dehydration-key");
  const request = made.keysForUpload("Dehydrated device", key);
  expect(made.keysForUpload("Dehydrated device", key).body).toMatchObject({ one_time_keys: request.body["one_time_keys"] });
  of.machine.dehydration.markCreated(made);
  of.send(request);
  return request.body;
}

const inbox = (): JsonObject[] => server.device(ALICE, deviceId).inbox;

function open(by: TestDevice, data: unknown = body["device_data"], bytes: Uint8Array = KEY, id = deviceId): RehydratedDevice | string {
  using key = Secret.from(bytes, "dehydration-key");
  const result = by.machine.dehydration.rehydrate(key, id, data);
  return result.ok ? result.value : result.error;
}

function woken(by: TestDevice): RehydratedDevice {
  const opened = open(by);
  if (typeof opened === "string") throw new Error(opened);
  return opened;
}

const reads = (by: TestDevice, event: JsonObject): boolean => by.machine.decryptRoomEvent(event, ROOM).ok;

describe("on the server", () => {
  test("it says what it is, is signed by itself and by our identity, and has keys for everybody", () => {
    const keys = objectField(body, "device_keys") ?? {};
    expect(keys).toMatchObject({ user_id: ALICE, device_id: deviceId, dehydrated: true });
    const signers = Object.keys(objectField(objectField(keys, "signatures") ?? {}, ALICE) ?? {});
    expect(signers).toContain(`ed25519:${deviceId}`);
    expect(signers).toHaveLength(2);
    expect(objectField(keys, "keys")?.[`curve25519:${deviceId}`]).toBe(deviceId);
    expect(Object.keys(objectField(body, "one_time_keys") ?? {})).toHaveLength(50);
    for (const key of Object.values(objectField(body, "one_time_keys") ?? {})) expect(key).not.toHaveProperty("fallback");
    expect(Object.values(objectField(body, "fallback_keys") ?? {})).toMatchObject([{ fallback: true }]);
    expect(body["device_data"]).toMatchObject({ algorithm: "org.matrix.msc3814.v1.olm" });
    expect(bob.machine.getDevice(ALICE, deviceId)).toMatchObject({ dehydrated: true, crossSigned: true });
  });

  test("it is not made where our identity cannot vouch for it", () => {
    const stranger = device("@carol:x", "CAROL");
    using made = stranger.machine.dehydration.create();
    using key = Secret.from(KEY, "dehydration-key");
    expect(() => made.keysForUpload("x", key)).toThrow("missing-cross-signing-key");
    expect(() => stranger.machine.dehydration.markCreated(made)).toThrow("missing-cross-signing-key");
  });

  test("it is asked for nothing and takes part in nothing", () => {
    refresh(alice);
    expect(() => alice.machine.requestDeviceVerification(ALICE, deviceId, ["m.sas.v1"])).toThrow("unknown-device");
    expect(() => alice.machine.requestOwnVerification(["m.sas.v1"])).toThrow("unknown-device");
    alice.machine.requestMissingSecrets();
    const request = { action: "request", name: "m.cross_signing.master", requesting_device_id: deviceId, request_id: "1" };
    alice.machine.receiveSyncChanges({ toDeviceEvents: [{ type: "m.secret.request", sender: ALICE, content: request }] });
    alice.send(alice.machine.getMissingSessions([ALICE]));
    alice.flush();
    // Requests for secrets go to all devices; what matters is that none is given.
    expect(inbox().filter(({ type }) => type !== "m.secret.request")).toEqual([]);
  });
});

describe("woken up", () => {
  test("it gives the room keys that it was sent, with what is known of their senders, once or again", () => {
    const event = bob.say(ROOM, "hello", alice);
    const next = device(ALICE, "NEXT");
    expect(reads(next, event)).toBe(false);
    using first = woken(next);
    // The server deletes what was fetched.
    using lasting = vi.spyOn(next.store, "requireDurability");
    expect(first.receiveEvents(inbox())).toMatchObject([{ roomId: ROOM, senderKey: bob.machine.identityKeys.curve25519 }]);
    expect(lasting).toHaveBeenCalled();
    const result = next.machine.decryptRoomEvent(event, ROOM);
    expect(result.ok && result.event.encryptionInfo).toMatchObject({ sender: BOB, senderDevice: "BOB" });
    expect(first.receiveEvents(inbox())).toEqual([]);
    // As after a crash: from the beginning, with nothing new.
    using again = woken(next);
    expect(again.receiveEvents(inbox())).toEqual([]);
    next.restart();
    expect(reads(next, event)).toBe(true);
  });

  test("it reads later messages of a session without the earlier ones", () => {
    bob.say(ROOM, "first", alice);
    bob.machine.discardRoomKey(ROOM);
    const event = bob.say(ROOM, "second", alice);
    const [, second] = inbox();
    const next = device(ALICE, "NEXT");
    using opened = woken(next);
    expect(opened.receiveEvents([second])).toHaveLength(1);
    expect(reads(next, event)).toBe(true);
    expect(opened.receiveEvents(inbox())).toHaveLength(1);
  });

  test("everything else that it was sent is dropped", () => {
    const content = (type: string) => bob.machine.encryptToDeviceEvent(ALICE, deviceId, type, { secret: "x", request_id: "1" });
    const encrypted = ["m.secret.send", "m.forwarded_room_key", "m.dummy", "org.example.custom"].map((type) => ({
      type: "m.room.encrypted",
      sender: BOB,
      content: content(type),
    }));
    const sound = OutboundGroupSession.create();
    const roomKey = { algorithm: "m.megolm.v1.aes-sha2", room_id: ROOM, session_id: sound.sessionId, session_key: sound.sessionKey() };
    sound.free();
    const renamed = bob.machine.encryptToDeviceEvent(ALICE, deviceId, "org.example.custom", roomKey);
    encrypted.push({ type: "m.room.encrypted", sender: BOB, content: renamed });
    const plain = {
      type: "m.room_key",
      sender: BOB,
      content: { algorithm: "m.megolm.v1.aes-sha2", room_id: ROOM, session_id: "x", session_key: "y" },
    };
    const next = device(ALICE, "NEXT");
    using opened = woken(next);
    expect(opened.receiveEvents([...encrypted, plain, null, "x", {}])).toEqual([]);
    expect(next.machine.secretsInbox()).toEqual([]);
  });

  test("a key that was meant for another device, or comes from somebody else than it says, is not taken", () => {
    bob.say(ROOM, "hello", alice);
    const [event] = inbox();
    if (event === undefined) throw new Error("nothing was sent");
    const next = device(ALICE, "NEXT");
    using opened = woken(next);
    expect(opened.receiveEvents([{ ...event, sender: "@mallory:x" }])).toEqual([]);
    const toAlice = server.device(ALICE, "ALICE").inbox;
    expect(toAlice.length).toBeGreaterThan(0);
    expect(opened.receiveEvents(toAlice)).toEqual([]);
  });
});

describe("shut", () => {
  test("for another key or another device's id, and for data that is none", () => {
    const data = objectField(body, "device_data") ?? {};
    const pickle = stringField(data, "device_pickle") ?? "";
    expect(open(alice, data, new Uint8Array(32))).toBe("wrong-key");
    expect(open(alice, data, KEY, "ANOTHER")).toBe("wrong-key");
    expect(open(alice, { ...data, device_pickle: `${pickle[0] === "A" ? "B" : "A"}${pickle.slice(1)}` })).toBe("wrong-key");
    expect(open(alice, { ...data, algorithm: "org.example.new" })).toBe("unsupported-algorithm");
    for (const broken of [null, [], {}, { ...data, device_pickle: 7 }, { ...data, device_pickle: "x".repeat(200_000) }])
      expect(open(alice, broken)).toBe("malformed");
    expect(() => open(alice, data, KEY, "")).toThrow("invalid-device-id");
  });

  test("under hostile data and events: refused, and nothing kept", () => {
    bob.say(ROOM, "hello", alice);
    const chance = new Seeded(seedOf("FUZZ_SEED"));
    const next = device(ALICE, "NEXT");
    for (let run = 0; run < 60; run += 1) {
      const opened = open(next, mutate(body["device_data"], chance));
      if (typeof opened !== "string") opened[Symbol.dispose]();
      using sound = woken(next);
      sound.receiveEvents(inbox().map((event) => mutate(event, chance)));
    }
  });
});

describe("what is kept", () => {
  test("one key over restarts, with which devices were made and read; none once it is deleted", () => {
    const { dehydration } = alice.machine;
    expect(dehydration.pickleKey()).toBeUndefined();
    using key = dehydration.newPickleKey();
    dehydration.savePickleKey(key);
    using made = dehydration.create();
    dehydration.markCreated(made);
    using opened = woken(alice);
    dehydration.markRehydrated(opened);
    dehydration.savePickleKey(key);
    alice.restart();
    const again = alice.machine.dehydration;
    using kept = again.pickleKey();
    expect(kept?.equals(key)).toBe(true);
    expect([again.created()?.deviceId, again.rehydrated()]).toEqual([made.deviceId, deviceId]);
    using other = again.newPickleKey();
    again.savePickleKey(other);
    expect([again.created(), again.rehydrated()]).toEqual([undefined, undefined]);
    again.deletePickleKey();
    expect(again.pickleKey()).toBeUndefined();
  });

  test("not what another identity of ours has signed", () => {
    const { dehydration } = alice.machine;
    using key = dehydration.newPickleKey();
    dehydration.savePickleKey(key);
    using made = dehydration.create();
    dehydration.markCreated(made);
    expect(dehydration.created()).toBeDefined();
    alice.send(...alice.machine.bootstrapCrossSigning({ reset: true }));
    expect(dehydration.created()).toBeUndefined();
  });
});
