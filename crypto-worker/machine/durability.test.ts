import { beforeAll, beforeEach, expect, test, vi } from "vitest";
import { KeyServer, TestClock, TestDevice } from "../../tests/support/machine-world.ts";
import { OlmMachine } from "./olm-machine.ts";
import type { OutgoingRequest } from "./requests/outgoing-request.ts";

const ROOM = "!room:example.org";

let alice: TestDevice;
let bob: TestDevice;

beforeAll(() => OlmMachine.ready());

beforeEach(() => {
  const server = new KeyServer();
  const clock = new TestClock();
  alice = new TestDevice(server, "@alice:example.org", "A", clock);
  bob = new TestDevice(server, "@bob:example.org", "B", clock);
  for (const device of [alice, bob]) device.flush();
  alice.meet(bob);
});

/** Whether what these acts commit has to outlive a power cut. */
function lasts(act: () => void, device = alice): boolean {
  const required = vi.spyOn(device.store, "requireDurability");
  try {
    act();
    return required.mock.calls.length > 0;
  } finally {
    required.mockRestore();
  }
}

const share = (): void => alice.send(...alice.machine.shareRoomKey(ROOM, [alice.userId, bob.userId]));
const shareWithNobody = (): void => alice.send(...alice.machine.shareRoomKey(ROOM, [alice.userId]));
const write = (): unknown => alice.machine.encryptRoomEvent(ROOM, "m.room.message", { body: "text" });

test("one-time keys, before the server gives them to anybody", () => {
  alice.machine.receiveSyncChanges({ oneTimeKeyCounts: { signed_curve25519: 10 } });
  expect(lasts(() => alice.waiting("keys_upload"))).toBe(true);
});

test("an Olm ratchet that has moved", () => {
  expect(lasts(() => alice.machine.encryptToDeviceEvent(bob.userId, bob.deviceId, "m.dummy", {}))).toBe(true);
});

test("a room key that was made, and who got it or was told that they do not", () => {
  expect(lasts(shareWithNobody)).toBe(true);
  expect(lasts(shareWithNobody)).toBe(false);
  expect(lasts(share)).toBe(true);
  expect(lasts(share)).toBe(false);
  alice.machine.discardRoomKey(ROOM);
  shareWithNobody();
  alice.machine.setLocalTrust(bob.userId, bob.deviceId, "blacklisted");
  expect(lasts(share)).toBe(true);
});

test("the indices of messages, a number of them at once", () => {
  share();
  expect(lasts(() => write())).toBe(false);
  expect(lasts(() => Array.from({ length: 99 }, write))).toBe(true);
});

test("our private keys, made here or come from elsewhere", () => {
  const made: OutgoingRequest[] = [];
  expect(lasts(() => made.push(...alice.machine.bootstrapCrossSigning()))).toBe(true);
  alice.send(...made);
  const second = alice.another("A2");
  second.flush();
  second.askFor(alice.userId);
  expect(lasts(() => second.machine.importCrossSigningKeys(alice.machine.exportCrossSigningKeys()), second)).toBe(true);
  expect(
    lasts(() => alice.machine.backup.saveDecryptionKey({ privateKey: alice.machine.backup.createInfo().privateKey, version: "1" })),
  ).toBe(true);
  using key = alice.machine.dehydration.newPickleKey();
  expect(lasts(() => alice.machine.dehydration.savePickleKey(key))).toBe(true);
  expect(lasts(() => alice.machine.dehydration.savePickleKey(key))).toBe(false);
});

test("nothing that can be worked out again", () => {
  const event = alice.say(ROOM, "text", bob);
  bob.sync();
  expect(lasts(() => bob.machine.decryptRoomEvent(event, ROOM), bob)).toBe(false);
  expect(lasts(() => alice.askFor("@carol:example.org"))).toBe(false);
});
