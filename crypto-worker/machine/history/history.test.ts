import { randomBytes } from "node:crypto";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { KeyServer, TestClock, TestDevice } from "../../../tests/support/machine-world.ts";
import { must } from "../../../tests/support/megolm-world.ts";
import { parseRoomId, parseUserId } from "../../../protocol/ids.ts";
import { encodeEncryptedFile, type AttachmentKeys } from "../../wire/encrypted-file.ts";
import { field, objectField, stringField, type JsonObject } from "../../wire/json.ts";
import { AttachmentEncryptor } from "../attachments/attachment-encryptor.ts";
import { decryptAttachment } from "../attachments/attachment-decryptor.ts";
import { OlmMachine } from "../olm-machine.ts";
import type { EncryptedRoomKeyBundle } from "./room-key-bundle.ts";

const ROOM = "!room:example.org";
const OTHER_ROOM = "!other:example.org";
const URL = "mxc://example.org/bundle";
const DAY = 24 * 60 * 60 * 1000;

let server: KeyServer;
let clock: TestClock;
/** Has been in the room, and invites bob. */
let alice: TestDevice;
let bob: TestDevice;

beforeAll(() => OlmMachine.ready());

beforeEach(() => {
  server = new KeyServer();
  clock = new TestClock();
  alice = newPerson("alice");
  bob = newPerson("bob");
});

/** With an identity that signed the device. */
function newPerson(name: string, deviceId = `${name.toUpperCase()}1`): TestDevice {
  const device = new TestDevice(server, `@${name}:example.org`, deviceId, clock);
  device.flush();
  device.send(...device.machine.bootstrapCrossSigning());
  device.flush();
  return device;
}

function say(device: TestDevice, body: string, visibility: "shared" | "joined" = "shared", room = ROOM): JsonObject {
  device.send(...device.machine.shareRoomKey(room, [device.userId], { historyVisibility: visibility }));
  return sayOn(device, body, room);
}

/** To whoever has the key that there is. */
function sayOn(device: TestDevice, body: string, room = ROOM): JsonObject {
  return {
    type: "m.room.encrypted",
    room_id: room,
    sender: device.userId,
    event_id: `$${body}`,
    origin_server_ts: clock.ms,
    content: device.machine.encryptRoomEvent(room, "m.room.message", { msgtype: "m.text", body }),
  };
}

function build(device = alice, room = ROOM): EncryptedRoomKeyBundle {
  const bundle = device.machine.history.buildBundle(room);
  if (bundle === undefined) throw new Error("nothing to share");
  return bundle;
}

function contentOf({ ciphertext, keys }: EncryptedRoomKeyBundle): { room_keys: JsonObject[]; withheld: JsonObject[] } {
  return JSON.parse(Buffer.from(must(decryptAttachment(keys, ciphertext))).toString()) as never;
}

/** What anybody can put into a file. */
function encrypted(content: unknown): { ciphertext: Uint8Array; keys: AttachmentKeys } {
  const encryptor = new AttachmentEncryptor({ randomBytes: (length) => new Uint8Array(randomBytes(length)) });
  const ciphertext = encryptor.push(Buffer.from(typeof content === "string" ? content : JSON.stringify(content)));
  return { ciphertext, keys: encryptor.finish() };
}

function announce(keys: AttachmentKeys, { from = alice, to = bob, room = ROOM } = {}): void {
  if (from.machine.trackedUsers().every((userId) => userId !== to.userId)) from.meet(to);
  const { requests } = from.machine.history.shareBundle(to.userId, { roomId: room, url: URL, keys });
  from.send(...requests);
}

/** Alice shares, and bob has gone in on her invite and knows who she is. */
function invite(bundle: { keys: AttachmentKeys } = build()): void {
  announce(bundle.keys);
  bob.machine.history.acceptedInvite(ROOM, alice.userId);
  bob.sync();
  bob.flush();
}

function importAll(device: TestDevice, ciphertext: Uint8Array, room = ROOM) {
  const bundle = must(device.machine.history.openBundle(room, ciphertext));
  let imported = 0;
  for (let from: number | undefined = 0; from !== undefined;) {
    const batch = device.machine.history.importBatch(bundle, from, 2);
    imported += batch.importedCount;
    from = batch.next;
  }
  return imported;
}

