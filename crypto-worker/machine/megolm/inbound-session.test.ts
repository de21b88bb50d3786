import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { identity, must, newDevice, roomId, userId } from "../../../tests/support/megolm-world.ts";
import { InboundGroupSession, OutboundGroupSession } from "../../primitives/group-session.ts";
import { loadOlm } from "../../primitives/olm-library.ts";
import { compareRatchets, parseExportedKey, parseSessionKey, type InboundRatchet } from "./inbound-ratchet.ts";
import { decideMerge, type InboundSession } from "./inbound-session.ts";
import { LEGACY_SENDER, rankOf, UNKNOWN_SENDER, type SenderData } from "./sender-data.ts";

beforeAll(() => loadOlm());

const device = newDevice(userId("alice"), "A1");
const owner = { userId: device.userId, deviceId: device.deviceId };
const masterKey = identity().masterKey ?? device.ed25519;
const senders: SenderData[] = [
  UNKNOWN_SENDER,
  { kind: "deviceInfo", ...owner, legacy: false },
  { kind: "verificationViolation", ...owner, masterKey },
  { kind: "senderUnverified", ...owner, masterKey },
  { kind: "senderVerified", ...owner, masterKey },
];

/** The same session from each of some indices on. */
function ratchets(indices: readonly number[]): InboundRatchet[] {
  using outbound = OutboundGroupSession.create();
  using inbound = must(InboundGroupSession.fromSessionKey(outbound.sessionKey()));
  return indices.map((index) => must(parseExportedKey(must(inbound.exportSession(index)))));
}

function session(ratchet: InboundRatchet, changes: Partial<InboundSession> = {}): InboundSession {
  return {
    roomId: roomId("room"),
    ratchet,
    senderKey: device.curve25519,
    signingKey: device.ed25519,
    senderData: UNKNOWN_SENDER,
    imported: false,
    forwarder: undefined,
    sharedHistory: false,
    historyVisibility: undefined,
    backupVersion: "1",
    ...changes,
  };
}

test("whichever copy comes first, the earliest index and the best sender remain", () => {
  const known = ratchets([0, 1, 5, 300]);
  const copy = fc.record({ ratchet: fc.constantFrom(...known), sender: fc.constantFrom(...senders) });
  fc.assert(
    fc.property(fc.array(copy, { minLength: 2, maxLength: 5 }), (copies) => {
      const merged = copies
        .map(({ ratchet, sender }) => session(ratchet, { senderData: sender }))
        .reduce((have, received) => {
          const decision = decideMerge(have, received);
          return decision.kind === "store" ? decision.session : have;
        });
      expect(merged.ratchet.firstKnownIndex).toBe(Math.min(...copies.map(({ ratchet }) => ratchet.firstKnownIndex)));
      expect(rankOf(merged.senderData)).toBe(Math.max(...copies.map(({ sender }) => rankOf(sender))));
    }),
  );
});

test("a copy that gives nothing changes nothing", () => {
  const [early, late] = ratchets([0, 4]);
  if (early === undefined || late === undefined) throw new Error("no ratchets");
  expect(decideMerge(session(early), session(early))).toEqual({ kind: "keep" });
  expect(decideMerge(session(early), session(late))).toEqual({ kind: "keep" });
});

test("an earlier index goes to the backup again, a better sender does not", () => {
  const [early, late] = ratchets([0, 4]);
  if (early === undefined || late === undefined) throw new Error("no ratchets");
  const better = decideMerge(session(late), session(early, { backupVersion: undefined }));
  expect(better.kind === "store" && better.session.backupVersion).toBeUndefined();
  const outOfBackup = decideMerge(session(late, { backupVersion: undefined }), session(early, { backupVersion: "2" }));
  expect(outOfBackup.kind === "store" && outOfBackup.session.backupVersion).toBe("2");
  const trusted = decideMerge(session(early), session(late, { senderData: senders[4] ?? UNKNOWN_SENDER, backupVersion: undefined }));
  expect(trusted.kind === "store" && [trusted.session.backupVersion, trusted.session.ratchet.firstKnownIndex]).toEqual(["1", 0]);
});

