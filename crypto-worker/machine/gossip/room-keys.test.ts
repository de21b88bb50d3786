import { beforeAll, describe, expect, test } from "vitest";
import { answersOf, encrypted, requestsOf, settle, type GossipWorld } from "../../../tests/support/gossip-world.ts";
import { refresh, KeyServer, TestClock, TestDevice } from "../../../tests/support/machine-world.ts";
import { asOlmEvent, Party, roomId } from "../../../tests/support/megolm-world.ts";
import { parseSessionId, type SessionId } from "../../../protocol/ids.ts";
import { isJsonObject, objectField, stringField, type JsonObject } from "../../wire/json.ts";
import { PrivateKeys } from "../cross-signing/private-keys.ts";
import { Identities } from "../devices/identities.ts";
import { parseExportedKey } from "../megolm/inbound-ratchet.ts";
import { OlmMachine } from "../olm-machine.ts";
import { OutgoingRequests } from "../requests/outgoing-requests.ts";
import { Gossip } from "./gossip.ts";
import type { OutgoingRequest } from "../requests/outgoing-request.ts";

const ALICE = "@alice:example.org";
const ROOM = "!room:example.org";
const ON = { requests: true, forwarding: true };
const STRICT = { senderDeviceTrustRequirement: "crossSignedOrLegacy" } as const;

beforeAll(() => OlmMachine.ready());

/**
 * Bob has written to Alice's old device; then came her new one, which each of hers has verified and which has none of his keys. Bob knows both. `forwarding`
 * is on for everybody.
 */
function world(settings = ON): GossipWorld & { readonly event: JsonObject } {
  const server = new KeyServer();
  const clock = new TestClock();
  const old = new TestDevice(server, ALICE, "OLD", clock);
  const bob = new TestDevice(server, "@bob:example.org", "B", clock);
  for (const device of [old, bob]) device.flush();
  old.send(...old.machine.bootstrapCrossSigning());
  bob.meet(old);
  const event = bob.say(ROOM, "hello", old);
  old.sync();
  const fresh = new TestDevice(server, ALICE, "NEW", clock);
  fresh.flush();
  refresh(old, fresh, bob);
  old.send(...old.machine.verifyOwnDevice("NEW"));
  fresh.machine.importCrossSigningKeys(old.machine.exportCrossSigningKeys());
  refresh(old, fresh, bob);
  for (const { machine } of [old, fresh, bob]) machine.setRoomKeyRequests(settings);
  return { server, clock, old, fresh, bob, event };
}

const bodyOf = (device: TestDevice, event: JsonObject): unknown => {
  const result = device.machine.decryptRoomEvent(event, ROOM);
  return result.ok ? result.event.content["body"] : result.reason.code;
};
const sessionOf = (event: JsonObject): SessionId => {
  const id = parseSessionId(stringField(objectField(event, "content") ?? {}, "session_id"));
  if (!id.ok) throw new Error("no session");
  return id.value;
};

const keyRequest = (event: JsonObject, deviceId: string, changes: JsonObject = {}, sender = ALICE): JsonObject => ({
  type: "m.room_key_request",
  sender,
  content: {
    action: "request",
    request_id: "request",
    requesting_device_id: deviceId,
    body: { algorithm: "m.megolm.v1.aes-sha2", room_id: ROOM, session_id: sessionOf(event), ...changes },
  },
});

/** What an honest device would forward, with changes. */
function forwarded(from: TestDevice, event: JsonObject, changes: JsonObject = {}): JsonObject {
  const [key] = from.machine.exportRoomKeys(({ sessionId }) => sessionId === sessionOf(event));
  const { sender_claimed_keys: claimed, shared_history: _shared, ...rest } = key ?? { sender_claimed_keys: {} };
  return { ...(rest as JsonObject), sender_claimed_ed25519_key: claimed.ed25519 ?? "", ...changes };
}

/** The gossip of a party whose channel carries clear text. */
function gossipOf({ context, directory, megolm, channel }: Party): Gossip {
  const privateKeys = new PrivateKeys(context, new Identities(context));
  const requests = new OutgoingRequests(context);
  return new Gossip(context, {
    directory,
    privateKeys,
    backupKey: { load: () => undefined },
    megolm,
    channel,
    requests,
    acceptSeed: () => false,
  });
}