function bodyOf(device: TestDevice, event: JsonObject, room = ROOM): unknown {
  const result = device.machine.decryptRoomEvent(event, room);
  return result.ok ? result.event.content["body"] : { ...result.reason };
}

describe("a bundle", () => {
  test("has the keys of what was said for newcomers too, and says of the rest that it is not shared", () => {
    say(alice, "old", "joined");
    say(alice, "new", "shared");
    const bundle = build();
    expect(bundle).toMatchObject({ sharedCount: 1, withheldCount: 1 });
    const { room_keys, withheld } = contentOf(bundle);
    expect(room_keys).toHaveLength(1);
    expect(Object.keys(room_keys[0] ?? {}).toSorted()).toEqual([
      "algorithm",
      "room_id",
      "sender_claimed_keys",
      "sender_key",
      "session_id",
      "session_key",
    ]);
    expect(withheld).toEqual([expect.objectContaining({ code: "m.history_not_shared", room_id: ROOM, algorithm: "m.megolm.v1.aes-sha2" })]);
    expect(room_keys[0]?.["session_id"]).not.toBe(withheld[0]?.["session_id"]);
  });

  test("has nothing of other rooms, and there is none where nothing is known", () => {
    say(alice, "there", "shared", OTHER_ROOM);
    expect(alice.machine.history.buildBundle(ROOM)).toBeUndefined();
    say(alice, "here");
    expect(contentOf(build()).room_keys).toEqual([expect.objectContaining({ room_id: ROOM })]);
  });

  test("is as good with a thousand sessions", () => {
    const source = new TestDevice(server, "@carol:example.org", "C1", clock);
    for (let i = 0; i < 1100; i++) {
      source.machine.shareRoomKey(ROOM, [], { historyVisibility: "shared" });
      source.machine.discardRoomKey(ROOM);
    }
    const bundle = build(source);
    expect(bundle.sharedCount).toBe(1100);
    expect(new Set(contentOf(bundle).room_keys.map((key) => key["session_id"])).size).toBe(1100);
  });
});

describe("sharing it", () => {
  test("only with devices that their owner signed (CVE-2024-47080), and only from one that is signed", () => {
    say(alice, "x");
    const { keys } = build();
    const unsigned = new TestDevice(server, bob.userId, "EVIL", clock);
    unsigned.flush();
    alice.meet(bob);
    const { sentCount, requests } = alice.machine.history.shareBundle(bob.userId, { roomId: ROOM, url: URL, keys });
    expect(sentCount).toBe(1);
    const messages = objectField(requests[0]?.body ?? {}, "messages") ?? {};
    expect(Object.keys(objectField(messages, bob.userId) ?? {})).toEqual(["BOB1"]);
    const nobody = new TestDevice(server, "@nobody:example.org", "N1", clock);
    nobody.flush();
    nobody.meet(bob);
    expect(() => nobody.machine.history.shareBundle(bob.userId, { roomId: ROOM, url: URL, keys })).toThrow("CrossSigningNotSetup");
  });

  test("not with somebody whose verified identity was replaced", () => {
    say(alice, "x");
    const { keys } = build();
    alice.meet(bob);
    alice.send(...alice.machine.verifyIdentity(bob.userId));
    bob.send(...bob.machine.bootstrapCrossSigning({ reset: true }));
    bob.flush();
    alice.machine.markUsersAsChanged([bob.userId]);
    alice.flush();
    expect(() => alice.machine.history.shareBundle(bob.userId, { roomId: ROOM, url: URL, keys })).toThrow("VerifiedUserChangedIdentity");
  });

  test("where keys go to trusted devices only, with those only", () => {
    say(alice, "x");
    const to = { roomId: ROOM, url: URL, keys: build().keys };
    alice.meet(bob);
    const sent = (): number => alice.machine.history.shareBundle(bob.userId, to).sentCount;
    alice.machine.setOnlyAllowTrustedDevices(true, OTHER_ROOM);
    expect(sent()).toBe(1);
    alice.machine.setOnlyAllowTrustedDevices(true, ROOM);
    expect(sent()).toBe(0);
    alice.machine.setOnlyAllowTrustedDevices(false, ROOM);
    alice.machine.setOnlyAllowTrustedDevices(true);
    expect(sent()).toBe(0);
    alice.send(...alice.machine.verifyIdentity(bob.userId));
    alice.machine.markUsersAsChanged([bob.userId]);
    alice.flush();
    expect(sent()).toBe(1);
  });

  test("counts the devices that no session reaches, and survives a restart unsent", () => {
    say(alice, "x");
    const { keys } = build();
    alice.machine.updateTrackedUsers([bob.userId]);
    alice.flush();
    const to = { roomId: ROOM, url: URL, keys };
    expect(alice.machine.history.shareBundle(bob.userId, to)).toMatchObject({ sentCount: 0, unreachableCount: 1, requests: [] });
    alice.meet(bob);
    const { requests } = alice.machine.history.shareBundle(bob.userId, to);
    alice.restart();
    expect(alice.machine.outgoingRequests().map(({ id }) => id)).toContain(requests[0]?.id);
    expect(() => alice.machine.history.shareBundle(bob.userId, { ...to, url: "https://example.org/x" })).toThrow("invalid-mxc-uri");
  });
});

