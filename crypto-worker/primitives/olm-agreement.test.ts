import { beforeAll, describe, expect, test } from "vitest";
import { parseCurve25519PublicKey, type Curve25519PublicKey } from "../../protocol/ids.ts";
import type { Result } from "../../protocol/result.ts";
import { MAX_ONE_TIME_KEYS } from "./account-pickle.ts";
import { Account } from "./account.ts";
import { soloCrew } from "./crew/crew.ts";
import { verifySignature } from "./ed25519.ts";
import { loadOlm, olm } from "./olm-library.ts";
import { PickleCipher } from "./olm-pickle.ts";

const KEY = new Uint8Array(32).fill(3);
const CIPHER = new PickleCipher(KEY);
const LOW_ORDER = unwrap(parseCurve25519PublicKey("A".repeat(43)));

beforeAll(() => loadOlm());

function unwrap<T>(result: Result<T, string>): T {
  if (!result.ok) throw new Error(result.error);
  return result.value;
}

/** libolm's own account, which does its own agreements. */
function newReference() {
  const raw = new (olm().Account)();
  raw.create();
  const identity = JSON.parse(raw.identity_keys()) as { curve25519: string };
  return { raw, identityKey: unwrap(parseCurve25519PublicKey(identity.curve25519)) };
}

function firstKey(json: string): Curve25519PublicKey {
  const { curve25519 } = JSON.parse(json) as { curve25519: Record<string, string> };
  return unwrap(parseCurve25519PublicKey(Object.values(curve25519)[0]));
}

const keysOf = (account: Account): Curve25519PublicKey[] => account.unpublishedOneTimeKeys().map(({ key }) => key);

const unpublishedFallback = (account: { unpublished_fallback_key(): string }): object =>
  (JSON.parse(account.unpublished_fallback_key()) as { curve25519: object }).curve25519;

