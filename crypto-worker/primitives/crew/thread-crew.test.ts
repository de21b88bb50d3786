import { generateKeyPairSync, sign } from "node:crypto";
import { beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { must } from "../../../tests/support/megolm-world.ts";
import { parseCurve25519PublicKey, parseEd25519PublicKey } from "../../../protocol/ids.ts";
import { Account } from "../account.ts";
import { encodeBase64 } from "../base64.ts";
import { verifySignature } from "../ed25519.ts";
import { InboundGroupSession, OutboundGroupSession } from "../group-session.ts";
import { loadOlm } from "../olm-library.ts";
import { OlmSession } from "../olm-session.ts";
import { soloCrew, type Crew } from "./crew.ts";
import { SharedWork } from "./shared-work.ts";
import { wipeResults, type SignatureCheck } from "./tasks.ts";
import { ThreadCrew } from "./thread-crew.ts";

const PIECES = 60;

const failures: string[] = [];
const threads = new ThreadCrew((code) => failures.push(code), 2);

beforeAll(async () => {
  await loadOlm();
  await start(threads);
});

describe.each([
  ["the caller's thread alone", soloCrew],
  ["a crew of threads", threads],
] as const)("%s", (_name, crew) => {
  test("verifies signatures, each result in its piece's place", () => {
    const checks = Array.from({ length: PIECES }, (_, i) => (i % 7 === 3 ? forged(newCheck(i)) : newCheck(i)));
    expect([...crew.run("verify", undefined, checks)]).toEqual(checks.map((_, i) => i % 7 !== 3));
  });

  test("decrypts messages of several sessions in any order, and gives nothing for what is no message of its session", () => {
    const sessions = [newMegolm(), newMegolm()];
    const pieces = Array.from({ length: PIECES }, (_, i) => ({
      session: i % 2,
      ciphertext: sessions[i % 2]?.encrypt(`message ${i}`) ?? "",
    }));
    const shuffled = [...pieces.slice(30), ...pieces.slice(0, 30), { session: 1, ciphertext: pieces[0]?.ciphertext ?? "" }];
    const expected = [...pieces.keys()].map((i) => ({ plaintext: `message ${i}`, messageIndex: Math.floor(i / 2) }));
    const ratchets = sessions.map(({ exported }) => exported);
    expect([...crew.run("decrypt", ratchets, shuffled)]).toEqual([...expected.slice(30), ...expected.slice(0, 30), undefined]);
    // The caller's own copies are not wiped.
    expect(ratchets.every((bytes) => bytes.some((byte) => byte !== 0))).toBe(true);
  });

  test("opens Olm sessions that the other side accepts", () => {
    using alice = Account.create();
    using bob = Account.create();
    bob.generateOneTimeKeys(PIECES);
    const { curve25519: identityKey } = bob.identityKeys;
    const peers = bob.unpublishedOneTimeKeys().map(({ key }) => ({ identityKey, oneTimeKey: key }));
    const pickleKey = new Uint8Array(32).fill(7);
    const sessions = [...alice.createOutboundSessions(crew, peers, pickleKey)];
    expect(new Set(sessions.map((session) => session?.sessionId)).size).toBe(PIECES);
    for (const [i, made] of sessions.entries()) {
      using session = must(OlmSession.unpickle(made?.pickle ?? "", pickleKey));
      expect(session.sessionId).toBe(made?.sessionId);
      const message = session.encrypt(`hello ${i}`);
      using inbound = must(bob.createInboundSession(alice.identityKeys.curve25519, message.body));
      expect(must(inbound.decrypt(message.type, message.body))).toBe(`hello ${i}`);
    }
    expect(pickleKey).toEqual(new Uint8Array(32).fill(7));
  });

  test("makes one-time keys and signs for an account, each signature in its text's place", () => {
    using account = Account.create();
    account.generateOneTimeKeys(PIECES, crew);
    const keys = account.unpublishedOneTimeKeys().map(({ key }) => key);
    expect(new Set(keys).size).toBe(PIECES);
    // Both halves fit, and the private ones are the account's.
    const { curve25519, ed25519 } = account.identityKeys;
    using alice = Account.create();
    for (const oneTimeKey of keys) {
      using session = must(alice.createOutboundSession(curve25519, oneTimeKey));
      const { type, body } = session.encrypt("x");
      using inbound = must(account.createInboundSession(alice.identityKeys.curve25519, body));
      expect(must(inbound.decrypt(type, body))).toBe("x");
    }
    const texts = keys.map((key) => `{"key":"${key}"}`);
    const signatures = [...account.signAll(crew, texts)];
    expect(texts.map((text, i) => verifySignature(ed25519, text, signatures[i] ?? ""))).toEqual(texts.map(() => true));
    expect(signatures).toEqual(texts.map((text) => account.sign(text)));
  });

  test("encrypts with many sessions, each of which goes on from there", () => {
    const pickleKey = new Uint8Array(32).fill(7);
    using alice = Account.create();
    using bob = Account.create();
    bob.generateOneTimeKeys(PIECES);
    const { curve25519: identityKey } = bob.identityKeys;
    const peers = bob.unpublishedOneTimeKeys().map(({ key }) => ({ identityKey, oneTimeKey: key }));
    const sessions = [...alice.createOutboundSessions(soloCrew, peers, pickleKey)].map((session) => session?.pickle ?? "");
    const pieces = [...sessions.map((pickle, i) => ({ pickle, tail: `tail ${i}` })), { pickle: "no pickle", tail: "" }];
    const encrypted = [...crew.run("encrypt", { pickleKey, head: "head and " }, pieces)];
    expect(encrypted.pop()).toBeUndefined();
    for (const [i, outcome] of encrypted.entries()) {
      if (outcome === undefined) throw new Error(`nothing in place ${i}`);
      using inbound = must(bob.createInboundSession(alice.identityKeys.curve25519, outcome.message.body));
      expect(must(inbound.decrypt(outcome.message.type, outcome.message.body))).toBe(`head and tail ${i}`);
      using moved = must(OlmSession.unpickle(outcome.pickle, pickleKey));
      const next = moved.encrypt("next");
      expect(must(inbound.decrypt(next.type, next.body))).toBe("next");
    }
    expect(pickleKey).toEqual(new Uint8Array(32).fill(7));
  });

  test("opens no session with a key of low order", () => {
    using alice = Account.create();
    const lowOrder = must(parseCurve25519PublicKey("A".repeat(43)));
    const peers = Array.from({ length: PIECES }, () => ({ identityKey: lowOrder, oneTimeKey: lowOrder }));
    expect([...alice.createOutboundSessions(crew, peers, new Uint8Array(32))]).toEqual(peers.map(() => undefined));
  });
});

test("secrets that a thread has handed over are forgotten there", () => {
  const made = [Uint8Array.of(1, 2), "text", undefined, Uint8Array.of(3)];
  wipeResults(made);
  expect(made).toEqual([Uint8Array.of(0, 0), "text", undefined, Uint8Array.of(0)]);
});

test("a few pieces are not worth a crew", () => {
  expect([soloCrew.isWorthwhile(1000), threads.isWorthwhile(2), threads.isWorthwhile(PIECES)]).toEqual([false, false, true]);
  expect(new ThreadCrew(() => undefined, 0).isWorthwhile(PIECES)).toBe(false);
  expect(failures).toEqual([]);
});

test("what a thread does not hand over in time is done by the caller, and the thread is not asked again", async () => {
  const codes: string[] = [];
  const crew = new ThreadCrew((code) => codes.push(code), 1);
  await start(crew);
  const checks = Array.from({ length: PIECES }, (_, i) => newCheck(i));
  const wait = vi.spyOn(SharedWork.prototype, "waitForNews").mockReturnValue("late");
  // It sends nothing.
  const news = vi.spyOn(SharedWork.prototype, "news").mockReturnValue(0);
  onTestFinished(() => {
    wait.mockRestore();
    news.mockRestore();
  });
  expect([...crew.run("verify", undefined, checks)]).toEqual(checks.map(() => true));
  expect(codes).toEqual(["crew-thread-late"]);
  expect([...crew.run("verify", undefined, checks)]).toEqual(checks.map(() => true));
  expect(wait).toHaveBeenCalledTimes(1);
});

test("a thread that comes too late does not begin, and one that is waited for ends the waiting", () => {
  const late = SharedWork.forThreads(1);
  expect(late.dismiss(0)).toBe(true);
  expect(new SharedWork(late.memory).begin(0)).toBe(false);
  expect(late.dismiss(0)).toBe(true);
  const work = SharedWork.forThreads(2);
  expect(work.begin(1)).toBe(true);
  expect(work.dismiss(1)).toBe(false);
  expect(work.waitForNews(1, 0, 1)).toBe("late");
  work.handOver(1);
  expect(work.waitForNews(1, 0, 1)).toBe("news");
  expect(work.waitForNews(1, 1, 1)).toBe("late");
  work.finish(1);
  // The last results may have come with its end.
  expect(work.waitForNews(1, 1, 1)).toBe("news");
  expect(work.waitForNews(1, work.news(1), 1)).toBe("done");
  expect([work.take(2), work.take(2), work.take(2)]).toEqual([0, 1, undefined]);
});

test("nobody takes a piece of a work that the caller has left", () => {
  const checks = Array.from({ length: 2000 }, (_, i) => newCheck(i));
  const take = vi.spyOn(SharedWork.prototype, "take");
  const begun = vi.spyOn(SharedWork, "forThreads");
  onTestFinished(() => {
    take.mockRestore();
    begun.mockRestore();
  });
  const results = threads.run("verify", undefined, checks);
  expect(take).not.toHaveBeenCalled();
  expect(results.next().value).toBe(true);
  results.return();
  expect(results.next().done).toBe(true);
  expect(begun.mock.results.map(({ value }) => (value instanceof SharedWork ? value.take(checks.length) : "no work"))).toEqual([undefined]);
});

test("one work can begin while another is under way, and each gets its own results", () => {
  const [outer, inner] = [0, 1].map((first) =>
    Array.from({ length: PIECES }, (_, i) => (i % 2 === first ? forged(newCheck(i)) : newCheck(i))),
  );
  if (outer === undefined || inner === undefined) throw new Error("no checks");
  const results = threads.run("verify", undefined, outer);
  const seen = [results.next().value, results.next().value];
  expect([...threads.run("verify", undefined, inner)]).toEqual(inner.map((_, i) => i % 2 !== 1));
  expect([...seen, ...results]).toEqual(outer.map((_, i) => i % 2 !== 0));
  expect(failures).toEqual([]);
});

/** Threads take a moment to start, and none is waited for: until one of them has done a share. */
async function start(crew: Crew): Promise<void> {
  const checks = Array.from({ length: PIECES }, (_, i) => newCheck(i));
  const news = vi.spyOn(SharedWork.prototype, "news");
  await vi.waitFor(
    () => {
      const verdicts = [...crew.run("verify", undefined, checks)];
      expect(verdicts).toEqual(checks.map(() => true));
      expect(Math.max(...news.mock.results.map(({ value }) => Number(value)))).toBeGreaterThan(0);
    },
    { timeout: 20_000, interval: 20 },
  );
  news.mockRestore();
}

function newCheck(number: number): SignatureCheck {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const message = `signed ${number}`;
  const raw = publicKey.export({ format: "der", type: "spki" }).subarray(-32);
  return {
    publicKey: must(parseEd25519PublicKey(encodeBase64(raw))),
    message,
    signature: encodeBase64(sign(null, Buffer.from(message), privateKey)),
  };
}

const forged = (check: SignatureCheck): SignatureCheck => ({ ...check, message: `${check.message}!` });

function newMegolm(): { readonly exported: Uint8Array; readonly encrypt: (text: string) => string } {
  const outbound = OutboundGroupSession.create();
  onTestFinished(() => outbound.free());
  using inbound = must(InboundGroupSession.fromSessionKey(outbound.sessionKey()));
  return { exported: Buffer.from(must(inbound.exportSession(0)), "base64"), encrypt: (text) => outbound.encrypt(text) };
}
