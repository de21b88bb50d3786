import { beforeAll, describe, expect, test } from "vitest";
import { aliceAndBob, type AliceAndBob } from "../../../tests/support/alice-and-bob.ts";
import { KeyServer, TestClock, TestDevice } from "../../../tests/support/machine-world.ts";
import { damaged, messageOf, olmEvent, ping, receive, withBody } from "../../../tests/support/olm-events.ts";
import { isJsonObject, objectField, type JsonObject } from "../../wire/json.ts";
import { OlmMachine } from "../olm-machine.ts";
import { MAX_SESSIONS_PER_DEVICE } from "./olm-sessions.ts";

const HOUR = 60 * 60 * 1000;
const ROOM = "!room:example.org";

beforeAll(() => OlmMachine.ready());

/** Alice has a session with Bob, who knows her device. */
function world(): AliceAndBob {
  const all = aliceAndBob();
  all.alice.meet(all.bob);
  all.bob.machine.updateTrackedUsers([all.alice.userId]);
  all.bob.flush();
  return all;
}

describe("decryption", () => {
  test("pre-key messages until the first answer, normal ones after it", () => {
    const { alice, bob } = world();
    const [first, second] = [ping(alice, bob), ping(alice, bob)];
    expect([messageOf(first).type, messageOf(second).type]).toEqual([0, 0]);
    expect(receive(bob, second, first)).toEqual(["decrypted", "decrypted"]);
    expect(receive(alice, ping(bob, alice))).toEqual(["decrypted"]);
    const third = ping(alice, bob);
    expect(messageOf(third).type).toBe(1);
    expect(receive(bob, third)).toEqual(["decrypted"]);
  });

  test("a one-time key is used up by its session, and only by a message that decrypts", () => {
    const { alice, bob } = world();
    const first = ping(alice, bob);
    expect(receive(bob, damaged(first))).toEqual(["unableToDecrypt"]);
    expect(receive(bob, first)).toEqual(["decrypted"]);
    bob.restart();
    expect(receive(bob, ping(alice, bob))).toEqual(["decrypted"]);
  });

  test("a damaged message does not break the session that it belongs to", () => {
    const { alice, bob } = world();
    expect(receive(bob, ping(alice, bob))).toEqual(["decrypted"]);
    expect(receive(bob, damaged(ping(alice, bob)))).toEqual(["unableToDecrypt"]);
    expect(receive(bob, ping(alice, bob))).toEqual(["decrypted"]);
    receive(alice, ping(bob, alice));
    expect(receive(bob, damaged(ping(alice, bob)), ping(alice, bob))).toEqual(["unableToDecrypt", "decrypted"]);
  });

  test("Megolm to a device is refused (CVE-2022-39251), as is what is for other keys", () => {
    const { alice, bob } = world();
    const event = ping(alice, bob);
    const content = objectField(event, "content") ?? {};
    expect(
      receive(bob, { ...event, content: { ...content, algorithm: "m.megolm.v1.aes-sha2", session_id: "x", ciphertext: "x" } }),
    ).toEqual(["unableToDecrypt"]);
    expect(receive(alice, event)).toEqual(["unableToDecrypt"]);
    expect(receive(bob, event)).toEqual(["decrypted"]);
  });

  test("the server cannot name another sender", () => {
    const { alice, bob } = world();
    expect(receive(bob, { ...ping(alice, bob), sender: "@mallory:example.org" })).toEqual(["unableToDecrypt"]);
    expect(receive(bob, ping(alice, bob))).toEqual(["decrypted"]);
  });
});

