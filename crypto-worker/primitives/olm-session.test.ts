import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Account } from "./account.ts";
import { loadOlm, MAX_STACK_INPUT, olm } from "./olm-library.ts";
import { PickleCipher } from "./olm-pickle.ts";
import { parsePreKeyMessage } from "./olm-message.ts";
import { OlmSession } from "./olm-session.ts";

const KEY = new Uint8Array(32).fill(9);
const CIPHER = new PickleCipher(KEY);
const freed: { free(): void }[] = [];

function keep<T extends { free(): void }>(object: T): T {
  freed.push(object);
  return object;
}

function unwrap<T>(result: { ok: true; value: T } | { ok: false; error: string }): T {
  if (!result.ok) throw new Error(result.error);
  return result.value;
}

let alice: Account;
let bob: Account;

/** Alice's session to Bob, and Bob's from her first message, which is not decrypted yet. */
function establish(firstText = "first"): { a: OlmSession; b: OlmSession; first: { type: 0 | 1; body: string } } {
  bob.generateOneTimeKeys(1);
  const oneTimeKey = bob.unpublishedOneTimeKeys()[0]?.key;
  bob.markKeysAsPublished();
  if (oneTimeKey === undefined) throw new Error("no one-time key");
  const a = keep(unwrap(alice.createOutboundSession(bob.identityKeys.curve25519, oneTimeKey)));
  const first = a.encrypt(firstText);
  const b = keep(unwrap(bob.createInboundSession(alice.identityKeys.curve25519, first.body)));
  return { a, b, first };
}

const sessionIdIn = (body: string): string => unwrap(parsePreKeyMessage(body)).sessionId;

/** The one that this message was written with. */
const removeKeyOf = ({ body }: { readonly body: string }): void => bob.removeOneTimeKey(unwrap(parsePreKeyMessage(body)).oneTimeKey);

beforeAll(() => loadOlm());
beforeEach(() => {
  alice = keep(Account.create());
  bob = keep(Account.create());
});
afterAll(() => freed.forEach((object) => object.free()));

