import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { InboundGroupSession, OutboundGroupSession } from "./group-session.ts";
import { parseMegolmHeader } from "./megolm-message.ts";
import { loadOlm } from "./olm-library.ts";

const KEY = new Uint8Array(32).fill(9);
const freed: { free(): void }[] = [];

function keep<T extends { free(): void }>(object: T): T {
  freed.push(object);
  return object;
}

function unwrap<T>(result: { ok: true; value: T } | { ok: false; error: string }): T {
  if (!result.ok) throw new Error(result.error);
  return result.value;
}

function pair(): { outbound: OutboundGroupSession; inbound: InboundGroupSession } {
  const outbound = keep(OutboundGroupSession.create());
  return { outbound, inbound: keep(unwrap(InboundGroupSession.fromSessionKey(outbound.sessionKey()))) };
}

beforeAll(() => loadOlm());
afterAll(() => freed.forEach((object) => object.free()));

describe("group sessions", () => {
  test("indices count up, and messages decrypt in any order and repeatedly", () => {
    const { outbound, inbound } = pair();
    const messages = Array.from({ length: 5 }, (_, i) => {
      expect(outbound.messageIndex).toBe(i);
      return outbound.encrypt(`message ${i}`);
    });
    for (const i of [4, 0, 2, 2, 1, 3]) {
      expect(inbound.decrypt(messages[i] ?? "")).toEqual({ ok: true, value: { plaintext: `message ${i}`, messageIndex: i } });
    }
    expect(inbound.sessionId).toBe(outbound.sessionId);
  });

  test("pickles bring both sides back", () => {
    const { outbound, inbound } = pair();
    outbound.encrypt("0");
    const out = keep(unwrap(OutboundGroupSession.unpickle(outbound.pickle(KEY), KEY)));
    const ins = keep(unwrap(InboundGroupSession.unpickle(inbound.pickle(KEY), KEY)));
    expect(out.messageIndex).toBe(1);
    expect(ins.decrypt(out.encrypt("1"))).toEqual({ ok: true, value: { plaintext: "1", messageIndex: 1 } });
  });

  test("a session shared later, or exported from an index on, cannot go back", () => {
    const { outbound, inbound } = pair();
    const early = outbound.encrypt("early");
    const late = outbound.encrypt("late");
    expect(inbound.exportSession(0).ok).toBe(true);
    const exported = keep(unwrap(InboundGroupSession.importSession(unwrap(inbound.exportSession(1)))));
    expect(exported.firstKnownIndex).toBe(1);
    expect(exported.decrypt(early)).toEqual({ ok: false, error: "unknown-message-index" });
    expect(exported.decrypt(late).ok).toBe(true);
    expect(exported.exportSession(0)).toEqual({ ok: false, error: "unknown-message-index" });
    const shared = keep(unwrap(InboundGroupSession.fromSessionKey(outbound.sessionKey())));
    expect(shared.firstKnownIndex).toBe(2);
  });

  test("every flipped bit of a message, and every truncation, fails", () => {
    const { outbound, inbound } = pair();
    const message = outbound.encrypt("text");
    const bytes = Buffer.from(message, "base64");
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = Buffer.from(bytes);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(inbound.decrypt(flipped.toString("base64").replaceAll("=", "")).ok).toBe(false);
    }
    for (let length = 0; length < message.length; length++) expect(inbound.decrypt(message.slice(0, length)).ok).toBe(false);
    expect(inbound.decrypt(message).ok).toBe(true);
  });

  test("every flipped bit of a session key fails: it is signed", () => {
    const { outbound } = pair();
    const bytes = Buffer.from(outbound.sessionKey(), "base64");
    for (let bit = 0; bit < bytes.length * 8; bit += 7) {
      const flipped = Buffer.from(bytes);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(InboundGroupSession.fromSessionKey(flipped.toString("base64").replaceAll("=", "")).ok).toBe(false);
    }
  });

  test("large texts, text behind a NUL, lone surrogates", () => {
    const { outbound, inbound } = pair();
    const large = "ü".repeat(300_000);
    expect(inbound.decrypt(outbound.encrypt(large))).toEqual({ ok: true, value: { plaintext: large, messageIndex: 0 } });
    expect(inbound.decrypt(outbound.encrypt(`{}\0${"x".repeat(40)}`))).toEqual({ ok: false, error: "bad-message-format" });
    expect(() => outbound.encrypt("\udc00")).toThrow("surrogate");
  });
});

describe("parseMegolmHeader", () => {
  test("reads the index of genuine messages without decrypting, over the sizes of its varint", () => {
    const { outbound } = pair();
    for (let i = 0; i < 300; i++) {
      const text = "x".repeat(i);
      expect(parseMegolmHeader(outbound.encrypt(text))).toEqual({
        ok: true,
        value: { messageIndex: i, ciphertextBytes: 16 * (Math.floor(text.length / 16) + 1) },
      });
    }
  });

  test("reads indices up to 2^32 - 1, and refuses what is larger", () => {
    const message = (index: number[]): string =>
      Buffer.from([3, 8, ...index, 0x12, 16, ...Array.from({ length: 16 + 72 }, () => 0)])
        .toString("base64")
        .replaceAll("=", "");
    expect(parseMegolmHeader(message([0xff, 0xff, 0xff, 0xff, 0x0f]))).toMatchObject({ ok: true, value: { messageIndex: 0xffff_ffff } });
    expect(parseMegolmHeader(message([0xff, 0xff, 0xff, 0xff, 0x1f])).ok).toBe(false);
    expect(parseMegolmHeader(message([0xff, 0xff, 0xff, 0xff, 0xff, 0x01])).ok).toBe(false);
  });

  test("refuses a message with anything after or between the two fields", () => {
    const { outbound } = pair();
    const bytes = Buffer.from(outbound.encrypt("x"), "base64");
    const inserted = Buffer.concat([bytes.subarray(0, 21), Buffer.from([8, 200, 1]), bytes.subarray(21)]);
    expect(parseMegolmHeader(inserted.toString("base64").replaceAll("=", ""))).toEqual({ ok: false, error: "bad-message-format" });
  });

  test("never throws", () => {
    const { inbound } = pair();
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.base64String({ maxLength: 400 })), (text) => {
        parseMegolmHeader(text);
        expect(inbound.decrypt(text).ok).toBe(false);
      }),
    );
  });
});
