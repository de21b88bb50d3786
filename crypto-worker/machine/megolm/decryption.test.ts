import { beforeAll, describe, expect, test } from "vitest";
import {
  asOlmEvent,
  asRoomEvent,
  contentFor,
  deliver,
  identity,
  newDevice,
  Party,
  roomId,
  userId,
} from "../../../tests/support/megolm-world.ts";
import { loadOlm } from "../../primitives/olm-library.ts";
import { objectField, stringField, type JsonObject } from "../../wire/json.ts";
import type { DecryptionResult } from "./room-event.ts";
import type { TrustRequirement } from "./trust-requirement.ts";
import type { VerificationState } from "./verification-state.ts";

const ROOM = roomId("room");

beforeAll(() => loadOlm());

/** Alice has shared a key with bob, who has it. */
function conversation(knowing: "embedded" | "unknown" = "embedded"): { alice: Party; bob: Party } {
  const alice = new Party("alice", "A1");
  const bob = new Party("bob", "B1");
  alice.directory.put(bob.device);
  if (knowing === "embedded") bob.directory.put(alice.device);
  expect(deliver(alice.shareAndSend(ROOM, [bob.user]), alice, bob, knowing)).toBe(1);
  return { alice, bob };
}

function send(from: Party, content: JsonObject = { body: "x" }, changes: JsonObject = {}): JsonObject {
  return asRoomEvent(from.user, from.megolm.encryptRoomEvent(ROOM, "m.room.message", content), changes);
}

function codeOf(result: DecryptionResult): string {
  return result.ok ? "ok" : result.reason.code;
}

test("a ciphertext that somebody has padded is read all the same", () => {
  const { alice, bob } = conversation();
  const bodies = ["", "x".repeat(16), "x".repeat(32)];
  for (const body of bodies) {
    const event = send(alice, { body });
    const ciphertext = stringField(objectField(event, "content") ?? {}, "ciphertext") ?? "";
    const padded = ciphertext.padEnd(Math.ceil(ciphertext.length / 4) * 4, "=");
    expect(bob.megolm.decryptRoomEvent(withContent(event, { ciphertext: padded }), ROOM)).toMatchObject({
      ok: true,
      event: { content: { body } },
    });
  }
});

describe("what is refused", () => {
  const broken: [string, (event: JsonObject, bob: Party) => unknown, string][] = [
    ["no object", () => "x", "MalformedEncryptedEvent"],
    ["no event id", (event) => ({ ...event, event_id: undefined }), "MalformedEncryptedEvent"],
    ["no time", (event) => ({ ...event, origin_server_ts: "1" }), "MalformedEncryptedEvent"],
    ["not encrypted", (event) => ({ ...event, type: "m.room.message" }), "MalformedEncryptedEvent"],
    ["Olm in a room", (event) => withContent(event, { algorithm: "m.olm.v1.curve25519-aes-sha2" }), "MalformedEncryptedEvent"],
    ["a state event", (event) => ({ ...event, state_key: "" }), "StateKeyVerificationFailed"],
    ["an unknown session", (event) => withContent(event, { session_id: "nothing" }), "MissingMegolmSession"],
    ["no ciphertext", (event) => withContent(event, { ciphertext: 1 }), "MalformedEncryptedEvent"],
    ["garbage", (event) => withContent(event, { ciphertext: "AwgAEhA" }), "MalformedEncryptedEvent"],
    ["a changed signature", (event) => withContent(event, { ciphertext: flipEnd(event) }), "MegolmDecryptionFailure"],
    ["the event of another room", (event) => ({ ...event, room_id: "!other:example.org" }), "MismatchedRoom"],
  ];
  test.each(broken)("%s", (_name, change, code) => {
    const { alice, bob } = conversation();
    const event = send(alice);
    expect(codeOf(bob.megolm.decryptRoomEvent(change(event, bob), ROOM))).toBe(code);
    expect(codeOf(bob.megolm.decryptRoomEvent(event, ROOM))).toBe("ok");
  });

  test("a room that the plaintext does not name", () => {
    const { alice, bob } = conversation();
    const other = roomId("other");
    const [key] = alice.megolm.exportRoomKeys();
    bob.megolm.importRoomKeys([{ ...key, room_id: other }]);
    expect(codeOf(bob.megolm.decryptRoomEvent(send(alice), other))).toBe("MismatchedRoom");
  });

  test("an index under another event, while the same event decrypts again", () => {
    const { alice, bob } = conversation();
    const event = send(alice);
    expect(codeOf(bob.megolm.decryptRoomEvent(event, ROOM))).toBe("ok");
    expect(codeOf(bob.megolm.decryptRoomEvent(event, ROOM))).toBe("ok");
    expect(codeOf(bob.megolm.decryptRoomEvent({ ...event, event_id: "$replayed" }, ROOM))).toBe("ReplayedMessage");
    expect(codeOf(bob.megolm.decryptRoomEvent({ ...event, origin_server_ts: 5 }, ROOM))).toBe("ReplayedMessage");
    bob.restart();
    expect(codeOf(bob.megolm.decryptRoomEvent({ ...event, event_id: "$replayed" }, ROOM))).toBe("ReplayedMessage");
    expect(codeOf(bob.megolm.decryptRoomEvent(event, ROOM))).toBe("ok");
  });

  test("an index that a refused event used stays free", () => {
    const { alice, bob } = conversation();
    const event = send(alice);
    const strict = { senderDeviceTrustRequirement: "crossSigned" } as const;
    expect(codeOf(bob.megolm.decryptRoomEvent({ ...event, event_id: "$first" }, ROOM, strict))).toBe("SenderIdentityNotTrusted");
    expect(codeOf(bob.megolm.decryptRoomEvent(event, ROOM))).toBe("ok");
  });

  test.each([
    ["no JSON", "{"],
    ["no object", "[]"],
    ["no type", '{"content":{},"room_id":"!room:example.org"}'],
    ["no content", '{"type":"t","room_id":"!room:example.org"}'],
  ])("a plaintext with %s", async (_name, plaintext) => {
    const { OutboundGroupSession } = await import("../../primitives/group-session.ts");
    const { bob } = conversation();
    using session = OutboundGroupSession.create();
    const mallory = new Party("mallory", "M1");
    const content = { algorithm: "m.megolm.v1.aes-sha2", room_id: ROOM, session_id: session.sessionId, session_key: session.sessionKey() };
    const body = JSON.stringify({ type: "m.room_key", content });
    expect(bob.megolm.receiveRoomKey(asOlmEvent(mallory, { body }))).toBeDefined();
    const encrypted = { algorithm: "m.megolm.v1.aes-sha2", session_id: session.sessionId, ciphertext: session.encrypt(plaintext) };
    expect(codeOf(bob.megolm.decryptRoomEvent(asRoomEvent(mallory.user, encrypted), ROOM))).toBe("PayloadDeserializationFailure");
  });
});