describe("OlmSession", () => {
  test("first message, answer, then normal messages, across pickles", () => {
    const { a, b, first } = establish("héllo 🔑");
    expect(first.type).toBe(0);
    expect(a.hasReceivedMessage).toBe(false);
    expect(b.decrypt(0, first.body)).toEqual({ ok: true, value: "héllo 🔑" });
    removeKeyOf(first);
    expect(b.sessionId).toBe(a.sessionId);
    const answer = b.encrypt("answer");
    expect(answer.type).toBe(1);
    expect(a.decrypt(1, answer.body)).toEqual({ ok: true, value: "answer" });
    expect(a.hasReceivedMessage).toBe(true);
    const restored = keep(unwrap(OlmSession.unpickle(a.pickle(KEY), KEY)));
    expect(b.decrypt(1, restored.encrypt("after").body)).toEqual({ ok: true, value: "after" });
  });

  test("a replayed message is refused, and the session goes on", () => {
    const { a, b, first } = establish();
    expect(b.decrypt(0, first.body).ok).toBe(true);
    expect(b.decrypt(0, first.body)).toEqual({ ok: false, error: "bad-message-mac" });
    expect(b.decrypt(0, a.encrypt("next").body).ok).toBe(true);
  });

  test("libolm's wiping does not reach the caller's pickle key", () => {
    const { a } = establish();
    const key = new Uint8Array(32).fill(5);
    OlmSession.unpickle(a.pickle(key), key);
    alice.pickle(new PickleCipher(key));
    expect(key.every((byte) => byte === 5)).toBe(true);
  });

  test("once the one-time key is removed, no second session can be made from the message", () => {
    const { b, first } = establish();
    expect(b.decrypt(0, first.body).ok).toBe(true);
    removeKeyOf(first);
    expect(bob.createInboundSession(alice.identityKeys.curve25519, first.body)).toEqual({ ok: false, error: "bad-message-key-id" });
  });

  test("a pre-key message names the session that it belongs to, as libolm finds it", () => {
    const pairs = [establish(), establish()];
    for (const { a, b, first } of pairs) {
      for (const { body } of [first, a.encrypt("more")]) {
        expect([a.sessionId, b.sessionId]).toEqual([sessionIdIn(body), sessionIdIn(body)]);
        for (const other of pairs) {
          const raw = new (olm().Session)();
          raw.unpickle(new Uint8Array(KEY), other.b.pickle(KEY));
          expect(raw.matches_inbound_from(alice.identityKeys.curve25519, body)).toBe(other.b.sessionId === sessionIdIn(body));
          raw.free();
        }
      }
    }
    for (const body of ["", "%%", "AwoA", "A".repeat(200_000)]) expect(parsePreKeyMessage(body).ok).toBe(false);
  });

  test("every truncation, and every flipped bit of the inner message, fails and changes nothing", () => {
    const { b, first } = establish("some text");
    const before = b.pickle(KEY);
    const sender = alice.identityKeys.curve25519;
    for (let length = 0; length < first.body.length; length++) {
      expect(b.decrypt(0, first.body.slice(0, length)).ok).toBe(false);
      expect(bob.createInboundSession(sender, first.body.slice(0, length)).ok).toBe(false);
    }
    // Before it are the three keys, which only the making of a session reads.
    const bytes = Buffer.from(first.body, "base64");
    for (let bit = (1 + 3 * 34) * 8; bit < bytes.length * 8; bit++) {
      const flipped = Buffer.from(bytes);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(b.decrypt(0, flipped.toString("base64").replaceAll("=", "")).ok).toBe(false);
    }
    expect(b.pickle(KEY)).toBe(before);
    expect(b.decrypt(0, first.body)).toEqual({ ok: true, value: "some text" });
  });

  test("text hidden behind a NUL is refused where it is longer than a cipher block, and lone surrogates are never sent", () => {
    const { a, b } = establish();
    expect(b.decrypt(0, a.encrypt(`{}\0${"x".repeat(40)}`).body)).toEqual({ ok: false, error: "bad-message-format" });
    expect(() => a.encrypt("\ud800")).toThrow("surrogate");
  });

  test("large texts pass in normal messages", () => {
    const { a, b, first } = establish();
    b.decrypt(0, first.body);
    a.decrypt(1, b.encrypt("x").body);
    const large = "y".repeat(500_000);
    expect(b.decrypt(1, a.encrypt(large).body)).toEqual({ ok: true, value: large });
    expect(b.decrypt(1, "A".repeat(2_000_000))).toEqual({ ok: false, error: "bad-message-format" });
  });

  test("the stack bound keeps libolm whole: everything still works after the largest input of each kind", () => {
    const text = "z".repeat(MAX_STACK_INPUT);
    alice.sign(text);
    expect(() => alice.sign(`${text}z`)).toThrow("too long");
    expect(OlmSession.unpickle("A".repeat(MAX_STACK_INPUT), KEY).ok).toBe(false);
    bob.generateOneTimeKeys(1);
    const oneTimeKey = bob.unpublishedOneTimeKeys()[0]?.key;
    if (oneTimeKey === undefined) throw new Error("no one-time key");
    const a = keep(unwrap(alice.createOutboundSession(bob.identityKeys.curve25519, oneTimeKey)));
    const large = a.encrypt("x".repeat(29_700));
    expect(large.body.length).toBeGreaterThan(MAX_STACK_INPUT - 500);
    expect(large.body.length).toBeLessThanOrEqual(MAX_STACK_INPUT);
    const b = keep(unwrap(bob.createInboundSession(alice.identityKeys.curve25519, large.body)));
    expect(b.decrypt(0, large.body).ok).toBe(true);
    const larger = a.encrypt("x".repeat(30_000));
    expect(larger.body.length).toBeGreaterThan(MAX_STACK_INPUT);
    expect(bob.createInboundSession(alice.identityKeys.curve25519, larger.body)).toEqual({ ok: false, error: "bad-message-format" });
    const { b: fresh, first } = establish("still works");
    expect(fresh.decrypt(0, first.body)).toEqual({ ok: true, value: "still works" });
  });
});