describe("against libolm's own agreement", () => {
  test("libolm reads what our outgoing session writes, and we its answer", () => {
    using alice = Account.create();
    const bob = newReference();
    bob.raw.generate_one_time_keys(1);
    using session = unwrap(alice.createOutboundSession(bob.identityKey, firstKey(bob.raw.one_time_keys())));
    const theirs = new (olm().Session)();
    for (const [i, text] of ["one", "two"].entries()) {
      const { type, body } = session.encrypt(text);
      expect(type).toBe(0);
      if (i === 0) theirs.create_inbound_from(bob.raw, alice.identityKeys.curve25519, body);
      expect(theirs.decrypt(type, body)).toBe(text);
    }
    bob.raw.remove_one_time_keys(theirs);
    expect(session.sessionId).toBe(theirs.session_id());
    const answer = theirs.encrypt("three");
    expect(session.decrypt(answer.type, answer.body)).toEqual({ ok: true, value: "three" });
    theirs.free();
    bob.raw.free();
  });

  test("sessions that are made for the store are as libolm would have pickled them", () => {
    using alice = Account.create();
    const bob = newReference();
    bob.raw.generate_one_time_keys(1);
    const peer = { identityKey: bob.identityKey, oneTimeKey: firstKey(bob.raw.one_time_keys()) };
    const [made, weak] = [...alice.createOutboundSessions(soloCrew, [peer, { ...peer, oneTimeKey: LOW_ORDER }], KEY)];
    expect(weak).toBeUndefined();
    const copy = new (olm().Session)();
    copy.unpickle(Uint8Array.from(KEY), made?.pickle ?? "");
    expect(copy.session_id()).toBe(made?.sessionId);
    expect(copy.pickle(Uint8Array.from(KEY))).toBe(made?.pickle);
    const { body } = copy.encrypt("one");
    const theirs = new (olm().Session)();
    theirs.create_inbound_from(bob.raw, alice.identityKeys.curve25519, body);
    expect(theirs.decrypt(0, body)).toBe("one");
    for (const object of [copy, theirs, bob.raw]) object.free();
  });

  test("a new account is as libolm would have made it", () => {
    using ours = Account.create();
    const { raw, identityKey } = newReference();
    const copy = new (olm().Account)();
    copy.unpickle(Uint8Array.from(KEY), ours.pickle(CIPHER));
    expect(copy.identity_keys()).toBe(JSON.stringify(ours.identityKeys));
    expect(ours.pickle(CIPHER).length).toBe(raw.pickle(Uint8Array.from(KEY)).length);
    expect([ours.unpublishedOneTimeKeys(), ours.unpublishedFallbackKey()]).toEqual([[], undefined]);
    expect(raw.max_number_of_one_time_keys()).toBe(MAX_ONE_TIME_KEYS);
    expect(verifySignature(ours.identityKeys.ed25519, "text", ours.sign("text"))).toBe(true);
    // libolm's own agreement with the identity key: with it alone public and private half have to fit.
    raw.generate_one_time_keys(1);
    const session = new (olm().Session)();
    session.create_outbound(copy, identityKey, firstKey(raw.one_time_keys()));
    const theirs = new (olm().Session)();
    theirs.create_inbound_from(raw, ours.identityKeys.curve25519, session.encrypt("x").body);
    expect(theirs.session_id()).toBe(session.session_id());
    for (const object of [raw, copy, session, theirs]) object.free();
  });

  test.each(["a one-time key", "a fallback key"])("we read what libolm's outgoing session writes to %s", (kind) => {
    using bob = Account.create();
    bob.generateOneTimeKeys(3);
    bob.generateFallbackKey();
    const keys = keysOf(bob);
    const target = kind === "a fallback key" ? bob.unpublishedFallbackKey()?.key : keys[1];
    if (target === undefined) throw new Error("no key");
    bob.markKeysAsPublished();
    const alice = newReference();
    const theirs = new (olm().Session)();
    theirs.create_outbound(alice.raw, bob.identityKeys.curve25519, target);
    const { body } = theirs.encrypt("hello");
    using session = unwrap(bob.createInboundSession(alice.identityKey, body));
    expect(session.decrypt(0, body)).toEqual({ ok: true, value: "hello" });
    expect(session.sessionId).toBe(theirs.session_id());
    theirs.free();
    alice.raw.free();
  });

  test("libolm uses the one-time keys that we made", () => {
    using bob = Account.create();
    bob.generateOneTimeKeys(2);
    const keys = keysOf(bob);
    const reference = new (olm().Account)();
    reference.unpickle(Uint8Array.from(KEY), bob.pickle(CIPHER));
    using alice = Account.create();
    for (const key of keys) {
      using session = unwrap(alice.createOutboundSession(bob.identityKeys.curve25519, key));
      const { body } = session.encrypt("x");
      const theirs = new (olm().Session)();
      theirs.create_inbound(reference, body);
      expect(theirs.decrypt(0, body)).toBe("x");
      theirs.free();
    }
    reference.free();
  });

  test("key ids, order and eviction are libolm's", () => {
    using ours = Account.create();
    const { raw } = newReference();
    for (const count of [50, 0, 49, 1, 1, 5, 100]) {
      ours.generateOneTimeKeys(count);
      raw.generate_one_time_keys(count);
      const reference = JSON.parse(raw.one_time_keys()) as { curve25519: object };
      expect(ours.unpublishedOneTimeKeys().map(({ keyId }) => keyId)).toEqual(Object.keys(reference.curve25519));
    }
    raw.free();
  });

  test("keys that we make, publish and drop leave what libolm would leave", () => {
    using ours = Account.create();
    const reference = new (olm().Account)();
    /** With private keys of its own, which is all that may differ: everything else is counts, ids and marks. */
    const outline = (pickle: string): unknown => {
      const read = new (olm().Account)();
      read.unpickle(Uint8Array.from(KEY), pickle);
      const ids = (json: string): string[] => Object.keys((JSON.parse(json) as { curve25519: object }).curve25519);
      const found = [pickle.length, ids(read.one_time_keys()), ids(read.unpublished_fallback_key())];
      read.free();
      return found;
    };
    reference.create();
    const steps: Record<string, () => void> = {
      keys: () => {
        ours.generateOneTimeKeys(40);
        reference.generate_one_time_keys(40);
      },
      fallback: () => {
        ours.generateFallbackKey();
        reference.generate_fallback_key();
      },
      publish: () => {
        ours.markKeysAsPublished();
        reference.mark_keys_as_published();
      },
      forget: () => {
        ours.forgetFormerFallbackKey();
        reference.forget_old_fallback_key();
      },
    };
    const order = "forget keys fallback forget keys publish fallback forget keys fallback fallback publish fallback forget".split(" ");
    for (const step of order) {
      steps[step]?.();
      expect(outline(ours.pickle(CIPHER))).toEqual(outline(reference.pickle(Uint8Array.from(KEY))));
      expect(ours.unpublishedFallbackKey()?.keyId).toBe(Object.keys(unpublishedFallback(reference))[0]);
    }
    reference.free();
  });

  test("a former fallback key is read until it is dropped, by libolm as by us", () => {
    using bob = Account.create();
    using alice = Account.create();
    const messages = ["former", "current"].map(() => {
      bob.generateFallbackKey();
      const key = bob.unpublishedFallbackKey()?.key ?? LOW_ORDER;
      bob.markKeysAsPublished();
      using session = unwrap(alice.createOutboundSession(bob.identityKeys.curve25519, key));
      return session.encrypt("x").body;
    });
    const readable = (): boolean[][] =>
      messages.map((body) => {
        const ours = bob.createInboundSession(alice.identityKeys.curve25519, body);
        if (ours.ok) ours.value.free();
        const reference = new (olm().Account)();
        reference.unpickle(Uint8Array.from(KEY), bob.pickle(CIPHER));
        const theirs = new (olm().Session)();
        const libolms = (): boolean => {
          try {
            theirs.create_inbound(reference, body);
            return true;
          } catch {
            return false;
          }
        };
        const found = [ours.ok, libolms()];
        for (const object of [reference, theirs]) object.free();
        return found;
      });
    expect(readable()).toEqual([
      [true, true],
      [true, true],
    ]);
    bob.forgetFormerFallbackKey();
    bob.forgetFormerFallbackKey();
    expect(readable()).toEqual([
      [false, false],
      [true, true],
    ]);
  });
});

