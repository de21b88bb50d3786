import { beforeAll, describe, expect, test } from "vitest";
import { parseCurve25519PublicKey, type Curve25519PublicKey } from "../../protocol/ids.ts";
import type { Result } from "../../protocol/result.ts";
import { Account } from "./account.ts";
import { soloCrew } from "./crew/crew.ts";
import { verifySignature } from "./ed25519.ts";
import { loadOlm, olm } from "./olm-library.ts";

const KEY = new Uint8Array(32).fill(3);
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
    copy.unpickle(Uint8Array.from(KEY), ours.pickle(KEY));
    expect(copy.identity_keys()).toBe(JSON.stringify(ours.identityKeys));
    expect(ours.pickle(KEY).length).toBe(raw.pickle(Uint8Array.from(KEY)).length);
    expect([ours.oneTimeKeys().size, ours.unpublishedFallbackKey(), ours.maxOneTimeKeys]).toEqual([0, undefined, 100]);
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
    const keys = [...bob.oneTimeKeys().values()];
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
    const keys = [...bob.oneTimeKeys().values()];
    const reference = new (olm().Account)();
    reference.unpickle(Uint8Array.from(KEY), bob.pickle(KEY));
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
      expect([...ours.oneTimeKeys().keys()]).toEqual(Object.keys(reference.curve25519));
    }
    raw.free();
  });
});

test("a one-time key that was removed stays so when more are made", () => {
  using alice = Account.create();
  using bob = Account.create();
  bob.generateOneTimeKeys(2);
  const [key] = bob.oneTimeKeys().values();
  if (key === undefined) throw new Error("no key");
  using session = unwrap(alice.createOutboundSession(bob.identityKeys.curve25519, key));
  const { body } = session.encrypt("x");
  using inbound = unwrap(bob.createInboundSession(alice.identityKeys.curve25519, body));
  bob.removeOneTimeKeys(inbound);
  const gone = { ok: false, error: "bad-message-key-id" };
  expect(bob.createInboundSession(alice.identityKeys.curve25519, body)).toEqual(gone);
  bob.generateOneTimeKeys(1);
  expect(bob.createInboundSession(alice.identityKeys.curve25519, body)).toEqual(gone);
  expect([...bob.oneTimeKeys().values()]).not.toContain(key);
  expect(bob.oneTimeKeys().size).toBe(2);
});

test("an account that is read out is pickled as libolm would, whichever of its keys are removed", () => {
  using bob = Account.create();
  bob.generateOneTimeKeys(4);
  bob.generateFallbackKey();
  const fallback = bob.unpublishedFallbackKey()?.key;
  const keys = [...bob.oneTimeKeys().values()];
  const [first, second, , last] = keys;
  for (const key of [second, fallback, last, first]) {
    const reference = new (olm().Account)();
    reference.unpickle(Uint8Array.from(KEY), bob.pickle(KEY));
    using alice = Account.create();
    using session = unwrap(alice.createOutboundSession(bob.identityKeys.curve25519, key ?? LOW_ORDER));
    const { body } = session.encrypt("x");
    using inbound = unwrap(bob.createInboundSession(alice.identityKeys.curve25519, body));
    const theirs = new (olm().Session)();
    theirs.create_inbound(reference, body);
    bob.removeOneTimeKeys(inbound);
    reference.remove_one_time_keys(theirs);
    expect(bob.pickle(KEY)).toBe(reference.pickle(Uint8Array.from(KEY)));
    for (const object of [reference, theirs]) object.free();
  }
  expect([...bob.oneTimeKeys().values()]).toEqual(keys.slice(2, 3));
  expect(bob.unpublishedFallbackKey()?.key).toBe(fallback);
});
