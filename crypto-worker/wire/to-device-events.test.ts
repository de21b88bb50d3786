import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import type { JsonObject } from "./json.ts";
import {
  parseForwardedRoomKey,
  parseRoomKey,
  parseRoomKeyBundle,
  parseRoomKeyRequest,
  parseSecretRequest,
  parseSecretSend,
  parseToDeviceEvent,
  parseWithheld,
} from "./to-device-events.ts";

const KEY = "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo";
const session = { algorithm: "m.megolm.v1.aes-sha2", room_id: "!r:x", session_id: "S" };
const roomKey = { ...session, session_key: "K" };
const request = { request_id: "R", requesting_device_id: "D" };

type Parse = (content: unknown) => { ok: boolean; error?: string; value?: unknown };
type Refusal = readonly [Parse, string, JsonObject];

describe("to-device content", () => {
  test("the envelope", () => {
    expect(parseToDeviceEvent({ type: "t", sender: "@a:x", content: { a: 1 }, extra: 1 })).toEqual({
      ok: true,
      value: { type: "t", sender: "@a:x", content: { a: 1 } },
    });
    expect(parseToDeviceEvent({ type: "", sender: "@a:x", content: {} })).toEqual({ ok: false, error: "invalid-type" });
    expect(parseToDeviceEvent({ type: "t", sender: "a", content: {} })).toEqual({ ok: false, error: "invalid-user-id" });
    expect(parseToDeviceEvent({ type: "t", sender: "@a:x", content: [] })).toEqual({ ok: false, error: "not-an-object" });
  });

  test("room keys, with both names of shared_history", () => {
    expect(parseRoomKey(roomKey)).toEqual({ ok: true, value: { roomId: "!r:x", sessionId: "S", sessionKey: "K", sharedHistory: false } });
    expect(parseRoomKey({ ...roomKey, shared_history: true })).toMatchObject({ value: { sharedHistory: true } });
    expect(parseRoomKey({ ...roomKey, "org.matrix.msc3061.shared_history": true })).toMatchObject({ value: { sharedHistory: true } });
    expect(parseRoomKey({ ...roomKey, shared_history: false, "org.matrix.msc3061.shared_history": true })).toMatchObject({
      value: { sharedHistory: false },
    });
    expect(parseRoomKey({ ...roomKey, shared_history: "no", "org.matrix.msc3061.shared_history": true })).toMatchObject({
      value: { sharedHistory: false },
    });
  });

  test("forwarded room keys", () => {
    const forwarded = { ...roomKey, sender_key: KEY, sender_claimed_ed25519_key: KEY, forwarding_curve25519_key_chain: ["a"] };
    expect(parseForwardedRoomKey(forwarded)).toMatchObject({ ok: true, value: { senderKey: KEY, forwardingChain: ["a"] } });
    expect(parseForwardedRoomKey({ ...forwarded, sender_key: "A".repeat(43) })).toEqual({ ok: false, error: "invalid-sender-key" });
  });

  test("withheld codes: for a session, for a device, and under their unstable name", () => {
    expect(parseWithheld({ ...session, code: "m.unverified", reason: "x".repeat(999), sender_key: KEY })).toMatchObject({
      ok: true,
      value: { code: "m.unverified", senderKey: KEY, session: { roomId: "!r:x", sessionId: "S" }, reason: "x".repeat(255) },
    });
    expect(parseWithheld({ algorithm: session.algorithm, code: "m.no_olm", sender_key: KEY })).toMatchObject({
      value: { session: undefined },
    });
    expect(parseWithheld({ ...session, code: "m.no_olm" })).toMatchObject({ value: { session: undefined } });
    expect(parseWithheld({ ...session, code: "io.element.msc4268.history_not_shared" })).toMatchObject({
      value: { code: "m.history_not_shared" },
    });
    expect(parseWithheld({ algorithm: session.algorithm, code: "m.unverified" })).toEqual({ ok: false, error: "invalid-room-id" });
  });

  test("requests and their cancellations", () => {
    expect(parseRoomKeyRequest({ ...request, action: "request", body: { ...session, sender_key: KEY } })).toEqual({
      ok: true,
      value: { requestId: "R", requestingDeviceId: "D", body: { roomId: "!r:x", sessionId: "S", senderKey: KEY } },
    });
    expect(parseRoomKeyRequest({ ...request, action: "request_cancellation" })).toMatchObject({ value: { body: undefined } });
    expect(parseSecretRequest({ ...request, action: "request", name: "m.megolm_backup.v1" })).toMatchObject({
      value: { name: "m.megolm_backup.v1" },
    });
    expect(parseSecretRequest({ ...request, action: "request_cancellation" })).toMatchObject({ value: { name: undefined } });
  });

  test("a sent secret does not print", () => {
    const parsed = parseSecretSend({ request_id: "R", secret: "hunter2" });
    expect(inspect(parsed, { depth: null })).not.toContain("hunter2");
    expect(JSON.stringify(parsed)).not.toContain("hunter2");
    expect(parsed.ok && parsed.value.secret.use((bytes) => Buffer.from(bytes).toString())).toBe("hunter2");
  });

  test("key bundles", () => {
    expect(parseRoomKeyBundle({ room_id: "!r:x", file: { url: "mxc://x/y" } })).toMatchObject({ ok: true, value: { roomId: "!r:x" } });
  });

  test.each<Refusal>([
    [parseRoomKey, "unsupported-algorithm", { ...roomKey, algorithm: "m.olm.v1.curve25519-aes-sha2" }],
    [parseRoomKey, "invalid-room-id", { ...roomKey, room_id: "r" }],
    [parseRoomKey, "invalid-session-id", { ...roomKey, session_id: 1 }],
    [parseRoomKey, "invalid-session-key", session],
    [parseRoomKey, "invalid-session-key", { ...roomKey, session_key: "x".repeat(1025) }],
    [parseWithheld, "invalid-code", session],
    [parseWithheld, "invalid-code", { ...session, code: "x".repeat(101) }],
    [parseWithheld, "invalid-code", { ...session, code: "\ud800" }],
    [parseWithheld, "unsupported-algorithm", { code: "m.no_olm" }],
    [parseRoomKeyRequest, "invalid-transaction-id", { ...request, request_id: "" }],
    [parseRoomKeyRequest, "invalid-device-id", { request_id: "R" }],
    [parseRoomKeyRequest, "invalid-action", { ...request, action: "request" }],
    [parseRoomKeyRequest, "invalid-action", { ...request, action: "x", body: session }],
    [parseSecretRequest, "invalid-action", { ...request, action: 1 }],
    [parseSecretRequest, "invalid-name", { ...request, action: "request" }],
    [parseSecretSend, "invalid-secret", { request_id: "R" }],
    [parseSecretSend, "invalid-secret", { request_id: "R", secret: "x".repeat(65_537) }],
    [parseSecretSend, "invalid-transaction-id", { secret: "x" }],
    [parseRoomKeyBundle, "invalid-file", { room_id: "!r:x" }],
  ])("%o refuses with %s", (parse, error, content) => expect(parse(content)).toEqual({ ok: false, error }));
});
