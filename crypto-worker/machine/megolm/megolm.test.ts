import { beforeAll, describe, expect, test } from "vitest";
import { asRoomEvent, contentFor, deliver, newDevice, Party, roomId, userId } from "../../../tests/support/megolm-world.ts";
import { loadOlm } from "../../primitives/olm-library.ts";
import { objectField, stringField, type JsonObject } from "../../wire/json.ts";
import { RoomKeyNotSharedError } from "./outbound-sessions.ts";
import { RoomKeySharingError } from "./room-key-sharing.ts";
import type { DecryptionResult } from "./room-event.ts";

const ROOM = roomId("room");

beforeAll(() => loadOlm());

function pair(): { alice: Party; bob: Party } {
  const alice = new Party("alice", "A1");
  const bob = new Party("bob", "B1");
  alice.directory.put(bob.device);
  bob.directory.put(alice.device);
  return { alice, bob };
}

const text = (body: string): JsonObject => ({ msgtype: "m.text", body });

function bodyOf(result: DecryptionResult): string {
  return result.ok ? (stringField(result.event.content, "body") ?? "") : result.reason.code;
}

describe("a conversation", () => {
  test("a message reaches the other side and ourselves", () => {
    const { alice, bob } = pair();
    const requests = alice.shareAndSend(ROOM, [alice.user, bob.user]);
    expect(requests).toHaveLength(1);
    expect(deliver(requests, alice, bob)).toBe(1);
    const event = asRoomEvent(alice.user, alice.megolm.encryptRoomEvent(ROOM, "m.room.message", text("hello")));
    for (const party of [alice, bob]) {
      const result = party.megolm.decryptRoomEvent(event, ROOM);
      expect(bodyOf(result)).toBe("hello");
      expect(result.ok && result.event.type).toBe("m.room.message");
    }
  });

  test("the key must be shared, and sent, before a message", () => {
    const { alice, bob } = pair();
    const encrypt = (): JsonObject => alice.megolm.encryptRoomEvent(ROOM, "m.room.message", text("x"));
    expect(encrypt).toThrow(new RoomKeyNotSharedError("no-session"));
    const [request] = alice.megolm.shareRoomKey(ROOM, [bob.user]);
    expect(encrypt).toThrow("not-shared");
    expect(alice.megolm.onToDeviceSent(request?.id ?? "")).toBe(true);
    expect(alice.megolm.onToDeviceSent(request?.id ?? "")).toBe(false);
    expect(encrypt).not.toThrow();
    alice.now += 604_800_000;
    expect(encrypt).toThrow("expired");
  });

  test("deprecated fields and the relation are in clear text", () => {
    const { alice, bob } = pair();
    alice.shareAndSend(ROOM, [bob.user]);
    const relation = { rel_type: "m.thread", event_id: "$root" };
    const content = alice.megolm.encryptRoomEvent(ROOM, "m.room.message", { ...text("x"), "m.relates_to": relation });
    expect(content).toMatchObject({
      algorithm: "m.megolm.v1.aes-sha2",
      sender_key: alice.device.curve25519,
      device_id: "A1",
      "m.relates_to": relation,
    });
  });
});

test("a sharing strategy that fails leaves the present session as it is", () => {
  const { alice, bob } = pair();
  alice.shareAndSend(ROOM, [bob.user]);
  const share = (): unknown => alice.megolm.shareRoomKey(ROOM, [], { sharingStrategy: "identityBased", historyVisibility: "joined" });
  expect(share).toThrow(new RoomKeySharingError({ code: "CrossSigningNotSetup" }));
  expect(() => alice.megolm.encryptRoomEvent(ROOM, "t", {})).not.toThrow();
});