describe("room keys", () => {
  const cases: [string, JsonObject][] = [
    ["another session id", { session_id: "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" }],
    ["another algorithm", { algorithm: "m.megolm.v9" }],
    ["no room", { room_id: 7 }],
    ["a changed key", { session_key: "AgAAAAA" }],
  ];
  test.each(cases)("are refused with %s", (_name, change) => {
    const alice = new Party("alice", "A1");
    const bob = new Party("bob", "B1");
    alice.directory.put(bob.device);
    const [request] = alice.shareAndSend(ROOM, [bob.user]);
    const content = request === undefined ? undefined : contentFor(request, bob.device);
    const event = asOlmEvent(alice, content ?? {});
    expect(bob.megolm.receiveRoomKey({ ...event, content: { ...event.content, ...change } })).toBeUndefined();
    expect(bob.megolm.receiveRoomKey(event)).toMatchObject({ roomId: ROOM, senderKey: alice.device.curve25519 });
    expect(bob.megolm.receiveRoomKey(event)).toBeUndefined();
  });

  test("of a flipped bit fail their signature", () => {
    const alice = new Party("alice", "A1");
    const bob = new Party("bob", "B1");
    alice.directory.put(bob.device);
    const [request] = alice.shareAndSend(ROOM, [bob.user]);
    const event = asOlmEvent(alice, (request === undefined ? undefined : contentFor(request, bob.device)) ?? {});
    const key = Buffer.from(stringField(event.content, "session_key") ?? "", "base64");
    key[60] = (key[60] ?? 0) ^ 1;
    const changed = { ...event.content, session_key: key.toString("base64").replace(/=+$/, "") };
    expect(bob.megolm.receiveRoomKey({ ...event, content: changed })).toBeUndefined();
  });
});