describe("requests", () => {
  test("both switches are off at first, and what is set outlives a restart", () => {
    const device = new TestDevice(new KeyServer(), ALICE, "A", new TestClock());
    expect(device.machine.roomKeyRequests()).toEqual({ requests: false, forwarding: false });
    device.machine.setRoomKeyRequests({ requests: true, forwarding: false });
    device.restart();
    expect(device.machine.roomKeyRequests()).toEqual({ requests: true, forwarding: false });
  });

  test("an undecryptable event leads to one, another device of ours answers, and the key is of an insecure source", () => {
    const { old, fresh, event } = world();
    expect(bodyOf(fresh, event)).toBe("MissingMegolmSession");
    const [request] = requestsOf(fresh);
    expect(request).toMatchObject({ requesting_device_id: "NEW", body: { room_id: ROOM, session_id: sessionOf(event) } });
    fresh.flush();
    old.sync();
    old.flush();
    const { roomKeys, toDeviceEvents } = fresh.sync();
    expect(roomKeys).toMatchObject([{ roomId: ROOM, sessionId: sessionOf(event) }]);
    expect(JSON.stringify(toDeviceEvents)).not.toContain("session_key");
    const result = fresh.machine.decryptRoomEvent(event, ROOM);
    expect(result).toMatchObject({ ok: true, event: { content: { body: "hello" } } });
    const info = result.ok ? result.event.encryptionInfo : undefined;
    expect(info).toMatchObject({ verificationState: "insecureSource", forwarder: { userId: ALICE, deviceId: "OLD" } });
    expect([info?.shield(false), info?.shield(true)]).toMatchObject([{ color: "grey" }, { color: "red" }]);
    expect(fresh.machine.decryptRoomEvent(event, ROOM, STRICT)).toMatchObject({ ok: false, reason: { code: "SenderIdentityNotTrusted" } });
    expect(requestsOf(fresh, "request_cancellation").map((content) => content["request_id"])).toEqual([request?.["request_id"]]);
    expect(fresh.store.keyRequests.count()).toBe(0);
    settle(fresh, old);
    for (const device of [old, fresh]) expect(device.waiting("to_device")).toEqual([]);
  });

  test("are made once a session by themselves, and again where a person asks", () => {
    const { fresh, event } = world();
    bodyOf(fresh, event);
    bodyOf(fresh, event);
    const [first, ...more] = requestsOf(fresh);
    expect(more).toEqual([]);
    expect(fresh.machine.requestRoomKey(ROOM, sessionOf(event))).toBe(true);
    expect(requestsOf(fresh)).toEqual([first]);
    fresh.flush();
    bodyOf(fresh, event);
    expect(fresh.waiting("to_device")).toEqual([]);
    fresh.machine.requestRoomKey(ROOM, sessionOf(event), "m.megolm.v1.aes-sha2");
    expect(requestsOf(fresh)).toHaveLength(1);
    expect(requestsOf(fresh)[0]?.["request_id"]).not.toBe(first?.["request_id"]);
    expect(requestsOf(fresh, "request_cancellation")).toMatchObject([{ request_id: first?.["request_id"] }]);
  });

  test("are not made by themselves while that is off, nor where nobody could answer", () => {
    const { fresh, event } = world({ requests: false, forwarding: true });
    bodyOf(fresh, event);
    expect(fresh.waiting("to_device")).toEqual([]);
    const { bob, server, clock } = world();
    const carol = new TestDevice(server, "@carol:example.org", "C", clock);
    carol.flush();
    carol.machine.setRoomKeyRequests(ON);
    bodyOf(carol, bob.say(ROOM, "not for carol"));
    expect(carol.waiting("to_device")).toEqual([]);
  });

  test("cannot be made for another algorithm, or what is no session", () => {
    const { fresh, event } = world();
    expect(fresh.machine.requestRoomKey(ROOM, sessionOf(event), "m.megolm.v9")).toBe(false);
    expect(fresh.machine.requestRoomKey(ROOM, "")).toBe(false);
    expect(() => fresh.machine.requestRoomKey("room", "session")).toThrow("invalid-room-id");
    expect(fresh.waiting("to_device")).toEqual([]);
  });

  test("outlive a restart with their transaction ids, and so do cancellations", () => {
    const { old, fresh, event } = world();
    bodyOf(fresh, event);
    const request = fresh.waiting("to_device");
    fresh.restart();
    expect(fresh.waiting("to_device")).toEqual(request);
    fresh.flush();
    fresh.restart();
    old.sync();
    old.flush();
    fresh.sync();
    const cancellation = fresh.waiting("to_device");
    expect(cancellation).toHaveLength(1);
    fresh.restart();
    expect(fresh.waiting("to_device")).toEqual(cancellation);
    expect(bodyOf(fresh, event)).toBe("hello");
  });

  test("are taken back when the key comes from its maker, a file or a backup", () => {
    const { old, fresh, bob, event } = world();
    bodyOf(fresh, event);
    fresh.flush();
    fresh.machine.importRoomKeys(old.machine.exportRoomKeys());
    expect(requestsOf(fresh, "request_cancellation")).toHaveLength(1);
    fresh.flush();
    const second = world();
    bodyOf(second.fresh, second.event);
    second.fresh.flush();
    second.bob.meet(second.fresh);
    second.bob.send(...second.bob.machine.shareRoomKey(ROOM, [ALICE]));
    second.fresh.sync();
    expect(requestsOf(second.fresh, "request_cancellation")).toHaveLength(1);
    expect(bob.machine.outgoingRequests()).toEqual([]);
  });

  test("are dropped without a word when the key comes before they went out", () => {
    const { old, fresh, event } = world();
    bodyOf(fresh, event);
    expect(requestsOf(fresh)).toHaveLength(1);
    fresh.machine.importRoomKeys(old.machine.exportRoomKeys());
    expect(fresh.waiting("to_device")).toEqual([]);
  });
});

