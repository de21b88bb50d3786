// What vodozemac made, through our parsers and libolm: whole, truncated and bit-flipped. Provenance is in the data file.
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { parseRoomId } from "../../protocol/ids.ts";
import { parsePayload } from "../../crypto-worker/machine/megolm/room-event.ts";
import { Account } from "../../crypto-worker/primitives/account.ts";
import { parsePreKeyMessage } from "../../crypto-worker/primitives/olm-message.ts";
import { InboundGroupSession } from "../../crypto-worker/primitives/group-session.ts";
import { loadOlm } from "../../crypto-worker/primitives/olm-library.ts";
import { parseDeviceKeys, type DeviceKeys } from "../../crypto-worker/wire/device-keys.ts";
import { parseMegolmContent, parseOlmCiphertext } from "../../crypto-worker/wire/encrypted-content.ts";
import type { JsonObject } from "../../crypto-worker/wire/json.ts";
import { parseOlmPlaintext, type OlmPlaintext } from "../../crypto-worker/wire/olm-plaintext.ts";
import { parseOneTimeKey } from "../../crypto-worker/wire/one-time-key.ts";
import { parseRoomKey } from "../../crypto-worker/wire/to-device-events.ts";

type Vectors = {
  readonly roomId: string;
  readonly bob: { readonly userId: string; readonly deviceId: string; readonly pickle: string; readonly pickleKeyByte: number };
  readonly alice: { readonly deviceKeys: JsonObject; readonly oneTimeKey: { readonly id: string; readonly value: JsonObject } };
  readonly toDeviceContent: JsonObject;
  readonly roomEvents: readonly { readonly body: string; readonly content: JsonObject }[];
  readonly exportedSession: { readonly session_id: string; readonly session_key: string; readonly sender_key: string };
};

const vectors = JSON.parse(readFileSync(new URL("./data/vodozemac.json", import.meta.url), "utf8")) as Vectors;

beforeAll(() => loadOlm());

function unwrap<T>(result: { ok: true; value: T } | { ok: false; error: string }): T {
  if (!result.ok) throw new Error(result.error);
  return result.value;
}

function openBob(): Account {
  return unwrap(Account.unpickle(vectors.bob.pickle, new Uint8Array(32).fill(vectors.bob.pickleKeyByte)));
}

function aliceKeys(): DeviceKeys {
  return unwrap(parseDeviceKeys(vectors.alice.deviceKeys, { userId: "@alice:example.org", deviceId: "ALICEDEV" }));
}

/** Receives Alice's room key as the machine would, without its checks. */
function receive(bob: Account): OlmPlaintext {
  const message = unwrap(parseOlmCiphertext(vectors.toDeviceContent, bob.identityKeys.curve25519));
  using session = unwrap(bob.createInboundSession(message.senderKey, message.body));
  expect(session.sessionId).toBe(unwrap(parsePreKeyMessage(message.body)).sessionId);
  return unwrap(parseOlmPlaintext(unwrap(session.decrypt(message.type, message.body))));
}

describe("keys", () => {
  test("device keys and one-time keys verify", () => {
    const alice = aliceKeys();
    expect(parseOneTimeKey(vectors.alice.oneTimeKey.id, vectors.alice.oneTimeKey.value, alice)).toMatchObject({
      ok: true,
      value: { fallback: false },
    });
  });

  test("any change breaks them", () => {
    const text = JSON.stringify(vectors.alice.deviceKeys);
    let accepted = 0;
    for (let at = 0; at < text.length; at++) {
      const changed = text.slice(0, at) + (text[at] === "x" ? "y" : "x") + text.slice(at + 1);
      let json: unknown;
      try {
        json = JSON.parse(changed);
      } catch {
        continue;
      }
      if (parseDeviceKeys(json).ok) accepted++;
    }
    expect(accepted).toBe(0);
  });
});

describe("the to-device message", () => {
  test("decrypts and names everybody", () => {
    using bob = openBob();
    const alice = aliceKeys();
    const payload = receive(bob);
    expect(payload).toMatchObject({
      type: "m.room_key",
      sender: "@alice:example.org",
      recipient: vectors.bob.userId,
      recipientEd25519: bob.identityKeys.ed25519,
      senderEd25519: alice.ed25519,
    });
    expect(unwrap(parseDeviceKeys(payload.senderDeviceKeys)).curve25519).toBe(alice.curve25519);
  });

  test("truncated or with a flipped bit it does not", () => {
    using bob = openBob();
    const message = unwrap(parseOlmCiphertext(vectors.toDeviceContent, bob.identityKeys.curve25519));
    const bytes = Buffer.from(message.body, "base64");
    const opens = (body: string): boolean => {
      const session = bob.createInboundSession(message.senderKey, body);
      if (!session.ok) return false;
      const opened = session.value.decrypt(message.type, body).ok;
      session.value.free();
      return opened;
    };
    for (let length = 0; length < message.body.length; length += 13) expect(opens(message.body.slice(0, length))).toBe(false);
    for (let bit = 0; bit < bytes.length * 8; bit += 61) {
      // The top bit of a Curve25519 key means nothing (RFC 7748, 5); it is the last one of each key in the header.
      if ([34, 68, 102].some((end) => bit === end * 8 + 7)) continue;
      const flipped = Buffer.from(bytes);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(opens(flipped.toString("base64").replaceAll("=", ""))).toBe(false);
    }
    expect(opens(message.body)).toBe(true);
  });
});

describe("room events", () => {
  test("decrypt with the shared key and with the exported one", () => {
    using bob = openBob();
    const roomKey = unwrap(parseRoomKey(receive(bob).content));
    using shared = unwrap(InboundGroupSession.fromSessionKey(roomKey.sessionKey));
    using imported = unwrap(InboundGroupSession.importSession(vectors.exportedSession.session_key));
    expect(shared.sessionId).toBe(roomKey.sessionId);
    expect(imported.sessionId).toBe(vectors.exportedSession.session_id);
    vectors.roomEvents.forEach(({ body, content }, index) => {
      const megolm = unwrap(parseMegolmContent(content));
      expect(megolm.sessionId).toBe(roomKey.sessionId);
      for (const session of [shared, imported]) {
        const { plaintext, messageIndex } = unwrap(session.decrypt(megolm.ciphertext));
        expect(messageIndex).toBe(index);
        const room = unwrap(parseRoomId(vectors.roomId));
        expect(unwrap(parsePayload(plaintext, room, undefined))).toEqual({ type: "m.room.message", content: { msgtype: "m.text", body } });
      }
    });
  });

  test("truncated or with a flipped bit they do not", () => {
    using session = unwrap(InboundGroupSession.importSession(vectors.exportedSession.session_key));
    for (const { content } of vectors.roomEvents) {
      const { ciphertext } = unwrap(parseMegolmContent(content));
      const bytes = Buffer.from(ciphertext, "base64");
      for (let length = 0; length < ciphertext.length; length++) expect(session.decrypt(ciphertext.slice(0, length)).ok).toBe(false);
      for (let bit = 0; bit < bytes.length * 8; bit += 5) {
        const flipped = Buffer.from(bytes);
        flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(session.decrypt(flipped.toString("base64").replaceAll("=", "")).ok).toBe(false);
      }
    }
  });
});