test("an import brings an earlier index and leaves the proven origin", () => {
  const [early, late] = ratchets([0, 4]);
  if (early === undefined || late === undefined) throw new Error("no ratchets");
  for (const senderData of senders) {
    const decision = decideMerge(session(late, { senderData }), session(early, { imported: true, senderData: LEGACY_SENDER }));
    expect(decision.kind === "store" && decision.session).toMatchObject({ imported: false, senderData, ratchet: early });
  }
  const proven = decideMerge(session(early, { imported: true, senderData: LEGACY_SENDER }), session(late));
  expect(proven.kind === "store" && proven.session).toMatchObject({ imported: false, ratchet: early });
});

test("a session that only claims the same id never replaces ours", () => {
  const [ours] = ratchets([4]);
  const [theirs] = ratchets([0]);
  if (ours === undefined || theirs === undefined) throw new Error("no ratchets");
  // The forger signs nothing here: an export has no signature, so any ratchet can be given our public key.
  const bytes = Uint8Array.from(theirs.bytes);
  bytes.set(ours.bytes.subarray(133), 133);
  const forged = { ...theirs, sessionId: ours.sessionId, bytes };
  expect(compareRatchets(forged, ours)).toBe("unconnected");
  expect(decideMerge(session(ours), session(forged, { senderData: senders[4] ?? UNKNOWN_SENDER }))).toEqual({ kind: "keep" });
});

/** A ratchet at the same index as `ours` that claims the same session and is none of it. */
function forgery(ours: InboundRatchet): InboundRatchet {
  const [other] = ratchets([ours.firstKnownIndex]);
  if (other === undefined) throw new Error("no ratchet");
  const bytes = Uint8Array.from(other.bytes);
  bytes.set(ours.bytes.subarray(133), 133);
  return { ...ours, bytes };
}

test("what somebody passed on under the id of a session does not keep the key of its maker out", () => {
  const [genuine] = ratchets([2]);
  if (genuine === undefined) throw new Error("no ratchet");
  // A backup's server, an inviter or a key file came first. The maker's key over Olm is signed by the key that the id is.
  const poisoned = session(forgery(genuine), { imported: true, senderData: LEGACY_SENDER });
  const decision = decideMerge(poisoned, session(genuine, { backupVersion: undefined }));
  expect(decision).toEqual({ kind: "store", session: session(genuine, { backupVersion: undefined }) });
  expect(decideMerge(session(genuine), poisoned)).toEqual({ kind: "keep" });
  expect(decideMerge(poisoned, session(genuine, { imported: true, senderData: LEGACY_SENDER }))).toEqual({ kind: "keep" });
});

test("a session key is read as libolm reads it", () => {
  using outbound = OutboundGroupSession.create();
  for (let i = 0; i < 3; i++) outbound.encrypt("x");
  using inbound = must(InboundGroupSession.fromSessionKey(outbound.sessionKey()));
  const ratchet = must(parseSessionKey(outbound.sessionKey()));
  expect(ratchet.sessionId).toBe(outbound.sessionId);
  expect(ratchet.firstKnownIndex).toBe(3);
  expect(ratchet).toEqual(must(parseExportedKey(must(inbound.exportSession(3)))));
});

test("a session key is refused when anything of it was changed, cut or added", () => {
  using outbound = OutboundGroupSession.create();
  const bytes = Buffer.from(outbound.sessionKey(), "base64");
  const encode = (data: Buffer): string => data.toString("base64").replace(/=+$/, "");
  for (let at = 0; at < bytes.length; at += 7) {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ 4;
    expect(parseSessionKey(encode(changed)).ok).toBe(false);
  }
  expect(parseSessionKey(encode(bytes.subarray(0, -1))).ok).toBe(false);
  expect(parseSessionKey(encode(Buffer.concat([bytes, Buffer.from([0])]))).ok).toBe(false);
  expect(parseSessionKey(undefined).ok).toBe(false);
});