test("a one-time key that was removed stays so when more are made", () => {
  using alice = Account.create();
  using bob = Account.create();
  bob.generateOneTimeKeys(2);
  const [key = LOW_ORDER] = keysOf(bob);
  using session = unwrap(alice.createOutboundSession(bob.identityKeys.curve25519, key));
  const { body } = session.encrypt("x");
  unwrap(bob.createInboundSession(alice.identityKeys.curve25519, body)).free();
  bob.removeOneTimeKey(key);
  const gone = { ok: false, error: "bad-message-key-id" };
  expect(bob.createInboundSession(alice.identityKeys.curve25519, body)).toEqual(gone);
  bob.generateOneTimeKeys(1);
  expect(bob.createInboundSession(alice.identityKeys.curve25519, body)).toEqual(gone);
  expect(keysOf(bob)).not.toContain(key);
  expect(keysOf(bob)).toHaveLength(2);
});

test("an account is pickled as libolm would, whichever of its keys are removed", () => {
  using bob = Account.create();
  bob.generateOneTimeKeys(4);
  bob.generateFallbackKey();
  const fallback = bob.unpublishedFallbackKey()?.key;
  const keys = keysOf(bob);
  const [first, second, , last] = keys;
  for (const key of [second, fallback, last, first]) {
    const reference = new (olm().Account)();
    reference.unpickle(Uint8Array.from(KEY), bob.pickle(CIPHER));
    using alice = Account.create();
    using session = unwrap(alice.createOutboundSession(bob.identityKeys.curve25519, key ?? LOW_ORDER));
    const theirs = new (olm().Session)();
    theirs.create_inbound(reference, session.encrypt("x").body);
    bob.removeOneTimeKey(key ?? LOW_ORDER);
    reference.remove_one_time_keys(theirs);
    expect(bob.pickle(CIPHER)).toBe(reference.pickle(Uint8Array.from(KEY)));
    for (const object of [reference, theirs]) object.free();
  }
  expect(keysOf(bob)).toEqual(keys.slice(2, 3));
  expect(bob.unpublishedFallbackKey()?.key).toBe(fallback);
});