describe("ratchets", () => {
  test("no key is used twice, whatever the process does between two messages", () => {
    const { alice, bob } = world();
    const events = [ping(alice, bob, 1)];
    alice.restart();
    events.push(ping(alice, bob, 2));
    expect(receive(bob, ...events)).toEqual(["decrypted", "decrypted"]);
    bob.restart();
    receive(alice, ping(bob, alice, 1));
    alice.restart();
    bob.restart();
    expect(receive(alice, ping(bob, alice, 2))).toEqual(["decrypted"]);
    expect(receive(bob, ping(alice, bob, 3))).toEqual(["decrypted"]);
  });

  test("a call that fails half way writes nothing", () => {
    const { alice, bob } = world();
    ping(alice, bob);
    const rows = (): unknown => alice.store.olmSessions.withDevice(bob.machine.identityKeys.curve25519);
    const before = rows();
    alice.failRandomness = true;
    expect(() => ping(alice, bob)).toThrow("no randomness");
    alice.failRandomness = false;
    expect(rows()).toEqual(before);
    expect(receive(bob, ping(alice, bob))).toEqual(["decrypted"]);
  });
});

describe("the session to encrypt with", () => {
  test("is the one that decrypted last", () => {
    const { alice, bob, clock } = world();
    receive(bob, ping(alice, bob));
    const old = ping(alice, bob);
    // Alice starts a second session, which becomes bob's current one with its first message.
    clock.advance(HOUR);
    alice.store.wedgedDevices.add(bob.machine.userId, bob.machine.deviceId);
    alice.flush();
    bob.sync();
    const fromNew = ping(bob, alice);
    expect(messageOf(fromNew).type).toBe(1);
    receive(bob, old);
    // Both decrypt, but the first session is in use again.
    expect(receive(alice, fromNew, ping(bob, alice))).toEqual(["decrypted", "decrypted"]);
    const sessions = (device: TestDevice, other: TestDevice): string[] =>
      device.store.olmSessions.withDevice(other.machine.identityKeys.curve25519).map(({ sessionId }) => sessionId);
    expect(sessions(bob, alice)).toEqual(sessions(alice, bob));
    expect(sessions(bob, alice)).toHaveLength(2);
  });

  test("their number is bounded, and the last ones work", () => {
    const { alice, bob } = world();
    for (let n = 0; n < MAX_SESSIONS_PER_DEVICE + 3; n++) {
      alice.store.wedgedDevices.add(bob.machine.userId, bob.machine.deviceId);
      alice.flush();
      bob.sync();
    }
    expect(bob.store.olmSessions.withDevice(alice.machine.identityKeys.curve25519)).toHaveLength(MAX_SESSIONS_PER_DEVICE);
    expect(alice.store.olmSessions.withDevice(bob.machine.identityKeys.curve25519)).toHaveLength(MAX_SESSIONS_PER_DEVICE);
    expect(receive(alice, ping(bob, alice))).toEqual(["decrypted"]);
  });
});

