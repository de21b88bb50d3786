// The census of the crash and fault tests would find what it looks for: real ciphertexts, made twice from one state.
import { beforeAll, expect, test } from "vitest";
import { Account } from "../../crypto-worker/primitives/account.ts";
import { OutboundGroupSession } from "../../crypto-worker/primitives/group-session.ts";
import { loadOlm } from "../../crypto-worker/primitives/olm-library.ts";
import { OlmSession } from "../../crypto-worker/primitives/olm-session.ts";
import { type Homeserver, startHomeserver } from "../../tools/homeserver/homeserver.ts";
import { TestUser } from "../../tools/homeserver/test-user.ts";
import { censusSize, megolmIndex, olmPosition, ratchetCensus } from "../support/ratchet-census.ts";

const KEY = new Uint8Array(32).fill(1);

beforeAll(() => loadOlm());

test("an index of Megolm, a message key of Olm, a transaction or a clear text", async () => {
  const homeserver: Homeserver = await startHomeserver();
  try {
    const user = await TestUser.register(homeserver.url, "ada");
    const roomId = await user.createRoom();
    const send = (content: { ciphertext: string }, transactionId: string) =>
      user.send(roomId, "m.room.encrypted", { ...content, session_id: "session" }, transactionId);
    const sendToDevice = (message: { type: number; body: string }, transactionId: string) =>
      user.ok("PUT", `/v3/sendToDevice/m.room.encrypted/${transactionId}`, {
        messages: { [user.userId]: { D: { ciphertext: { key: message } } } },
      });

    using group = OutboundGroupSession.create();
    const groupPickle = group.pickle(KEY);
    const first = group.encrypt("first");
    await send({ ciphertext: first }, "t1");
    await send({ ciphertext: group.encrypt("second") }, "t2");
    const { session, pickle } = olmSession();
    using olm = session;
    const one = olm.encrypt("one");
    await sendToDevice(one, "d1");
    await sendToDevice(olm.encrypt("two"), "d2");
    await sendToDevice(one, "d3");
    expect(megolmIndex(first)).toBe(0);
    expect(olmPosition(one.body, one.type).counter).toBe(0);
    expect(ratchetCensus(homeserver, [roomId])).toEqual([]);
    expect(censusSize(homeserver)).toMatchObject({ megolm: 2, olm: 3 });

    using groupAgain = unpickled(OutboundGroupSession.unpickle(groupPickle, KEY));
    await send({ ciphertext: groupAgain.encrypt("another") }, "t3");
    expect(ratchetCensus(homeserver, [roomId])).toEqual(
      Array.from({ length: 2 }, () => expect.stringContaining("megolm index used twice")),
    );
    using olmAgain = unpickled(OlmSession.unpickle(pickle, KEY));
    await sendToDevice(olmAgain.encrypt("another"), "d4");
    expect(ratchetCensus(homeserver, [roomId])).toContainEqual(expect.stringContaining("olm message key used twice"));
    await send({ ciphertext: group.encrypt("third") }, "t1");
    expect(ratchetCensus(homeserver, [roomId])).toContainEqual(expect.stringContaining("transaction id with other bytes"));
    await user.say(roomId, "in clear");
    expect(ratchetCensus(homeserver, [roomId])).toContainEqual(expect.stringContaining("in clear"));
  } finally {
    await homeserver.stop();
  }
});

function olmSession(): { session: OlmSession; pickle: string } {
  using alice = Account.create();
  using bob = Account.create();
  bob.generateOneTimeKeys(1);
  const [oneTimeKey] = bob.unpublishedOneTimeKeys();
  if (oneTimeKey === undefined) throw new Error("no one-time key");
  const session = unpickled(alice.createOutboundSession(bob.identityKeys.curve25519, oneTimeKey.key));
  return { session, pickle: session.pickle(KEY) };
}

function unpickled<T>(result: { ok: true; value: T } | { ok: false; error: string }): T {
  if (!result.ok) throw new Error(result.error);
  return result.value;
}