describe("requests", () => {
  test("are the same until they are acknowledged, over a restart too", () => {
    const { alice, bob } = pair();
    const first = alice.megolm.shareRoomKey(ROOM, [bob.user]);
    expect(alice.megolm.shareRoomKey(ROOM, [bob.user])).toEqual(first);
    alice.restart();
    expect(alice.megolm.pendingRequests()).toEqual(first);
    expect(alice.megolm.shareRoomKey(ROOM, [bob.user])).toEqual(first);
    expect(alice.channel.encrypted).toBe(1);
    for (const { id } of first) alice.megolm.onToDeviceSent(id);
    expect(alice.megolm.pendingRequests()).toEqual([]);
    expect(alice.megolm.shareRoomKey(ROOM, [bob.user])).toEqual([]);
  });

  test("hold at most 250 devices each, and not our own", () => {
    const { alice } = pair();
    const crowd = userId("crowd");
    for (let i = 0; i < 501; i++) alice.directory.put(newDevice(crowd, `D${i}`));
    const requests = alice.megolm.shareRoomKey(ROOM, [alice.user, crowd]);
    const sizes = requests.map(({ body }) =>
      Object.values(objectField(body, "messages") ?? {}).reduce<number>((n, devices) => n + Object.keys(devices ?? {}).length, 0),
    );
    expect(sizes).toEqual([250, 250, 1]);
    expect(requests.every((request) => contentFor(request, alice.device) === undefined)).toBe(true);
  });

  test("a new device gets the key from the present index on", () => {
    const { alice, bob } = pair();
    alice.shareAndSend(ROOM, [bob.user]);
    const early = asRoomEvent(alice.user, alice.megolm.encryptRoomEvent(ROOM, "m.room.message", text("early")));
    const late = new Party("bob", "B2");
    late.directory.put(alice.device);
    alice.directory.put(late.device);
    const requests = alice.shareAndSend(ROOM, [bob.user]);
    expect(requests.map((request) => contentFor(request, bob.device))).toEqual([undefined]);
    deliver(requests, alice, late);
    const next = asRoomEvent(alice.user, alice.megolm.encryptRoomEvent(ROOM, "m.room.message", text("next")));
    expect(bodyOf(late.megolm.decryptRoomEvent(early, ROOM))).toBe("UnknownMegolmMessageIndex");
    expect(bodyOf(late.megolm.decryptRoomEvent(next, ROOM))).toBe("next");
  });

  test("a device that started a new Olm session, or has a new Curve25519 key, gets the key again", () => {
    const { alice, bob } = pair();
    alice.shareAndSend(ROOM, [bob.user]);
    const unwedged = alice.directory.change(bob.device, { olmWedgingIndex: 1 });
    expect(alice.shareAndSend(ROOM, [bob.user])).toHaveLength(1);
    expect(alice.shareAndSend(ROOM, [bob.user])).toHaveLength(0);
    alice.directory.put({ ...unwedged, curve25519: newDevice(bob.user, "other").curve25519 });
    expect(alice.shareAndSend(ROOM, [bob.user])).toHaveLength(1);
  });
});