describe("a message that comes twice", () => {
  test("is no reason for a new session, in one batch or in two", () => {
    const { alice, bob, clock } = world();
    const first = ping(alice, bob);
    expect(receive(bob, first, first)).toEqual(["decrypted", "unableToDecrypt"]);
    receive(alice, ping(bob, alice));
    const second = ping(alice, bob);
    clock.advance(2 * HOUR);
    expect(receive(bob, second, second)).toEqual(["decrypted", "unableToDecrypt"]);
    bob.restart();
    expect(receive(bob, second, first)).toEqual(["unableToDecrypt", "unableToDecrypt"]);
    expect(bob.waiting("keys_claim")).toEqual([]);
  });

  test("does not make its session again from a fallback key", () => {
    const { server, alice, bob } = world();
    bob.sync();
    bob.flush();
    server.device(bob.userId, bob.deviceId).oneTimeKeys.clear();
    alice.store.wedgedDevices.add(bob.machine.userId, bob.machine.deviceId);
    alice.flush();
    const [event] = server.sync(bob.userId, bob.deviceId).toDeviceEvents;
    const dummy = event ?? {};
    expect(receive(bob, dummy)).toEqual(["decrypted"]);
    for (const { curve25519, sessionId } of bob.store.olmSessions.withDevice(alice.machine.identityKeys.curve25519))
      bob.store.olmSessions.remove(curve25519, sessionId);
    bob.restart();
    expect(receive(bob, dummy)).toEqual(["unableToDecrypt"]);
  });

  const disguises: [string, (body: string) => string][] = [
    ["padding", (body) => body + "=".repeat((4 - (body.length % 4)) % 4)],
    // An unknown field in what is around the authenticated part.
    [
      "another field",
      (body) =>
        Buffer.concat([Buffer.from(body, "base64"), Buffer.of(0x28, 1)])
          .toString("base64")
          .replace(/=+$/, ""),
    ],
  ];

  test.each(disguises)("nor in disguise: %s", (_name, disguise) => {
    const { server, alice, bob } = world();
    bob.sync();
    bob.flush();
    server.device(bob.userId, bob.deviceId).oneTimeKeys.clear();
    alice.store.wedgedDevices.add(bob.machine.userId, bob.machine.deviceId);
    alice.send(...alice.waiting("keys_claim"));
    const events = [16, 32].map((length) => olmEvent(alice, bob, "org.example.ping", { text: "x".repeat(length) }));
    const event = events.find((event) => messageOf(event).body.length % 4 > 0) ?? {};
    const disguised = withBody(event, disguise(messageOf(event).body));
    expect(disguised).not.toEqual(event);
    expect(receive(bob, event)).toEqual(["decrypted"]);
    for (const { curve25519, sessionId } of bob.store.olmSessions.withDevice(alice.machine.identityKeys.curve25519))
      bob.store.olmSessions.remove(curve25519, sessionId);
    bob.restart();
    expect(receive(bob, disguised)).toEqual(["unableToDecrypt"]);
  });
});

