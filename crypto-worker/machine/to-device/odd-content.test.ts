import { beforeAll, expect, test } from "vitest";
import { aliceAndBob } from "../../../tests/support/alice-and-bob.ts";
import { olmEvent, ping } from "../../../tests/support/olm-events.ts";
import type { JsonObject } from "../../wire/json.ts";
import { OlmMachine } from "../olm-machine.ts";

// Anybody may send any of these, in clear text, and each device that we talk to over Olm: what makes no sense costs that event, and nobody else anything.

beforeAll(() => OlmMachine.ready());

const TYPES = [
  "m.room_key",
  "m.room_key.withheld",
  "org.matrix.room_key.withheld",
  "m.forwarded_room_key",
  "m.room_key_request",
  "m.room_key_bundle",
  "m.secret.request",
  "m.secret.send",
  "m.dummy",
  "m.key.verification.request",
  "m.key.verification.start",
  "m.key.verification.done",
  "m.room.encrypted",
];

const MEGOLM = "m.megolm.v1.aes-sha2";
const ODD: readonly JsonObject[] = [
  {},
  { algorithm: 7, code: [], room_id: {}, session_id: null },
  { algorithm: MEGOLM, room_id: "!room:example.org", session_id: "x", session_key: "x" },
  { algorithm: MEGOLM, code: "m.blacklisted", room_id: "!room:example.org" },
  { action: "request", requesting_device_id: "A", request_id: "1", name: "__proto__" },
  { action: "request", requesting_device_id: "A", request_id: "1", body: { algorithm: MEGOLM, room_id: 1 } },
  { action: "request_cancellation", requesting_device_id: "A", request_id: "never" },
  { request_id: "never", secret: "AAAA" },
  { transaction_id: "t", from_device: "A", method: "m.sas.v1", methods: 7, timestamp: "now" },
  { algorithm: "m.olm.v1.curve25519-aes-sha2", sender_key: "x", ciphertext: { x: { type: 7, body: 7 } } },
];

test.each(TYPES)("%s with content that makes no sense costs nobody else anything", (type) => {
  const { alice, bob } = aliceAndBob();
  alice.meet(bob);
  bob.meet(alice);
  for (const content of ODD) {
    const events = [{ type, sender: alice.userId, content }, olmEvent(alice, bob, type, content), ping(alice, bob)];
    const { toDeviceEvents, roomKeys, secretsReceived } = bob.machine.receiveSyncChanges({ toDeviceEvents: events });
    expect(toDeviceEvents).toHaveLength(3);
    expect(toDeviceEvents[2]).toMatchObject({ kind: "decrypted", event: { type: "org.example.ping" } });
    expect([roomKeys, secretsReceived]).toEqual([[], []]);
  }
});