describe("rotation", () => {
  const sessionOf = (party: Party): string => stringField(party.megolm.encryptRoomEvent(ROOM, "t", {}), "session_id") ?? "";

  const cases: [string, (alice: Party, bob: Party) => void, boolean][] = [
    ["nothing changed", () => undefined, false],
    ["a week passed", (alice) => (alice.now += 604_800_000), true],
    ["almost a week passed", (alice) => (alice.now += 604_799_999), false],
    ["the clock went back", (alice) => (alice.now -= 1), true],
    ["the key was discarded", (alice) => alice.megolm.discardRoomKey(ROOM), true],
    ["a device was deleted", (alice, bob) => alice.directory.change(bob.device, { deleted: true }), true],
    ["a device was blocked", (alice, bob) => alice.directory.change(bob.device, { localTrust: "blacklisted" }), true],
    ["a device came", (alice, bob) => alice.directory.put(newDevice(bob.user, "B9")), false],
    ["a device was renamed", (alice, bob) => alice.directory.change(bob.device, { displayName: "x" }), false],
    ["a restart", (alice) => alice.restart(), false],
  ];
  test.each(cases)("%s", (_name, change, rotates) => {
    const { alice, bob } = pair();
    alice.shareAndSend(ROOM, [bob.user]);
    const before = sessionOf(alice);
    change(alice, bob);
    alice.shareAndSend(ROOM, [bob.user]);
    expect(sessionOf(alice) !== before).toBe(rotates);
  });

  test("a user left", () => {
    const { alice, bob } = pair();
    alice.shareAndSend(ROOM, [bob.user, alice.user]);
    const before = sessionOf(alice);
    alice.shareAndSend(ROOM, [alice.user]);
    expect(sessionOf(alice)).not.toBe(before);
  });

  test("a device with only a pending share was blocked", () => {
    const { alice, bob } = pair();
    const [pending] = alice.megolm.shareRoomKey(ROOM, [bob.user]);
    alice.directory.change(bob.device, { localTrust: "blacklisted" });
    const requests = alice.shareAndSend(ROOM, [bob.user]);
    expect(requests.map(({ id }) => id)).not.toContain(pending?.id);
    expect(requests.map(({ path }) => path.includes("withheld"))).toEqual([true]);
  });

  test("another history visibility", () => {
    const { alice, bob } = pair();
    alice.shareAndSend(ROOM, [bob.user]);
    const before = sessionOf(alice);
    alice.shareAndSend(ROOM, [bob.user], { historyVisibility: "joined" });
    const after = sessionOf(alice);
    expect(after).not.toBe(before);
    const shared = (id: string) => alice.megolm.exportRoomKeys(({ sessionId }) => sessionId === id)[0]?.shared_history;
    expect([shared(before), shared(after)]).toEqual([true, false]);
  });

  test("after as many messages as the room wants, also over a clean restart", () => {
    const { alice, bob } = pair();
    const settings = { rotationPeriodMsgs: 3 };
    const ids: (string | undefined)[] = [];
    for (let i = 0; i < 7; i++) {
      alice.shareAndSend(ROOM, [bob.user], settings);
      ids.push(sessionOf(alice));
      if (i === 1) {
        alice.megolm.close();
        alice.restart();
      }
    }
    expect(ids.map((id) => ids.indexOf(id))).toEqual([0, 0, 0, 3, 3, 3, 6]);
  });

  test("a device that is only withheld does not rotate", () => {
    const { alice, bob } = pair();
    const blocked = newDevice(bob.user, "B2", { localTrust: "blacklisted" });
    alice.directory.put(blocked);
    alice.shareAndSend(ROOM, [bob.user]);
    const before = sessionOf(alice);
    alice.directory.change(blocked, { deleted: true });
    alice.shareAndSend(ROOM, [bob.user]);
    expect(sessionOf(alice)).toBe(before);
  });
});