describe("a broken session", () => {
  test("is replaced, the other side is told, and shares its room key again", () => {
    const { alice, bob, clock } = world();
    receive(bob, ping(alice, bob));
    receive(alice, ping(bob, alice));
    // Bob's ratchet is lost on the way: alice cannot read what he sends.
    clock.advance(HOUR);
    const lost = bob.say(ROOM, "lost", alice);
    const [share] = alice.server.sync(alice.userId, alice.deviceId).toDeviceEvents;
    expect(receive(alice, damaged(share ?? {}))).toEqual(["unableToDecrypt"]);
    const [claim] = alice.waiting("keys_claim");
    expect(claim?.body).toMatchObject({ timeout: 10_000, one_time_keys: { [bob.userId]: { [bob.deviceId]: "signed_curve25519" } } });
    alice.send(claim);
    const [dummy] = alice.machine.outgoingRequests();
    expect(dummy).toMatchObject({ kind: "to_device", path: expect.stringContaining("/sendToDevice/m.room.encrypted/") });
    // It outlives a crash with its transaction id.
    alice.restart();
    expect(alice.machine.outgoingRequests()).toEqual([dummy]);
    alice.flush();
    expect(bob.sync().toDeviceEvents).toMatchObject([{ kind: "decrypted", event: { type: "m.dummy" } }]);
    const next = bob.say(ROOM, "next", alice);
    alice.sync();
    expect(alice.machine.decryptRoomEvent(next, ROOM)).toMatchObject({ ok: true });
    expect(alice.machine.decryptRoomEvent(lost, ROOM)).toMatchObject({ ok: false });
  });

  /** Bob has shared a key with Alice, who could not read it and has told him so with a new session. */
  function unwedged(): ReturnType<typeof world> {
    const all = world();
    const { alice, bob, clock } = all;
    receive(bob, ping(alice, bob));
    receive(alice, ping(bob, alice));
    clock.advance(HOUR);
    bob.say(ROOM, "lost", alice);
    const [share] = alice.server.sync(alice.userId, alice.deviceId).toDeviceEvents;
    receive(alice, damaged(share ?? {}));
    alice.flush();
    expect(bob.sync().toDeviceEvents).toMatchObject([{ kind: "decrypted", event: { type: "m.dummy" } }]);
    return all;
  }

  test("gets the present room keys again at once, without a message to wait for", () => {
    const { alice, bob } = unwedged();
    const requests = bob.waiting("to_device");
    expect(requests).toMatchObject([{ kind: "to_device", body: { messages: { [alice.userId]: { [alice.deviceId]: {} } } } }]);
    expect(bob.waiting("to_device")).toEqual(requests);
    bob.restart();
    expect(bob.waiting("to_device")).toEqual(requests);
    bob.flush();
    expect(bob.waiting("to_device")).toEqual([]);
    expect(alice.sync().roomKeys).toMatchObject([{ roomId: ROOM }]);
    expect(bob.machine.shareRoomKey(ROOM, [alice.userId, bob.userId])).toEqual([]);
    expect(alice.machine.decryptRoomEvent(bob.say(ROOM, "next", alice), ROOM)).toMatchObject({ ok: true });
  });

  test("gets them once, however many sessions it begins, and again after an hour", () => {
    const { alice, bob, clock } = world();
    receive(bob, ping(alice, bob));
    bob.say(ROOM, "for alice", alice);
    bob.flush();
    alice.sync();
    const begin = (count: number): void => {
      for (let n = 0; n < count; n++) {
        alice.store.wedgedDevices.add(bob.machine.userId, bob.machine.deviceId);
        alice.flush();
      }
      bob.sync();
      bob.machine.receiveSyncChanges({ oneTimeKeyCounts: { signed_curve25519: 0 } });
    };
    const sent = (): number => {
      const rows = bob.store.roomKeyShares.pending();
      bob.flush();
      return rows.flatMap(({ recipients }) => recipients.flatMap(([, devices]) => devices)).length;
    };
    begin(3);
    expect(sent()).toBe(1);
    begin(2);
    expect(sent()).toBe(0);
    // A message needs the key where it may be lost, whenever that was.
    const requests = bob.machine.shareRoomKey(ROOM, [alice.userId, bob.userId]);
    expect(requests).toHaveLength(1);
    bob.send(...requests);
    clock.advance(HOUR);
    begin(1);
    expect(sent()).toBe(1);
  });

  test("does not hold up a message for which the key was shared before", () => {
    const { bob } = unwedged();
    expect(bob.waiting("to_device")).toHaveLength(1);
    expect(() => bob.machine.encryptRoomEvent(ROOM, "m.room.message", {})).not.toThrow();
  });

  test.each(["blacklisted", "without the key"])("gets none where the device is %s", (reason) => {
    const { alice, bob } = world();
    receive(bob, ping(alice, bob));
    if (reason === "blacklisted") {
      bob.say(ROOM, "for alice", alice);
      bob.machine.setLocalTrust(alice.userId, alice.deviceId, "blacklisted");
    } else bob.say(ROOM, "for nobody");
    alice.store.wedgedDevices.add(bob.machine.userId, bob.machine.deviceId);
    alice.flush();
    expect(bob.sync().toDeviceEvents).toMatchObject([{ kind: "decrypted", event: { type: "m.dummy" } }]);
    expect(bob.waiting("to_device")).toEqual([]);
  });

  test("is replaced at most once an hour", () => {
    const { alice, bob, clock } = world();
    receive(bob, ping(alice, bob));
    const bad = (): JsonObject => damaged(ping(alice, bob));
    clock.advance(HOUR - 1);
    receive(bob, bad());
    expect(bob.waiting("keys_claim")).toEqual([]);
    clock.advance(1);
    receive(bob, bad(), bad());
    expect(bob.waiting("keys_claim")).toHaveLength(1);
    bob.flush();
    receive(bob, bad());
    expect(bob.waiting("keys_claim")).toEqual([]);
    clock.advance(HOUR);
    receive(bob, bad());
    expect(bob.waiting("keys_claim")).toHaveLength(1);
  });

  test("is remembered over a restart", () => {
    const { alice, bob, clock } = world();
    receive(bob, ping(alice, bob));
    clock.advance(HOUR);
    receive(bob, damaged(ping(alice, bob)));
    bob.restart();
    expect(bob.waiting("keys_claim")).toHaveLength(1);
    expect(bob.machine.getMissingSessions([])).toMatchObject({ kind: "keys_claim" });
  });
});