describe("a forwarded key", () => {
  const accepted = (fresh: TestDevice, event: JsonObject): boolean =>
    fresh.machine.receiveSyncChanges({ toDeviceEvents: [event] }).roomKeys.length > 0;

  test("is refused unless it was asked for (CVE-2022-39249, CVE-2022-39252, CVE-2022-39246)", () => {
    const { old, fresh, event } = world();
    expect(accepted(fresh, encrypted(old, fresh, "m.forwarded_room_key", forwarded(old, event)))).toBe(false);
    expect(bodyOf(fresh, event)).toBe("MissingMegolmSession");
    // Decrypting asked for it.
    expect(accepted(fresh, encrypted(old, fresh, "m.forwarded_room_key", forwarded(old, event)))).toBe(true);
    expect(accepted(fresh, encrypted(old, fresh, "m.forwarded_room_key", forwarded(old, event)))).toBe(false);
  });

  const refused: [string, (all: ReturnType<typeof world>) => JsonObject][] = [
    ["in clear text", ({ old, event }) => ({ type: "m.forwarded_room_key", sender: ALICE, content: forwarded(old, event) })],
    ["of another user, even its maker", ({ fresh, bob, event }) => encrypted(bob, fresh, "m.forwarded_room_key", forwarded(bob, event))],
    [
      "of a device of ours that is not verified",
      ({ server, clock, old, fresh, event }) => {
        const third = new TestDevice(server, ALICE, "THIRD", clock);
        third.flush();
        third.machine.importRoomKeys(old.machine.exportRoomKeys());
        refresh(old, fresh, third);
        return encrypted(third, fresh, "m.forwarded_room_key", forwarded(third, event));
      },
    ],
    [
      "of a device that was blocked",
      ({ old, fresh, event }) => {
        fresh.machine.setLocalTrust(ALICE, "OLD", "blacklisted");
        return encrypted(old, fresh, "m.forwarded_room_key", forwarded(old, event));
      },
    ],
    [
      "for another room",
      ({ old, fresh, event }) => encrypted(old, fresh, "m.forwarded_room_key", forwarded(old, event, { room_id: "!other:example.org" })),
    ],
    [
      "with another algorithm",
      ({ old, fresh, event }) =>
        encrypted(old, fresh, "m.forwarded_room_key", forwarded(old, event, { algorithm: "m.olm.v1.curve25519-aes-sha2" })),
    ],
    [
      "of another session under this one's id",
      ({ old, fresh, event }) => {
        const other = old.say("!other:example.org", "other");
        const [key] = old.machine.exportRoomKeys(({ sessionId }) => sessionId === sessionOf(other));
        return encrypted(old, fresh, "m.forwarded_room_key", forwarded(old, event, { session_key: key?.session_key ?? "" }));
      },
    ],
    [
      "that is none",
      ({ old, fresh, event }) => encrypted(old, fresh, "m.forwarded_room_key", forwarded(old, event, { session_key: "AAAA" })),
    ],
  ];
  test.each(refused)("is refused: %s; the request stays open", (_name, make) => {
    const all = world();
    expect(bodyOf(all.fresh, all.event)).toBe("MissingMegolmSession");
    all.fresh.flush();
    expect(accepted(all.fresh, make(all))).toBe(false);
    expect(bodyOf(all.fresh, all.event)).toBe("MissingMegolmSession");
    expect(all.fresh.store.keyRequests.count()).toBe(1);
  });

  test("reaches further back than ours, and ours keeps saying who made the session", () => {
    const { old, fresh, bob, event } = world();
    bob.meet(fresh);
    const later = bob.say(ROOM, "later", old);
    fresh.sync();
    expect(bodyOf(fresh, event)).toBe("UnknownMegolmMessageIndex");
    settle(fresh, old);
    expect(bodyOf(fresh, event)).toBe("hello");
    const result = fresh.machine.decryptRoomEvent(later, ROOM);
    expect(result.ok && result.event.encryptionInfo).toMatchObject({ verificationState: "unsignedDevice", senderDevice: "B" });
  });

  test("that gives nothing new ends the request", () => {
    const { old, fresh, event } = world();
    fresh.machine.importRoomKeys(old.machine.exportRoomKeys());
    fresh.machine.requestRoomKey(ROOM, sessionOf(event));
    fresh.flush();
    expect(accepted(fresh, encrypted(old, fresh, "m.forwarded_room_key", forwarded(old, event)))).toBe(false);
    expect(fresh.store.keyRequests.count()).toBe(0);
  });
});

