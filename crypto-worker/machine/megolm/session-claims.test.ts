import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { asOlmEvent, asRoomEvent, contentFor, identity, newDevice, Party, roomId, userId } from "../../../tests/support/megolm-world.ts";
import { loadOlm } from "../../primitives/olm-library.ts";
import type { JsonObject } from "../../wire/json.ts";
import type { Device } from "../devices/device.ts";
import type { DecryptedOlmEvent } from "../olm/decrypted-olm-event.ts";
import type { RoomKeyInfo } from "./room-key.ts";

const ROOM = roomId("room");
const STRICT = { senderDeviceTrustRequirement: "crossSigned" } as const;

let alice: Party;
let bob: Party;
let mallory: Party;

beforeAll(() => loadOlm());

/** Bob has verified Mallory, and does not know Alice's identity. */
beforeEach(() => {
  [alice, bob, mallory] = [new Party("alice", "A"), new Party("bob", "B"), new Party("mallory", "M")];
  for (const device of [bob.device, mallory.device]) alice.directory.put(device);
  bob.directory.put(alice.device);
  bob.directory.put(mallory.device, true);
  bob.directory.setOwner(mallory.user, identity({ verified: true }));
});

/** The room key as Alice gives it to somebody, at the index that she has come to. */
function keyOfAlices(to: Party): DecryptedOlmEvent {
  const requests = alice.shareAndSend(ROOM, [bob.user, mallory.user]);
  for (const request of requests) {
    const content = contentFor(request, to.device);
    if (content !== undefined) return asOlmEvent(alice, content);
  }
  throw new Error("she has given no key");
}

/** The same, signed by its maker as it is, out of another device's Olm session. */
function passedOn(key: DecryptedOlmEvent, from: Party, device: Device = from.device): DecryptedOlmEvent {
  return { ...key, sender: from.user, senderCurve25519: device.curve25519, senderEd25519: device.ed25519, senderDevice: device };
}

const said = (): JsonObject => asRoomEvent(alice.user, alice.megolm.encryptRoomEvent(ROOM, "m.room.message", { body: "I, Alice" }));

function shown(event: JsonObject, settings = {}): unknown {
  const result = bob.megolm.decryptRoomEvent(event, ROOM, { senderDeviceTrustRequirement: "untrusted", ...settings });
  if (!result.ok) return result.reason.code;
  const { verificationState, senderDevice, senderCurve25519 } = result.event.encryptionInfo;
  return { verificationState, senderDevice, isAlices: senderCurve25519 === alice.device.curve25519 };
}

const ALICES = { verificationState: "unsignedDevice", senderDevice: "A", isAlices: true };

describe("a session that somebody else passed on first", () => {
  let event: JsonObject;
  let info: RoomKeyInfo | undefined;

  beforeEach(() => {
    const key = keyOfAlices(bob);
    bob.megolm.receiveRoomKey(passedOn(key, mallory));
    event = said();
    expect(shown(event)).toMatchObject({ verificationState: "mismatchedSender" });
    info = bob.megolm.receiveRoomKey(key);
  });

  test("is its maker's for what they write, once their own key has come, and the caller is told", () => {
    expect(info).toMatchObject({ roomId: ROOM, senderKey: alice.device.curve25519 });
    expect(shown(event)).toEqual(ALICES);
    bob.restart();
    expect(shown(event)).toEqual(ALICES);
  });

  test("says so once: the same key again is no news", () => {
    expect(bob.megolm.receiveRoomKey(keyAgain())).toBeUndefined();
  });

  test("follows what becomes known of its maker", () => {
    bob.directory.setOwner(alice.user, identity({ verified: true }));
    bob.directory.sign(alice.device);
    expect(shown(event, STRICT)).toEqual({ ...ALICES, verificationState: "verified" });
    bob.restart();
    expect(shown(event, STRICT)).toEqual({ ...ALICES, verificationState: "verified" });
    // A verified sender stays one.
    bob.directory.setOwner(alice.user, identity({ verificationViolation: true }));
    expect(shown(event)).toEqual({ ...ALICES, verificationState: "verified" });
  });

  test("is nobody else's: not of a third, nor of another device that has no key", () => {
    const other = newDevice(userId("carol"), "C");
    bob.directory.put(other);
    expect(shown({ ...event, sender: other.userId })).toMatchObject({ verificationState: "mismatchedSender" });
    expect(shown({ ...event, sender: other.userId }, STRICT)).toBe("SenderIdentityNotTrusted");
  });

  /** As at first; both come from Alice over Olm. */
  function keyAgain(): DecryptedOlmEvent {
    alice.directory.change(bob.device, { olmWedgingIndex: 1 });
    return keyOfAlices(bob);
  }
});