describe("claims", () => {
  test("the same request until it is answered, then nothing", () => {
    const { server, clock, alice } = world();
    const carol = new TestDevice(server, "@carol:example.org", "C", clock);
    carol.flush();
    alice.machine.updateTrackedUsers([carol.userId]);
    alice.flush();
    const claim = alice.machine.getMissingSessions([carol.userId]);
    expect(alice.machine.getMissingSessions([carol.userId])).toEqual(claim);
    expect(alice.machine.outgoingRequests()).toEqual([]);
    alice.send(claim);
    expect(alice.machine.getMissingSessions([carol.userId])).toBeUndefined();
  });

  test("one whose answer never came is made anew", () => {
    const { server, clock, alice } = world();
    const carol = new TestDevice(server, "@carol:example.org", "C", clock);
    carol.flush();
    alice.machine.updateTrackedUsers([carol.userId]);
    alice.flush();
    const lost = alice.machine.getMissingSessions([carol.userId]);
    clock.advance(60_000);
    expect(alice.machine.getMissingSessions([carol.userId])?.id).not.toBe(lost?.id);
  });

  const failures: [string, (key: JsonObject) => JsonObject][] = [
    ["no key", () => ({ one_time_keys: {} })],
    ["an unreadable answer", () => ({ one_time_keys: 1 })],
    ["no answer at all", () => JSON.parse("[]")],
    ["a server that cannot be reached", () => ({ one_time_keys: {}, failures: { "example.com": {} } })],
    ["a key without a signature", (key) => answer("signed_curve25519:AAAAAQ", { key: key["key"] ?? "" })],
    ["a plain key", (key) => answer("curve25519:AAAAAQ", key)],
    ["a key of low order", (key) => answer("signed_curve25519:AAAAAQ", { ...key, key: "A".repeat(43) })],
    ["another device's key", () => answer("signed_curve25519:AAAAAQ", otherKey())],
  ];

  test.each(failures)("%s: no session, and the device is left alone for a while", (_name, change) => {
    const server = new KeyServer();
    const clock = new TestClock();
    const alice = new TestDevice(server, "@alice:example.org", "A", clock);
    const carol = new TestDevice(server, "@carol:example.com", "C", clock);
    alice.flush();
    carol.flush();
    alice.machine.updateTrackedUsers([carol.userId]);
    alice.flush();
    const [key] = server.device(carol.userId, carol.deviceId).oneTimeKeys.values();
    for (const delay of [15_000, 30_000, 60_000]) {
      const claim = alice.machine.getMissingSessions([carol.userId]);
      alice.machine.markRequestAsSent(claim?.id ?? "", change(isJsonObject(key) ? key : {}));
      expect(alice.machine.getMissingSessions([carol.userId])).toBeUndefined();
      clock.advance(delay - 1);
      expect(alice.machine.getMissingSessions([carol.userId])).toBeUndefined();
      clock.advance(1);
      expect(alice.machine.getMissingSessions([carol.userId])).toBeDefined();
    }
    alice.send(alice.machine.getMissingSessions([carol.userId]));
    expect(alice.machine.getMissingSessions([carol.userId])).toBeUndefined();
    expect(receive(carol, ping(alice, carol))).toEqual(["decrypted"]);
  });

  function answer(fullId: string, key: JsonObject): JsonObject {
    return { one_time_keys: { "@carol:example.com": { C: { [fullId]: key } } } };
  }

  function otherKey(): JsonObject {
    const server = new KeyServer();
    new TestDevice(server, "@carol:example.com", "C", new TestClock()).flush();
    const [key] = server.device("@carol:example.com", "C").oneTimeKeys.values();
    return isJsonObject(key) ? key : {};
  }
});
