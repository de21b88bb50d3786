import { beforeAll, expect, test } from "vitest";
import { aliceAndBob } from "../../../tests/support/alice-and-bob.ts";
import { refresh, type TestDevice } from "../../../tests/support/machine-world.ts";
import { Account } from "../../primitives/account.ts";
import { encodeDeviceKeys } from "../../wire/device-keys.ts";
import type { JsonObject } from "../../wire/json.ts";
import { OlmMachine } from "../olm-machine.ts";

// Device keys are public, and whoever makes a device up signs its list entry themselves: a server can give any user a second device with the Curve25519 key
// of the first. Nothing of the first may then be taken for a forgery.

const ROOM = "!room:example.org";

beforeAll(() => OlmMachine.ready());

/** A device of the same user with another Ed25519 key, as their server might invent it. */
function twin(of: TestDevice, deviceId: string): JsonObject {
  using account = Account.create();
  const keys = { userId: of.machine.userId, deviceId: deviceId as never, curve25519: of.machine.identityKeys.curve25519 };
  return encodeDeviceKeys({ ...keys, ed25519: account.identityKeys.ed25519 }, (message) => account.sign(message));
}

test.each(["A", "Z"])("a made-up device %s with the same Curve25519 key takes nothing from the one that was there", (deviceId) => {
  const { server, clock, alice, bob } = aliceAndBob();
  alice.meet(bob);
  bob.askFor(alice.userId);
  alice.say(ROOM, "the key", bob);
  bob.sync();
  clock.advance(1);
  server.device(alice.userId, `${deviceId}2`).keys = twin(alice, `${deviceId}2`);
  bob.askFor(alice.userId);
  const result = bob.machine.decryptRoomEvent(alice.say(ROOM, "hello", bob), ROOM);
  expect(result).toMatchObject({ ok: true, event: { encryptionInfo: { senderDevice: "A", verificationState: "unsignedDevice" } } });
  bob.restart();
  expect(bob.machine.decryptRoomEvent(alice.say(ROOM, "again", bob), ROOM).ok).toBe(true);
});

test("of devices that became known at once, the one counts that its owner signed", () => {
  const { server, alice, bob } = aliceAndBob();
  alice.send(...alice.machine.bootstrapCrossSigning());
  server.device(alice.userId, "0").keys = twin(alice, "0");
  server.device(alice.userId, "Z").keys = twin(alice, "Z");
  refresh(alice, bob);
  alice.meet(bob);
  const event = alice.say(ROOM, "hello", bob);
  bob.sync();
  expect(bob.machine.decryptRoomEvent(event, ROOM)).toMatchObject({
    ok: true,
    event: { encryptionInfo: { senderDevice: "A", verificationState: "unverifiedIdentity" } },
  });
});