describe("withheld notices", () => {
  test("say why, once a session", () => {
    const { alice, bob } = pair();
    alice.directory.change(bob.device, { localTrust: "blacklisted" });
    const requests = alice.shareAndSend(ROOM, [bob.user]);
    expect(deliver(requests, alice, bob)).toBe(0);
    expect(alice.shareAndSend(ROOM, [bob.user])).toEqual([]);
    alice.restart();
    expect(alice.shareAndSend(ROOM, [bob.user])).toEqual([]);
    const event = asRoomEvent(alice.user, alice.megolm.encryptRoomEvent(ROOM, "t", {}));
    expect(bob.megolm.decryptRoomEvent(event, ROOM)).toEqual({
      ok: false,
      reason: { code: "MissingMegolmSession", withheldCode: "m.blacklisted" },
    });
    alice.megolm.discardRoomKey(ROOM);
    expect(alice.shareAndSend(ROOM, [bob.user])).toHaveLength(1);
  });

  test("m.no_olm goes out once a device, whatever the session", () => {
    const { alice, bob } = pair();
    alice.channel.withoutSession.add(bob.device.curve25519);
    const [notice, ...more] = alice.shareAndSend(ROOM, [bob.user]);
    expect(more).toEqual([]);
    const content = notice === undefined ? undefined : contentFor(notice, bob.device);
    expect(content).toMatchObject({ code: "m.no_olm", algorithm: "m.megolm.v1.aes-sha2" });
    expect(content).not.toHaveProperty("room_id");
    expect(alice.shareAndSend(ROOM, [bob.user])).toEqual([]);
    expect(alice.shareAndSend(roomId("other"), [bob.user])).toEqual([]);
    alice.channel.withoutSession.clear();
    expect(alice.shareAndSend(ROOM, [bob.user])).toHaveLength(1);
  });

  test("explain an index before the key, too", () => {
    const { alice, bob } = pair();
    alice.directory.change(bob.device, { localTrust: "blacklisted" });
    deliver(alice.shareAndSend(ROOM, [bob.user]), alice, bob);
    const event = asRoomEvent(alice.user, alice.megolm.encryptRoomEvent(ROOM, "t", {}));
    alice.directory.change(bob.device, { localTrust: "unset" });
    expect(deliver(alice.shareAndSend(ROOM, [bob.user]), alice, bob)).toBe(1);
    expect(bob.megolm.decryptRoomEvent(event, ROOM)).toEqual({
      ok: false,
      reason: { code: "MissingMegolmSession", withheldCode: "m.blacklisted" },
    });
  });
});

describe("ratchets over crashes", () => {
  test("no index is used twice, wherever the process dies", () => {
    const { alice, bob } = pair();
    deliver(alice.shareAndSend(ROOM, [bob.user]), alice, bob);
    const seen = new Set<string>();
    for (let i = 0; i < 12; i++) {
      if (i % 3 === 2) alice.restart();
      deliver(alice.shareAndSend(ROOM, [bob.user]), alice, bob);
      const event = asRoomEvent(alice.user, alice.megolm.encryptRoomEvent(ROOM, "t", text(`${i}`)));
      // The replay table refuses a second event of one index.
      expect(bodyOf(bob.megolm.decryptRoomEvent(event, ROOM))).toBe(`${i}`);
      seen.add(JSON.stringify(event["content"]));
    }
    expect(seen.size).toBe(12);
  });

  test("a rolled back transaction takes no index back", () => {
    const { alice, bob } = pair();
    deliver(alice.shareAndSend(ROOM, [bob.user]), alice, bob);
    const send = (body: string) => asRoomEvent(alice.user, alice.megolm.encryptRoomEvent(ROOM, "t", text(body)));
    let lost: JsonObject = {};
    expect(() =>
      alice.store.transaction(() => {
        for (let i = 0; i < 60; i++) lost = send(`lost ${i}`);
        throw new Error("disk full");
      }),
    ).toThrow("disk full");
    alice.shareAndSend(ROOM, [bob.user]);
    expect(bodyOf(bob.megolm.decryptRoomEvent(lost, ROOM))).toBe("lost 59");
    for (let i = 0; i < 40; i++) expect(bodyOf(bob.megolm.decryptRoomEvent(send(`${i}`), ROOM))).toBe(`${i}`);
  });

  test("a failed share leaves nothing behind", () => {
    const { alice, bob } = pair();
    expect(() =>
      alice.store.transaction(() => {
        alice.megolm.shareRoomKey(ROOM, [bob.user]);
        throw new Error("no");
      }),
    ).toThrow("no");
    expect(alice.megolm.pendingRequests()).toEqual([]);
    expect(() => alice.megolm.encryptRoomEvent(ROOM, "t", {})).toThrow("no-session");
    expect(alice.megolm.exportRoomKeys()).toEqual([]);
  });
});
