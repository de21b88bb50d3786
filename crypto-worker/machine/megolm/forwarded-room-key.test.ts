import { beforeAll, expect, test } from "vitest";
import { must, Party, roomId } from "../../../tests/support/megolm-world.ts";
import { parseCurve25519PublicKey, parseEd25519PublicKey, parseSessionId } from "../../../protocol/ids.ts";
import { InboundGroupSession } from "../../primitives/group-session.ts";
import { loadOlm } from "../../primitives/olm-library.ts";
import type { ExportedRoomKey } from "./exported-room-key.ts";
import type { ForwardedRoomKey } from "./forwarded-room-key.ts";

const ROOM = roomId("room");

beforeAll(() => loadOlm());

/** A key as a device of ours would pass it on, from an index on. */
function forwarded(key: ExportedRoomKey, index = 0): ForwardedRoomKey {
  using session = must(InboundGroupSession.importSession(key.session_key));
  return {
    roomId: ROOM,
    sessionId: must(parseSessionId(key.session_id)),
    sessionKey: must(session.exportSession(index)),
    senderKey: must(parseCurve25519PublicKey(key.sender_key)),
    senderClaimedEd25519: must(parseEd25519PublicKey(key.sender_claimed_keys.ed25519)),
  };
}

const receiveBy = (party: Party, content: ForwardedRoomKey) =>
  party.megolm.importForwardedRoomKey({ ...content, sharedHistory: false, forwardingChain: [] }, party.device);

/** A party that has made a session, and the key of it. */
function maker(): { party: Party; key: ExportedRoomKey } {
  const party = new Party("alice", "A1");
  party.megolm.shareRoomKey(ROOM, []);
  const [key] = party.megolm.exportRoomKeys();
  if (key === undefined) throw new Error("no key");
  return { party, key };
}

test("what is new or reaches further back is added, what we have is known, what is another session's is refused", () => {
  const { key } = maker();
  const other = maker().key;
  const bob = new Party("bob", "B1");
  const receive = (content: ForwardedRoomKey) => receiveBy(bob, content);
  expect(receive(forwarded(key, 5))).toMatchObject({
    kind: "added",
    roomKey: { roomId: ROOM, sessionId: key.session_id, senderKey: key.sender_key },
  });
  for (const index of [5, 6]) expect(receive(forwarded(key, index))).toEqual({ kind: "known" });
  expect(receive(forwarded(key, 4))).toMatchObject({ kind: "added" });
  expect(receive({ ...forwarded(key), sessionKey: forwarded(other).sessionKey })).toEqual({ kind: "refused" });
  expect(receive({ ...forwarded(key), sessionKey: "AAAA" })).toEqual({ kind: "refused" });
  // Of the same id, from further back, and no ratchet of that session.
  const forged = Buffer.from(forwarded(other).sessionKey, "base64");
  Buffer.from(key.session_key, "base64").copy(forged, 133, 133);
  expect(receive({ ...forwarded(key), sessionKey: forged.toString("base64").replaceAll("=", "") })).toEqual({ kind: "refused" });
});

test("a key is passed on from the index that is asked for, or from the first that we know, with what it claims", () => {
  const { party, key } = maker();
  const sessionId = must(parseSessionId(key.session_id));
  const pass = (from: Party, index: number) => from.megolm.forwardedRoomKey(ROOM, sessionId, index);
  expect(pass(party, 0)).toEqual(forwarded(key));
  expect(pass(party, 7)).toEqual(forwarded(key, 7));
  const bob = new Party("bob", "B1");
  expect(pass(bob, 0)).toBeUndefined();
  receiveBy(bob, forwarded(key, 3));
  expect([pass(bob, 0), pass(bob, 5)]).toEqual([forwarded(key, 3), forwarded(key, 5)]);
  // Nobody is named who could have made it.
  const carol = new Party("carol", "C1");
  carol.megolm.importRoomKeys([{ ...key, sender_claimed_keys: {} }]);
  expect(carol.megolm.hasRoomKey(ROOM, sessionId)).toBe(true);
  expect(pass(carol, 0)).toBeUndefined();
});