describe("parsePreKeyMessage", () => {
  test("names the three keys", () => {
    const { first } = establish();
    const parsed = unwrap(parsePreKeyMessage(first.body));
    expect(parsed.identityKey).toBe(alice.identityKeys.curve25519);
    expect(new Set([parsed.oneTimeKey, parsed.baseKey, parsed.identityKey]).size).toBe(3);
  });

  test("refuses a low-order key in any of the three places, which libolm accepts", () => {
    const { first } = establish();
    const bytes = Buffer.from(first.body, "base64");
    for (const start of [3, 3 + 34, 3 + 68]) {
      const weak = Buffer.from(bytes);
      weak.fill(0, start, start + 32);
      const body = weak.toString("base64").replaceAll("=", "");
      expect(parsePreKeyMessage(body)).toEqual({ ok: false, error: "low-order-key" });
      expect(bob.createInboundSession(alice.identityKeys.curve25519, body)).toEqual({ ok: false, error: "low-order-key" });
    }
    const baseKeyZero = Buffer.from(bytes)
      .fill(0, 3 + 34, 3 + 66)
      .toString("base64")
      .replaceAll("=", "");
    const raw = new (olm().Session)();
    const account = new (olm().Account)();
    account.unpickle(new Uint8Array(KEY), bob.pickle(CIPHER));
    expect(() => raw.create_inbound(account, baseKeyZero)).not.toThrow();
    raw.free();
    account.free();
  });

  test("refuses repeated fields: the second could be the one that is used", () => {
    const { first } = establish();
    const bytes = Buffer.from(first.body, "base64");
    const doubled = Buffer.concat([bytes.subarray(0, 35), bytes.subarray(1, 35), bytes.subarray(35)]);
    expect(parsePreKeyMessage(doubled.toString("base64").replaceAll("=", ""))).toEqual({ ok: false, error: "bad-message-format" });
  });
});

describe("Account", () => {
  test("one-time keys: unpublished ones are listed, published ones not", () => {
    bob.generateOneTimeKeys(3);
    expect(bob.unpublishedOneTimeKeys()).toHaveLength(3);
    bob.markKeysAsPublished();
    expect(bob.unpublishedOneTimeKeys()).toEqual([]);
  });

  test("fallback keys: one unpublished, and the former still works until it is forgotten", () => {
    expect(bob.unpublishedFallbackKey()).toBeUndefined();
    bob.generateFallbackKey();
    const former = bob.unpublishedFallbackKey();
    if (former === undefined) throw new Error("no fallback key");
    bob.markKeysAsPublished();
    expect(bob.unpublishedFallbackKey()).toBeUndefined();
    const session = keep(unwrap(alice.createOutboundSession(bob.identityKeys.curve25519, former.key)));
    bob.generateFallbackKey();
    expect(bob.unpublishedFallbackKey()?.keyId).not.toBe(former.keyId);
    const message = session.encrypt("late");
    const inbound = keep(unwrap(bob.createInboundSession(alice.identityKeys.curve25519, message.body)));
    expect(inbound.decrypt(0, message.body)).toEqual({ ok: true, value: "late" });
    bob.forgetFormerFallbackKey();
    expect(bob.createInboundSession(alice.identityKeys.curve25519, message.body).ok).toBe(false);
  });

  test("a pickle brings everything back", () => {
    bob.generateOneTimeKeys(2);
    const copy = keep(unwrap(Account.unpickle(bob.pickle(CIPHER), KEY)));
    expect(copy.identityKeys).toEqual(bob.identityKeys);
    expect(copy.unpublishedOneTimeKeys()).toEqual(bob.unpublishedOneTimeKeys());
    expect(copy.sign("m")).toBe(bob.sign("m"));
  });
});
