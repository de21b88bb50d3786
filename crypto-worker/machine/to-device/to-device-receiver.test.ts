import { beforeAll, describe, expect, test } from "vitest";
import { aliceAndBob, type AliceAndBob } from "../../../tests/support/alice-and-bob.ts";
import { olmEvent, ping } from "../../../tests/support/olm-events.ts";
import type { JsonObject } from "../../wire/json.ts";
import { OlmMachine } from "../olm-machine.ts";

const ROOM = "!room:example.org";

beforeAll(() => OlmMachine.ready());

/** Alice has a session with Bob. */
function world(): AliceAndBob {
  const all = aliceAndBob();
  all.alice.meet(all.bob);
  return all;
}

const hostile: [string, unknown][] = [
  ["null", null],
  ["a number", 1],
  ["an array", []],
  ["no type", { sender: "@a:x", content: {} }],
  ["a type that is no text", { type: {}, sender: "@a:x", content: {} }],
  ["no sender", { type: "m.dummy", content: {} }],
  ["a sender that is none", { type: "m.dummy", sender: "alice", content: {} }],
  ["no content", { type: "m.dummy", sender: "@a:x" }],
  ["content that is no object", { type: "m.dummy", sender: "@a:x", content: "x" }],
  ["too deep", { type: "m.dummy", sender: "@a:x", content: JSON.parse('{"a":'.repeat(200) + "1" + "}".repeat(200)) }],
];
test.each(hostile)("%s is invalid and costs nobody else anything", (_name, value) => {
  const { alice, bob } = world();
  const good = ping(alice, bob);
  const { toDeviceEvents } = bob.machine.receiveSyncChanges({ toDeviceEvents: [value, good] });
  expect(toDeviceEvents.map(({ kind }) => kind)).toEqual(["invalid", "decrypted"]);
});

test("an invalid event is shown as far as it says what it is", () => {
  const { bob } = world();
  const shown = (value: unknown): unknown => bob.machine.receiveSyncChanges({ toDeviceEvents: [value] }).toDeviceEvents;
  const nothing = { type: "", sender: "", content: {} };
  expect(shown(7)).toEqual([{ kind: "invalid", event: nothing }]);
  expect(shown({ type: "m.dummy", sender: "alice", content: { a: 1 }, more: 2 })).toEqual([
    { kind: "invalid", event: { type: "m.dummy", sender: "alice", content: { a: 1 } } },
  ]);
  expect(shown({ type: 1, sender: "@a:x", content: [] })).toEqual([{ kind: "invalid", event: { ...nothing, sender: "@a:x" } }]);
  expect(shown({ type: "m.dummy", sender: {}, content: "x" })).toEqual([{ kind: "invalid", event: { ...nothing, type: "m.dummy" } }]);
});

const garbage: [string, JsonObject][] = [
  ["no algorithm", {}],
  ["an unknown algorithm", { algorithm: "m.olm.v2" }],
  ["no ciphertext", { algorithm: "m.olm.v1.curve25519-aes-sha2", sender_key: "A".repeat(43) }],
  ["keys named like prototypes", { algorithm: "m.olm.v1.curve25519-aes-sha2", sender_key: "__proto__", ciphertext: {} }],
];
test.each(garbage)("encrypted with %s is undecryptable", (_name, content) => {
  const { bob } = world();
  const { toDeviceEvents } = bob.machine.receiveSyncChanges({ toDeviceEvents: [{ type: "m.room.encrypted", sender: "@a:x", content }] });
  expect(toDeviceEvents).toMatchObject([{ kind: "unableToDecrypt", event: { type: "m.room.encrypted", sender: "@a:x", content } }]);
});

describe("in clear text", () => {
  test("a room key does nothing", () => {
    const { alice, bob } = world();
    const event = alice.say(ROOM, "hello", bob);
    const [key] = alice.machine.exportRoomKeys();
    const content = {
      algorithm: "m.megolm.v1.aes-sha2",
      room_id: ROOM,
      session_id: key?.session_id ?? "",
      session_key: key?.session_key ?? "",
    };
    const result = bob.machine.receiveSyncChanges({ toDeviceEvents: [{ type: "m.room_key", sender: alice.userId, content }] });
    expect(result.roomKeys).toEqual([]);
    expect(result.toDeviceEvents).toMatchObject([{ kind: "plainText" }]);
    expect(JSON.stringify(result)).not.toContain("session_key");
    expect(bob.machine.decryptRoomEvent(event, ROOM)).toMatchObject({ ok: false, reason: { code: "MissingMegolmSession" } });
  });

  test("a verification begins", () => {
    const { alice, bob } = world();
    bob.machine.updateTrackedUsers([alice.userId]);
    bob.flush();
    alice.send(...alice.machine.requestDeviceVerification(bob.userId, bob.deviceId, ["m.sas.v1"]).requests);
    expect(bob.sync().toDeviceEvents).toMatchObject([{ kind: "plainText", event: { type: "m.key.verification.request" } }]);
    expect(bob.machine.getVerificationRequests(alice.userId)).toHaveLength(1);
  });

  test("a refusal explains the missing key", () => {
    const { alice, bob } = world();
    alice.machine.setLocalTrust(bob.userId, bob.deviceId, "blacklisted");
    const event = alice.say(ROOM, "hello", bob);
    const result = bob.sync();
    expect(result.toDeviceEvents).toMatchObject([{ kind: "plainText", event: { type: "m.room_key.withheld" } }]);
    expect(result.withheldRoomKeys).toMatchObject([{ roomId: ROOM, code: "m.blacklisted" }]);
    expect(bob.machine.decryptRoomEvent(event, ROOM)).toMatchObject({ ok: false, reason: { withheldCode: "m.blacklisted" } });
  });
});

test.each([
  ["m.room_key", "session_key"],
  ["m.forwarded_room_key", "session_key"],
  ["m.secret.send", "secret"],
])("%s loses its %s", (type, field) => {
  const { alice, bob } = world();
  const event = olmEvent(alice, bob, type, { [field]: "hidden", other: 1 });
  const { toDeviceEvents } = bob.machine.receiveSyncChanges({ toDeviceEvents: [event] });
  expect(toDeviceEvents).toMatchObject([{ kind: "decrypted", event: { type, content: { other: 1 } } }]);
  expect(JSON.stringify(toDeviceEvents)).not.toContain("hidden");
});

describe("with a trust requirement", () => {
  const settings = { senderDeviceTrustRequirement: "crossSigned" } as const;

  test.each([
    ["org.example.ping", "unableToDecrypt"],
    ["m.room_key", "decrypted"],
    ["m.key.verification.request", "decrypted"],
    ["m.secret.request", "decrypted"],
  ])("%s of an unsigned device is %s", (type, kind) => {
    const { alice, bob } = world();
    const event = olmEvent(alice, bob, type, {});
    expect(bob.machine.receiveSyncChanges({ toDeviceEvents: [event], settings }).toDeviceEvents).toMatchObject([{ kind }]);
  });

  test("a cross-signed device is heard", () => {
    const { alice, bob } = world();
    alice.send(...alice.machine.bootstrapCrossSigning());
    bob.machine.updateTrackedUsers([alice.userId]);
    bob.flush();
    const event = ping(alice, bob);
    expect(bob.machine.receiveSyncChanges({ toDeviceEvents: [event], settings }).toDeviceEvents).toMatchObject([{ kind: "decrypted" }]);
  });
});
