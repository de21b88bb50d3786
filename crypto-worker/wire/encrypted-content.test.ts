import { describe, expect, test } from "vitest";
import { parseCurve25519PublicKey, parseSessionId } from "../../protocol/ids.ts";
import { encodeMegolmContent, encodeOlmContent, parseMegolmContent, parseOlmCiphertext } from "./encrypted-content.ts";
import type { JsonObject } from "./json.ts";

function unwrap<T>(result: { ok: true; value: T } | { ok: false; error: string }): T {
  if (!result.ok) throw new Error(result.error);
  return result.value;
}

const us = unwrap(parseCurve25519PublicKey("hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo"));
const them = unwrap(parseCurve25519PublicKey("3p7bfXt9wbTTW2HC7OQ1Nz+DQ8hbeGdNrfx+FG+IK08"));
const LOW_ORDER = "A".repeat(43);

describe("Olm content", () => {
  const content = encodeOlmContent(them, us, { type: 0, body: "AwoA" });

  test("our message is found", () => {
    expect(parseOlmCiphertext(content, us)).toEqual({ ok: true, value: { senderKey: them, type: 0, body: "AwoA" } });
  });

  test("it may be padded, and is the same without", () => {
    const padded = encodeOlmContent(them, us, { type: 1, body: "AwoABB==" });
    expect(parseOlmCiphertext(padded, us)).toEqual({ ok: true, value: { senderKey: them, type: 1, body: "AwoABB" } });
  });

  test.each<[string, string, JsonObject]>([
    ["for somebody else", "not-for-us", encodeOlmContent(them, them, { type: 0, body: "x" })],
    ["Megolm, which must never arrive to-device", "unsupported-algorithm", { ...content, algorithm: "m.megolm.v1.aes-sha2" }],
    ["no algorithm", "unsupported-algorithm", { ...content, algorithm: 1 }],
    ["low-order sender key", "invalid-sender-key", { ...content, sender_key: LOW_ORDER }],
    ["no sender key", "invalid-sender-key", { ...content, sender_key: 1 }],
    ["no ciphertext", "missing-ciphertext", { ...content, ciphertext: "x" }],
    ["an unknown type", "missing-ciphertext", { ...content, ciphertext: { [us]: { type: 2, body: "x" } } }],
    ["a type as text", "missing-ciphertext", { ...content, ciphertext: { [us]: { type: "0", body: "x" } } }],
    ["no body", "missing-ciphertext", { ...content, ciphertext: { [us]: { type: 0 } } }],
    ["too large", "too-large", { ...content, ciphertext: { [us]: { type: 0, body: "x".repeat(1_100_000) } } }],
  ])("%s: %s", (_, error, value) => expect(parseOlmCiphertext(value, us)).toEqual({ ok: false, error }));

  test("too many recipients", () => {
    const ciphertext = Object.fromEntries(Array.from({ length: 10_001 }, (_, i) => [String(i), 1]));
    expect(parseOlmCiphertext({ ...content, ciphertext }, us)).toEqual({ ok: false, error: "too-large" });
  });
});

describe("Megolm content", () => {
  const sessionId = unwrap(parseSessionId("session"));
  const content = encodeMegolmContent({
    sessionId,
    ciphertext: "AwgA",
    senderKey: them,
    deviceId: undefined,
    relatesTo: { rel_type: "m.thread" },
  });

  test("round trip", () => {
    expect(parseMegolmContent(content)).toEqual({
      ok: true,
      value: {
        algorithm: "m.megolm.v1.aes-sha2",
        sessionId,
        ciphertext: "AwgA",
        senderKey: them,
        deviceId: undefined,
        relatesTo: { rel_type: "m.thread" },
      },
    });
    expect(Object.keys(content)).not.toContain("device_id");
  });

  test.each<[string, string, JsonObject]>([
    ["Olm, which must never arrive in a room", "unsupported-algorithm", { ...content, algorithm: "m.olm.v1.curve25519-aes-sha2" }],
    ["no ciphertext", "missing-ciphertext", { ...content, ciphertext: {} }],
    ["no session", "invalid-session-id", { ...content, session_id: "" }],
    ["too large", "too-large", { ...content, ciphertext: "x".repeat(65_537) }],
  ])("%s: %s", (_, error, value) => expect(parseMegolmContent(value)).toEqual({ ok: false, error }));

  test("its ciphertext may be padded, and is the same without", () => {
    for (const ciphertext of ["AwgA", "AwgAAA", "AwgAAA==", "AwgAAAA="])
      expect(unwrap(parseMegolmContent({ ...content, ciphertext })).ciphertext).toBe(ciphertext.replaceAll("=", ""));
  });

  test("the deprecated fields are read, and dropped where they are malformed", () => {
    expect(parseMegolmContent({ ...content, device_id: "THEIRS" })).toMatchObject({ value: { senderKey: them, deviceId: "THEIRS" } });
    expect(parseMegolmContent({ ...content, sender_key: LOW_ORDER, device_id: "", "m.relates_to": [] })).toMatchObject({
      ok: true,
      value: { senderKey: undefined, deviceId: undefined, relatesTo: undefined },
    });
  });
});