describe("receiving one", () => {
  test("the past can be read, and it shows whose word for it that is", () => {
    const events = [say(alice, "one"), say(alice, "two")];
    const hidden = say(alice, "hidden", "joined");
    const bundle = build();
    invite(bundle);
    expect(bob.machine.history.readyBundles()).toEqual([{ roomId: ROOM, sender: alice.userId, url: URL }]);
    expect(importAll(bob, bundle.ciphertext)).toBe(1);
    for (const event of events) expect(bodyOf(bob, event)).toBe(stringField(event, "event_id")?.slice(1));
    const read = bob.machine.decryptRoomEvent(events[0], ROOM);
    if (!read.ok) throw new Error(read.reason.code);
    expect(read.event.encryptionInfo.forwarder).toEqual({ userId: alice.userId, deviceId: "ALICE1" });
    expect(read.event.encryptionInfo.shield(false)).toEqual({ color: "grey", code: "AuthenticityNotGuaranteed" });
    expect(bodyOf(bob, hidden)).toEqual({ code: "MissingMegolmSession", withheldCode: "m.history_not_shared" });
    expect(bob.machine.history.readyBundles()).toEqual([]);
    expect(bob.machine.history.openBundle(ROOM, bundle.ciphertext)).toEqual({ ok: false, error: "no-bundle" });
  });

  test("one whose row cannot be read any more costs its room the past, and nothing else anything", () => {
    say(alice, "one");
    const bundle = build();
    invite(bundle);
    const received = bob.store.keyBundles.find(must(parseRoomId(ROOM)), must(parseUserId(alice.userId)));
    if (received === undefined) throw new Error("no bundle came");
    for (const fileJson of ["", "{", "{}", '{"v":"v2","url":"http://example.org"}']) {
      bob.store.keyBundles.save({ ...received, fileJson }, 1);
      expect(bob.machine.history.readyBundles()).toEqual([]);
      expect(bob.machine.history.openBundle(ROOM, bundle.ciphertext)).toEqual({ ok: false, error: "invalid-bundle" });
    }
    bob.store.keyBundles.save(received, 1);
    expect(importAll(bob, bundle.ciphertext)).toBe(1);
  });

  test("passed on to the next one: keys and what is kept from us", () => {
    const event = say(alice, "one");
    say(alice, "hidden", "joined");
    const bundle = build();
    invite(bundle);
    importAll(bob, bundle.ciphertext);
    expect(contentOf(build(bob))).toMatchObject({ room_keys: [{ room_id: ROOM }], withheld: [{ code: "m.history_not_shared" }] });
    const carol = newPerson("carol");
    const passedOn = build(bob);
    announce(passedOn.keys, { from: bob, to: carol });
    carol.machine.history.acceptedInvite(ROOM, bob.userId);
    carol.sync();
    carol.flush();
    expect(importAll(carol, passedOn.ciphertext)).toBe(1);
    const read = carol.machine.decryptRoomEvent(event, ROOM);
    expect(read.ok && read.event.encryptionInfo.forwarder?.userId).toBe(bob.userId);
  });

  test("only after an accepted invite of the same person to the same room", () => {
    say(alice, "x");
    const bundle = build();
    announce(bundle.keys);
    bob.machine.updateTrackedUsers([alice.userId]);
    bob.sync();
    bob.flush();
    expect(bob.machine.history.readyBundles()).toEqual([]);
    bob.machine.history.acceptedInvite(ROOM, "@somebody:example.org");
    bob.machine.history.acceptedInvite(OTHER_ROOM, alice.userId);
    expect(bob.machine.history.readyBundles()).toEqual([]);
    expect(bob.machine.history.openBundle(ROOM, bundle.ciphertext)).toEqual({ ok: false, error: "no-bundle" });
    bob.machine.history.acceptedInvite(ROOM, alice.userId);
    bob.flush();
    expect(bob.machine.history.readyBundles()).toHaveLength(1);
  });

  test("up to a day after the invite was accepted, and over a restart", () => {
    say(alice, "x");
    const bundle = build();
    bob.machine.history.acceptedInvite(ROOM, alice.userId);
    bob.flush();
    bob.restart();
    clock.advance(DAY);
    announce(bundle.keys);
    bob.sync();
    bob.restart();
    expect(bob.machine.history.readyBundles()).toHaveLength(1);
    clock.advance(1);
    expect(bob.machine.history.readyBundles()).toEqual([]);
    expect(bob.machine.history.openBundle(ROOM, bundle.ciphertext)).toEqual({ ok: false, error: "no-bundle" });
  });

  test("of a device that its owner did not sign nothing is taken, until it is signed", () => {
    say(alice, "x");
    const bundle = build();
    announce(bundle.keys);
    // Bob has not heard of Alice's identity when the announcement comes.
    bob.sync();
    bob.machine.history.acceptedInvite(ROOM, alice.userId);
    expect(bob.machine.history.readyBundles()).toEqual([]);
    expect(bob.machine.history.openBundle(ROOM, bundle.ciphertext)).toEqual({ ok: false, error: "untrusted-sender" });
    expect(bob.machine.outdatedUsers([alice.userId])).toEqual([alice.userId]);
    bob.flush();
    expect(bob.machine.history.readyBundles()).toHaveLength(1);
  });

  test("nothing of somebody who was verified and is another now", () => {
    say(alice, "x");
    const bundle = build();
    bob.meet(alice);
    bob.send(...bob.machine.verifyIdentity(alice.userId));
    invite(bundle);
    alice.send(...alice.machine.bootstrapCrossSigning({ reset: true }));
    alice.flush();
    bob.machine.markUsersAsChanged([alice.userId]);
    bob.flush();
    expect(bob.machine.history.readyBundles()).toEqual([]);
  });

  test("without the sender's device keys in the message it is dropped", () => {
    say(alice, "x");
    const { keys } = build();
    alice.meet(bob);
    bob.meet(alice);
    const content = { room_id: ROOM, file: encodeEncryptedFile(URL as never, keys) };
    // The machine always adds them; what lacks them is refused before it comes here (check-olm-event.test.ts). What is malformed ends here.
    for (const bad of [{}, { ...content, room_id: 7 }, { ...content, file: {} }, { ...content, file: { ...content.file, v: "v1" } }]) {
      const event = alice.machine.encryptToDeviceEvent(bob.userId, "BOB1", "m.room_key_bundle", bad);
      bob.machine.receiveSyncChanges({ toDeviceEvents: [{ type: "m.room.encrypted", sender: alice.userId, content: event }] });
    }
    bob.machine.history.acceptedInvite(ROOM, alice.userId);
    expect(bob.machine.history.readyBundles()).toEqual([]);
    const unstable = alice.machine.encryptToDeviceEvent(bob.userId, "BOB1", "io.element.msc4268.room_key_bundle", content);
    const { toDeviceEvents } = bob.machine.receiveSyncChanges({
      toDeviceEvents: [{ type: "m.room.encrypted", sender: alice.userId, content: unstable }],
    });
    expect(bob.machine.history.readyBundles()).toHaveLength(1);
    // The key of the file is nobody else's business.
    expect(toDeviceEvents[0]?.event.content).toEqual({ room_id: ROOM });
  });

  test("a file that is not the announced one is refused, and so is what is no bundle", () => {
    say(alice, "x");
    const bundle = build();
    invite(bundle);
    const other = Buffer.from(bundle.ciphertext);
    other[10] = (other[10] ?? 0) ^ 1;
    expect(bob.machine.history.openBundle(ROOM, other)).toEqual({ ok: false, error: "wrong-hash" });
    for (const content of ["", "no json", "7", "[]", "null", '{"room_keys":'.repeat(3)]) {
      const bad = encrypted(content);
      invite(bad);
      expect(bob.machine.history.openBundle(ROOM, bad.ciphertext)).toEqual({ ok: false, error: "invalid-bundle" });
    }
  });

  test("keys of other rooms and bad entries are left out, the rest is taken", () => {
    const here = say(alice, "here");
    const there = say(alice, "there", "shared", OTHER_ROOM);
    const [mine] = contentOf(build()).room_keys;
    const [theirs] = contentOf(build(alice, OTHER_ROOM)).room_keys;
    const notice = { algorithm: "m.megolm.v1.aes-sha2", code: "m.history_not_shared", session_id: "S1", room_id: OTHER_ROOM };
    const bad = encrypted({
      room_keys: [null, 7, {}, { ...mine, algorithm: "x" }, { ...mine, session_key: "AAAA" }, { ...mine, session_id: "x" }, theirs, mine],
      withheld: [null, {}, notice, { ...notice, room_id: ROOM, code: "m.unverified" }, { ...notice, room_id: ROOM, session_id: 7 }],
    });
    invite(bad);
    expect(importAll(bob, bad.ciphertext)).toBe(1);
    expect(bodyOf(bob, here)).toBe("here");
    expect(bodyOf(bob, there, OTHER_ROOM)).toEqual({ code: "MissingMegolmSession" });
    const unknown = { ...here, event_id: "$y", content: { ...(field(here, "content") as object), session_id: "S1" } };
    expect(bodyOf(bob, unknown)).toEqual({ code: "MissingMegolmSession" });
  });

  test("what it says is missing does not take the place of what the maker said", () => {
    bob.meet(alice);
    alice.meet(bob);
    alice.machine.setLocalTrust(bob.userId, bob.deviceId, "blacklisted");
    alice.send(...alice.machine.shareRoomKey(ROOM, [alice.userId, bob.userId], { historyVisibility: "joined" }));
    const hidden = sayOn(alice, "hidden");
    bob.sync();
    alice.machine.setLocalTrust(bob.userId, bob.deviceId, "unset");
    const bundle = build();
    invite(bundle);
    importAll(bob, bundle.ciphertext);
    expect(bodyOf(bob, hidden)).toEqual({ code: "MissingMegolmSession", withheldCode: "m.blacklisted" });
  });

  test("never takes the place of a key that came from its maker", () => {
    const room = [alice, bob];
    bob.meet(alice);
    alice.meet(bob);
    alice.send(
      ...alice.machine.shareRoomKey(
        ROOM,
        room.map(({ userId }) => userId),
        { historyVisibility: "shared" },
      ),
    );
    bob.sync();
    const event = sayOn(alice, "direct");
    const bundle = build();
    invite(bundle);
    importAll(bob, bundle.ciphertext);
    const read = bob.machine.decryptRoomEvent(event, ROOM);
    expect(read.ok && [read.event.encryptionInfo.forwarder, read.event.encryptionInfo.shield(false)]).toEqual([undefined, null]);
  });

  test("a hundred announcements of one sender are kept, not more, and none for ever", () => {
    alice.meet(bob);
    const { keys } = encrypted({});
    for (let i = 0; i < 110; i++) {
      announce(keys, { room: `!room${i}:example.org` });
      clock.advance(1);
    }
    bob.sync();
    const count = () => bob.store.prepare<{ n: number }>("SELECT COUNT(*) AS n FROM received_key_bundle").first()?.n;
    expect(count()).toBe(100);
    clock.advance(91 * DAY);
    announce(keys);
    bob.sync();
    expect(count()).toBe(1);
  });

  test("leaving forgets it", () => {
    say(alice, "x");
    invite();
    bob.machine.history.forgetBundle(ROOM);
    expect(bob.machine.history.readyBundles()).toEqual([]);
    expect(bob.store.keyBundles.find(must(parseRoomId(ROOM)), alice.machine.userId)).toBeUndefined();
  });
});

test("that a room was restored from the backup is remembered", () => {
  expect(alice.machine.history.isRestored(ROOM)).toBe(false);
  alice.machine.history.markRestored(ROOM);
  alice.machine.history.markRestored(ROOM);
  alice.restart();
  expect(alice.machine.history.isRestored(ROOM)).toBe(true);
  expect(alice.machine.history.isRestored(OTHER_ROOM)).toBe(false);
});