describe("a session that its maker gave us", () => {
  test.each(["at the same index", "from an earlier index", "from a later index"])("stays theirs when it is passed on %s", (which) => {
    const isEarlier = which === "from an earlier index";
    const early = keyOfAlices(isEarlier ? mallory : bob);
    said();
    // Only a device that began anew is given the key again, at the index of now.
    alice.directory.change(bob.device, { olmWedgingIndex: 1 });
    alice.directory.change(mallory.device, { olmWedgingIndex: 1 });
    const late = keyOfAlices(isEarlier ? bob : mallory);
    bob.megolm.receiveRoomKey(isEarlier ? late : early);
    const event = said();
    expect(shown(event)).toEqual(ALICES);
    const stolen = which === "at the same index" ? early : isEarlier ? early : late;
    bob.megolm.receiveRoomKey(passedOn(stolen, mallory));
    expect(shown(event)).toEqual(ALICES);
    bob.restart();
    expect(shown(said())).toEqual(ALICES);
  });

  test("is read from the earlier index that somebody passed on, and stays theirs there too", () => {
    const early = keyOfAlices(mallory);
    const first = said();
    alice.directory.change(bob.device, { olmWedgingIndex: 1 });
    bob.megolm.receiveRoomKey(keyOfAlices(bob));
    expect(shown(first)).toBe("UnknownMegolmMessageIndex");
    expect(bob.megolm.receiveRoomKey(passedOn(early, mallory))).toBeDefined();
    expect(shown(first)).toEqual(ALICES);
  });

  test("stays theirs under a flood of claims, which are bounded", () => {
    const key = keyOfAlices(bob);
    bob.megolm.receiveRoomKey(key);
    const devices = Array.from({ length: 40 }, (_, n) => newDevice(mallory.user, `M${n}`));
    const taken = devices.filter((device) => bob.megolm.receiveRoomKey(passedOn(key, mallory, device)) !== undefined);
    expect(taken).toHaveLength(16);
    expect(shown(said())).toEqual(ALICES);
  });
});

test("whoever passes a key on can only sign for what was written, not have another sign", () => {
  const key = keyOfAlices(bob);
  bob.megolm.receiveRoomKey(key);
  bob.megolm.receiveRoomKey(passedOn(key, mallory));
  // The server says that Alice's message is Mallory's, who says so too.
  expect(shown({ ...said(), sender: mallory.user })).toMatchObject({ verificationState: "verified", senderDevice: "M", isAlices: false });
  // Mallory's own session is nobody else's, whatever else she sends.
  mallory.directory.put(bob.device);
  const [request] = mallory.shareAndSend(ROOM, [bob.user]);
  const content = request === undefined ? undefined : contentFor(request, bob.device);
  bob.megolm.receiveRoomKey(asOlmEvent(mallory, content ?? {}));
  const forged = asRoomEvent(alice.user, mallory.megolm.encryptRoomEvent(ROOM, "m.room.message", { body: "I, Alice" }));
  expect(shown(forged)).toMatchObject({ verificationState: "mismatchedSender" });
});