describe("who sent it", () => {
  function stateOf(result: DecryptionResult): string {
    return result.ok ? result.event.encryptionInfo.verificationState : result.reason.code;
  }

  const states: [VerificationState, (alice: Party, bob: Party) => void][] = [
    ["unsignedDevice", () => undefined],
    [
      "unverifiedIdentity",
      (alice, bob) => {
        bob.directory.setOwner(alice.user, identity());
        bob.directory.sign(alice.device);
      },
    ],
    [
      "verified",
      (alice, bob) => {
        bob.directory.setOwner(alice.user, identity({ verified: true, previouslyVerified: true }));
        bob.directory.sign(alice.device);
      },
    ],
    [
      "verificationViolation",
      (alice, bob) => {
        bob.directory.setOwner(alice.user, identity({ previouslyVerified: true, verificationViolation: true }));
        bob.directory.sign(alice.device);
      },
    ],
  ];
  test.each(states)("%s, known before or after the key", (state, change) => {
    for (const when of ["before", "after"]) {
      const alice = new Party("alice", "A1");
      const bob = new Party("bob", "B1");
      alice.directory.put(bob.device);
      bob.directory.put(alice.device);
      if (when === "before") change(alice, bob);
      deliver(alice.shareAndSend(ROOM, [bob.user]), alice, bob);
      if (when === "after") change(alice, bob);
      const result = bob.megolm.decryptRoomEvent(send(alice), ROOM);
      expect(stateOf(result)).toBe(state);
      expect(result.ok && result.event.encryptionInfo.senderDevice).toBe("A1");
    }
  });

  test("a device that is not known, until it is", () => {
    const { alice, bob } = conversation("unknown");
    const event = send(alice);
    expect(stateOf(bob.megolm.decryptRoomEvent(event, ROOM))).toBe("missingDevice");
    bob.directory.put(alice.device);
    expect(stateOf(bob.megolm.decryptRoomEvent(event, ROOM))).toBe("unsignedDevice");
  });

  test("sessions are looked at again after a key query, in batches", () => {
    const alice = new Party("alice", "A1");
    const bob = new Party("bob", "B1");
    alice.directory.put(bob.device);
    const rooms = Array.from({ length: 120 }, (_, i) => roomId(`room${i}`));
    for (const room of rooms) deliver(alice.shareAndSend(room, [bob.user]), alice, bob, "unknown");
    bob.directory.put(alice.device, true);
    bob.directory.setOwner(alice.user, identity());
    bob.megolm.onDevicesUpdated([alice.device]);
    const { inboundGroupSessions } = bob.store;
    const kinds = inboundGroupSessions
      .between(0, 1000)
      .map(({ roomId: id, sessionId }) => inboundGroupSessions.find(id, sessionId)?.senderData.kind);
    expect(kinds).toEqual(Array.from({ length: 120 }, () => "senderUnverified"));
    expect(bob.store.inboundGroupSessions.unsettled(alice.device.curve25519, 0, 10)).toEqual([]);
  });

  test("a device with our curve key and another Ed25519 key is a forgery", () => {
    const { alice, bob } = conversation("unknown");
    bob.directory.put({ ...newDevice(alice.user, "A1"), curve25519: alice.device.curve25519 });
    expect(codeOf(bob.megolm.decryptRoomEvent(send(alice), ROOM))).toBe("MismatchedIdentityKeys");
  });

  test("an event that claims another sender than the session's owner", () => {
    const { alice, bob } = conversation();
    const event = { ...send(alice), sender: userId("eve") };
    const lax = bob.megolm.decryptRoomEvent(event, ROOM);
    expect(lax.ok && lax.event.encryptionInfo.shield(false)).toEqual({ color: "red", code: "MismatchedSender" });
    for (const senderDeviceTrustRequirement of ["crossSignedOrLegacy", "crossSigned"] as const)
      expect(codeOf(bob.megolm.decryptRoomEvent(event, ROOM, { senderDeviceTrustRequirement }))).toBe("SenderIdentityNotTrusted");
  });

  test("an imported key proves nothing", () => {
    const { alice, bob } = conversation();
    const carol = new Party("carol", "C1");
    carol.directory.put(alice.device, true);
    carol.directory.setOwner(alice.user, identity({ verified: true }));
    carol.megolm.importRoomKeys(bob.megolm.exportRoomKeys());
    const result = carol.megolm.decryptRoomEvent(send(alice), ROOM);
    expect(stateOf(result)).toBe("insecureSource");
    expect(result.ok && result.event.encryptionInfo.shield(false)).toEqual({ color: "grey", code: "AuthenticityNotGuaranteed" });
  });

  const requirements: [TrustRequirement, "unsigned" | "signed" | "violation" | "imported" | "unknown", string][] = [
    ["untrusted", "unknown", "ok"],
    ["untrusted", "violation", "ok"],
    ["crossSignedOrLegacy", "imported", "ok"],
    ["crossSignedOrLegacy", "unsigned", "SenderIdentityNotTrusted"],
    ["crossSignedOrLegacy", "unknown", "SenderIdentityNotTrusted"],
    ["crossSignedOrLegacy", "violation", "SenderIdentityNotTrusted"],
    ["crossSignedOrLegacy", "signed", "ok"],
    ["crossSigned", "imported", "SenderIdentityNotTrusted"],
    ["crossSigned", "unsigned", "SenderIdentityNotTrusted"],
    ["crossSigned", "violation", "SenderIdentityNotTrusted"],
    ["crossSigned", "signed", "ok"],
  ];
  test.each(requirements)("under %s, %s: %s", (senderDeviceTrustRequirement, kind, code) => {
    const { alice, bob } = conversation(kind === "unknown" ? "unknown" : "embedded");
    if (kind === "signed" || kind === "violation") {
      bob.directory.setOwner(
        alice.user,
        identity({ previouslyVerified: kind === "violation", verificationViolation: kind === "violation" }),
      );
      bob.directory.sign(alice.device);
    }
    const reader = kind === "imported" ? new Party("carol", "C1") : bob;
    if (reader !== bob) reader.megolm.importRoomKeys(bob.megolm.exportRoomKeys());
    expect(codeOf(reader.megolm.decryptRoomEvent(send(alice), ROOM, { senderDeviceTrustRequirement }))).toBe(code);
  });
});

