import { beforeAll, expect, test } from "vitest";
import { contentFor, identity, newDevice, Party, roomId, userId } from "../../../tests/support/megolm-world.ts";
import { loadOlm } from "../../primitives/olm-library.ts";
import { stringField } from "../../wire/json.ts";
import type { EncryptionSettings } from "./encryption-settings.ts";

const ROOM = roomId("room");
const OTHER_ROOM = roomId("other");
const BOB = userId("bob");

beforeAll(() => loadOlm());

/** What Bob's only device was sent at the last call. */
function scene() {
  const alice = new Party("alice", "A1");
  const device = newDevice(BOB, "B1");
  alice.directory.put(device);
  const told = (room = ROOM, settings: Partial<EncryptionSettings> = {}): string[] =>
    alice.shareAndSend(room, [BOB], settings).map((request) => {
      const content = contentFor(request, device);
      return request.path.includes("withheld") ? (stringField(content ?? {}, "code") ?? "") : content === undefined ? "nothing" : "key";
    });
  return { alice, device, told };
}

test("keys go to trusted devices only where that was said, once or everywhere, and it is kept", () => {
  const { alice, told } = scene();
  expect([alice.megolm.onlyTrusted.everywhere(), alice.megolm.onlyTrusted.inRoom(ROOM)]).toEqual([false, false]);
  alice.megolm.onlyTrusted.setInRoom(ROOM, true);
  alice.restart();
  expect([alice.megolm.onlyTrusted.everywhere(), alice.megolm.onlyTrusted.inRoom(ROOM)]).toEqual([false, true]);
  expect(told()).toEqual(["m.unverified"]);
  expect(told(OTHER_ROOM)).toEqual(["key"]);
  alice.megolm.onlyTrusted.setEverywhere(true);
  alice.megolm.onlyTrusted.setInRoom(ROOM, false);
  alice.restart();
  expect([alice.megolm.onlyTrusted.everywhere(), alice.megolm.onlyTrusted.inRoom(ROOM)]).toEqual([true, false]);
  // The same session: it was told once.
  expect(told()).toEqual([]);
  expect(told(OTHER_ROOM)).toEqual(["m.unverified"]);
  alice.megolm.onlyTrusted.setEverywhere(false);
  expect(told()).toEqual(["key"]);
});

test("a device that had the key before gets no other one: the next message has a new session", () => {
  const { alice, told } = scene();
  const session = (): string | undefined => stringField(alice.megolm.encryptRoomEvent(ROOM, "t", {}), "session_id");
  expect(told()).toEqual(["key"]);
  const before = session();
  alice.megolm.onlyTrusted.setEverywhere(true);
  expect(told()).toEqual(["m.unverified"]);
  expect(session()).not.toBe(before);
});

test("a device is let in once its owner is verified and has signed it", () => {
  const { alice, device, told } = scene();
  alice.megolm.onlyTrusted.setEverywhere(true);
  expect(told()).toEqual(["m.unverified"]);
  alice.directory.setOwner(BOB, identity({ verified: true, previouslyVerified: true }));
  expect(told()).toEqual([]);
  alice.directory.sign(device);
  expect(told()).toEqual(["key"]);
});

test("a caller that names a strategy decides itself: a verification has to reach who is not verified yet", () => {
  const { alice, told } = scene();
  alice.megolm.onlyTrusted.setEverywhere(true);
  expect(told(ROOM, { sharingStrategy: "allDevices" })).toEqual(["key"]);
});