describe("answering a request", () => {
  const receive = (device: TestDevice, event: JsonObject): void => {
    device.machine.receiveSyncChanges({ toDeviceEvents: [event] });
    device.flush();
  };
  const inbox = ({ server }: GossipWorld, deviceId: string, userId = ALICE): JsonObject[] =>
    server.device(userId, deviceId).inbox.filter(({ type }) => type === "m.room.encrypted");

  test("gives our own verified device all of the session", () => {
    const all = world();
    receive(all.old, keyRequest(all.event, "NEW"));
    expect(inbox(all, "NEW")).toHaveLength(1);
    expect(all.old.store.waitingRequests.count()).toBe(0);
  });

  const refused: [string, (all: ReturnType<typeof world>) => JsonObject][] = [
    [
      "while forwarding is off",
      ({ old, event }) => {
        old.machine.setRoomKeyRequests({ requests: true, forwarding: false });
        return keyRequest(event, "NEW");
      },
    ],
    ["for a session that we do not have", ({ event }) => keyRequest(event, "NEW", { session_id: "unknown" })],
    ["for a session of another room", ({ event }) => keyRequest(event, "NEW", { room_id: "!other:example.org" })],
    ["of ourselves", ({ event }) => keyRequest(event, "OLD")],
    [
      "of a device that is blocked",
      ({ old, event }) => {
        old.machine.setLocalTrust(ALICE, "NEW", "blacklisted");
        return keyRequest(event, "NEW");
      },
    ],
    ["of another user", ({ bob, event }) => keyRequest(event, "B", {}, bob.userId)],
  ];
  test.each(refused)("is refused %s", (_name, make) => {
    const all = world();
    receive(all.old, make(all));
    for (const deviceId of ["NEW", "OLD"]) expect(inbox(all, deviceId)).toEqual([]);
    expect(inbox(all, "B", all.bob.userId)).toEqual([]);
    expect(all.old.store.waitingRequests.count()).toBe(0);
  });

  test("of an unverified device of ours waits for its verification", () => {
    const all = world();
    const { server, clock, old, event } = all;
    const third = new TestDevice(server, ALICE, "THIRD", clock);
    third.flush();
    refresh(old, third);
    receive(old, keyRequest(event, "THIRD"));
    expect(inbox(all, "THIRD")).toEqual([]);
    old.send(...old.machine.verifyOwnDevice("THIRD"));
    old.flush();
    expect(inbox(all, "THIRD")).toHaveLength(1);
  });

  test("without an Olm session claims keys first, also over a restart", () => {
    const all = world();
    all.old.machine.receiveSyncChanges({ toDeviceEvents: [keyRequest(all.event, "NEW")] });
    const claims = (): OutgoingRequest[] => all.old.machine.outgoingRequests().filter(({ kind }) => kind === "keys_claim");
    expect(claims()).toHaveLength(1);
    expect(answersOf(all.old)).toEqual([]);
    all.old.restart();
    all.old.send(...claims());
    expect(answersOf(all.old)).toHaveLength(1);
  });

  test("that was taken back is left out", () => {
    const all = world();
    const { content } = keyRequest(all.event, "NEW");
    const cancellation = { ...(isJsonObject(content) ? content : {}), action: "request_cancellation" };
    all.old.machine.receiveSyncChanges({
      toDeviceEvents: [keyRequest(all.event, "NEW"), { type: "m.room_key_request", sender: ALICE, content: cancellation }],
    });
    all.old.flush();
    expect(inbox(all, "NEW")).toEqual([]);
  });

  test("gives others what they were given before, from the same index on, and nothing else (CVE-2021-40823)", () => {
    const all = world();
    const { bob, old, fresh, event } = all;
    // The new device was never given the key, though it is Alice's and known.
    receive(bob, keyRequest(event, "NEW"));
    expect(inbox(all, "NEW")).toEqual([]);
    const later = bob.say(ROOM, "later", old);
    bob.meet(fresh);
    bob.say(ROOM, "for both", old);
    old.sync();
    fresh.sync();
    for (const deviceId of ["OLD", "NEW"]) receive(bob, keyRequest(later, deviceId));
    expect(inbox(all, "OLD")).toHaveLength(1);
    expect(inbox(all, "NEW")).toHaveLength(1);
  });

  test("starts at the index from which the device was given the key, also when it was given it again later", () => {
    const alice = new Party("alice", "A1");
    const [early, late] = [new Party("bob", "B1"), new Party("bob", "B2")];
    alice.directory.put(early.device);
    const gossip = gossipOf(alice);
    const room = roomId("room");
    alice.shareAndSend(room, [early.user]);
    const session = stringField(alice.megolm.encryptRoomEvent(room, "t", {}), "session_id") ?? "";
    alice.directory.put(late.device);
    alice.shareAndSend(room, [early.user]);
    alice.megolm.encryptRoomEvent(room, "t", {});
    alice.directory.change(early.device, { olmWedgingIndex: 1 });
    expect(alice.shareAndSend(room, [early.user])).toHaveLength(1);
    const indexFor = ({ user, device }: Party): number | undefined => {
      const body = { algorithm: "m.megolm.v1.aes-sha2", room_id: room, session_id: session };
      const content = { action: "request", request_id: device.deviceId, requesting_device_id: device.deviceId, body };
      gossip.receivePlaintext("m.room_key_request", user, content);
      expect(gossip.prepare()).toEqual([]);
      const [answer] = alice.store.toDeviceRequests.all();
      if (answer === undefined) return undefined;
      alice.store.toDeviceRequests.remove(answer.id);
      const messages: unknown = JSON.parse(answer.messagesJson);
      const sent = objectField(objectField(isJsonObject(messages) ? messages : {}, user) ?? {}, device.deviceId) ?? {};
      const key = parseExportedKey(asOlmEvent(alice, sent).content["session_key"]);
      return key.ok ? key.value.firstKnownIndex : undefined;
    };
    expect(indexFor(early)).toBeUndefined();
    gossip.roomKeys.setSettings(ON);
    expect(indexFor(early)).toBe(0);
    expect(indexFor(late)).toBe(1);
    expect(indexFor(new Party("carol", "C1"))).toBeUndefined();
    // Whoever has another key than the one that it was sent to is not the one that it was sent to (CVE-2021-40823).
    alice.directory.change(early.device, { curve25519: new Party("mallory", "M1").device.curve25519 });
    expect(indexFor(early)).toBeUndefined();
  });

  test("gives others nothing once the keys of the device are others, or the session is not the present one any more", () => {
    const all = world();
    const { bob, old, event } = all;
    const device = bob.store.devices.ofUser(old.machine.userId).find(({ deviceId }) => deviceId === "OLD");
    if (device === undefined) throw new Error("no device");
    const other = bob.machine.identityKeys.curve25519;
    bob.store.devices.save({ ...device, curve25519: other });
    bob.restart();
    receive(bob, keyRequest(event, "OLD"));
    expect(inbox(all, "OLD")).toEqual([]);
    bob.store.devices.save(device);
    bob.restart();
    bob.machine.discardRoomKey(ROOM);
    receive(bob, keyRequest(event, "OLD"));
    const next = bob.say(ROOM, "next", old);
    old.sync();
    expect(sessionOf(next)).not.toBe(sessionOf(event));
    receive(bob, keyRequest(event, "OLD"));
    expect(inbox(all, "OLD")).toEqual([]);
  });

  test("gives others nothing where we did not make the session", () => {
    const all = world();
    const { old, fresh, bob, event } = all;
    receive(fresh, keyRequest(event, "B", {}, bob.userId));
    receive(old, keyRequest(event, "B", {}, bob.userId));
    expect(inbox(all, "B", bob.userId)).toEqual([]);
  });
});