describe("around the payload", () => {
  test("the clear-text relation is used where the payload has none", () => {
    const { alice, bob } = conversation();
    const clear = withContent(send(alice, { body: "x" }), { "m.relates_to": { rel_type: "m.thread", event_id: "$a" } });
    const plain = bob.megolm.decryptRoomEvent(clear, ROOM);
    expect(plain.ok && plain.event.content["m.relates_to"]).toEqual({ rel_type: "m.thread", event_id: "$a" });
    const both = send(alice, { body: "x", "m.relates_to": { rel_type: "m.thread", event_id: "$in" } });
    const inner = bob.megolm.decryptRoomEvent(withContent(both, { "m.relates_to": { rel_type: "m.thread", event_id: "$out" } }), ROOM);
    expect(inner.ok && inner.event.content["m.relates_to"]).toEqual({ rel_type: "m.thread", event_id: "$in" });
  });

  test("bundled events are decrypted one level deep, each for itself", () => {
    const { alice, bob } = conversation();
    const deepest = send(alice, { body: "deepest" });
    const edit = send(alice, { body: "edit" }, { unsigned: { "m.relations": { "m.replace": deepest } } });
    const unknown = withContent(send(alice, { body: "?" }), { session_id: "missing" });
    const relations = { "m.replace": edit, "m.thread": { count: 1, latest_event: unknown } };
    const result = bob.megolm.decryptRoomEvent(send(alice, { body: "first" }, { unsigned: { "m.relations": relations } }), ROOM);
    if (!result.ok) throw new Error(result.reason.code);
    const { replacement, threadLatest } = result.event.bundledRelations;
    expect(replacement?.ok === true && replacement.event.content).toEqual({ body: "edit" });
    expect(replacement?.ok === true && replacement.event.bundledRelations).toEqual({});
    expect(threadLatest).toEqual({ ok: false, reason: { code: "MissingMegolmSession" } });
  });

  test("an edit may be bundled without a thread, a thread without an edit, and either in clear text", () => {
    const { alice, bob } = conversation();
    const bundled = (relations: JsonObject) => {
      const result = bob.megolm.decryptRoomEvent(send(alice, { body: "x" }, { unsigned: { "m.relations": relations } }), ROOM);
      return result.ok ? Object.keys(result.event.bundledRelations) : result.reason.code;
    };
    const event = send(alice, { body: "y" });
    expect(bundled({ "m.replace": event })).toEqual(["replacement"]);
    expect(bundled({ "m.thread": { latest_event: event } })).toEqual(["threadLatest"]);
    expect(bundled({ "m.replace": { ...event, type: "m.room.message" }, "m.thread": {} })).toEqual([]);
  });

  test("a lone surrogate survives", () => {
    const { alice, bob } = conversation();
    const result = bob.megolm.decryptRoomEvent(send(alice, { body: "a\ud800b\u0000" }), ROOM);
    expect(result.ok && result.event.content["body"]).toBe("a\ud800b\u0000");
  });

  test("messages out of order, and more sessions than stay open", () => {
    const { alice, bob } = conversation();
    const events = Array.from({ length: 20 }, (_, i) => send(alice, { body: `${i}` }));
    for (const event of events.toReversed()) expect(codeOf(bob.megolm.decryptRoomEvent(event, ROOM))).toBe("ok");
  });
});

function contentOf(event: JsonObject): JsonObject {
  return objectField(event, "content") ?? {};
}

function withContent(event: JsonObject, changes: JsonObject): JsonObject {
  return { ...event, content: { ...contentOf(event), ...changes } };
}

function flipEnd(event: JsonObject): string {
  const bytes = Buffer.from(stringField(contentOf(event), "ciphertext") ?? "", "base64");
  const last = bytes.length - 40;
  bytes[last] = (bytes[last] ?? 0) ^ 1;
  return bytes.toString("base64").replace(/=+$/, "");
}
