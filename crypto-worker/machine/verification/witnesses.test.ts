import { describe, expect, test } from "vitest";
import { must, newDevice, userId } from "../../../tests/support/megolm-world.ts";
import { SasKeyPair } from "../../primitives/sas.ts";
import { Secret } from "../../primitives/secret.ts";
import type { Parties } from "./parties.ts";
import type { QrCode } from "./qr-code.ts";
import { commitmentOf, encodeMacs } from "./sas-protocol.ts";
import {
  CommitmentVerified,
  KeysUnchanged,
  MacsVerified,
  QrCodeMatched,
  QrSecretMatched,
  ShownSas,
  UserConfirmedSas,
  UserConfirmedScan,
  VerifiedKeys,
} from "./witnesses.ts";

const [alice, bob] = [newDevice(userId("alice"), "A"), newDevice(userId("bob"), "B")];
const [aliceMaster, bobMaster] = [newDevice(userId("alice"), "M").ed25519, newDevice(userId("bob"), "M").ed25519];
const theirs = { userId: bob.userId, deviceId: bob.deviceId, deviceKey: bob.ed25519, masterKey: bobMaster };
const parties: Parties = {
  ours: { userId: alice.userId, deviceId: alice.deviceId, deviceKey: alice.ed25519, masterKey: aliceMaster, masterKeyTrusted: true },
  theirs,
};
const code = (flowId = "flow"): QrCode => ({
  mode: "other-user",
  flowId,
  firstKey: bobMaster,
  secondKey: aliceMaster,
  secret: Secret.from(new Uint8Array(16), "qr-secret"),
});
const SECRET = Buffer.alloc(16).toString("base64");

const matched = must(QrCodeMatched.check(code(), parties, "flow"));
const unchanged = must(KeysUnchanged.check(theirs, matched, theirs));
const secretMatched = must(QrSecretMatched.check(code(), SECRET));
const confirmed = UserConfirmedScan.of(secretMatched);

/** Looks like it, and was made by nobody's check. */
const forged = <T extends object>(genuine: T): T => ({
  ...genuine,
  matched: false,
  confirmed: false,
  unchanged: false,
  held: false,
  verified: false,
});
/** Even one that says that it holds. */
const inherited = <T extends object>(genuine: T): T => Object.create(genuine) as T;

describe("keys that a code verified", () => {
  test("come of genuine witnesses only", () => {
    expect(VerifiedKeys.ofScannedQr(matched, unchanged)).toMatchObject({ userId: bob.userId, masterKey: bobMaster, verified: true });
    expect(VerifiedKeys.ofShownQr(secretMatched, confirmed, unchanged)).toMatchObject({ masterKey: bobMaster, verified: true });
    for (const fake of [forged, inherited]) {
      expect(() => VerifiedKeys.ofScannedQr(fake(matched), unchanged)).toThrow();
      expect(() => VerifiedKeys.ofScannedQr(matched, fake(unchanged))).toThrow();
      expect(() => VerifiedKeys.ofShownQr(fake(secretMatched), confirmed, unchanged)).toThrow();
      expect(() => VerifiedKeys.ofShownQr(secretMatched, fake(confirmed), unchanged)).toThrow();
      expect(() => VerifiedKeys.ofShownQr(secretMatched, confirmed, fake(unchanged))).toThrow();
    }
  });

  test("are those of one flow", () => {
    const other = UserConfirmedScan.of(must(QrSecretMatched.check(code("other"), SECRET)));
    expect(() => VerifiedKeys.ofShownQr(secretMatched, other, unchanged)).toThrow("different verifications");
  });

  test("are those that the store still has, and no others", () => {
    const otherKeys = must(KeysUnchanged.check(theirs, { deviceKey: bob.ed25519, masterKey: undefined }, theirs));
    expect(() => VerifiedKeys.ofScannedQr(matched, otherKeys)).toThrow("different keys");
    const changes = [
      undefined,
      { ...theirs, userId: alice.userId },
      { ...theirs, deviceId: alice.deviceId },
      { ...theirs, deviceKey: alice.ed25519 },
      { ...theirs, masterKey: aliceMaster },
    ];
    for (const current of changes) expect(KeysUnchanged.check(theirs, matched, current)).toEqual({ ok: false, error: "m.key_mismatch" });
    expect(KeysUnchanged.check(theirs, { deviceKey: undefined, masterKey: undefined }, theirs).ok).toBe(false);
    expect(KeysUnchanged.check(theirs, { deviceKey: alice.ed25519, masterKey: undefined }, theirs).ok).toBe(false);
  });
});

describe("keys that short strings verified", () => {
  const method = "hkdf-hmac-sha256.v2";
  const [ourPair, theirPair] = [5, 6].map((fill) => SasKeyPair.fromRandom(new Uint8Array(32).fill(fill))) as [SasKeyPair, SasKeyPair];
  const agreement = must(ourPair.agree(theirPair.publicKey));
  const message = encodeMacs(
    must(theirPair.agree(ourPair.publicKey)),
    method,
    { ours: { ...theirs, masterKeyTrusted: true }, theirs: parties.ours },
    "flow",
  );
  const promise = { commitment: commitmentOf(theirPair.publicKey, "{}"), key: theirPair.publicKey, startContent: "{}" };
  const witnesses = (transcript = "one") => ({
    commitment: must(CommitmentVerified.check(promise, transcript)),
    confirmed: UserConfirmedSas.of(ShownSas.of(agreement, transcript)),
    macs: must(MacsVerified.check(agreement, method, parties, "flow", message, transcript)),
  });
  const genuine = witnesses();
  const same = must(KeysUnchanged.check(theirs, genuine.macs, theirs));

  test("come of genuine witnesses only", () => {
    expect(VerifiedKeys.ofSas(genuine, same)).toMatchObject({ deviceKey: bob.ed25519, masterKey: bobMaster, verified: true });
    for (const fake of [forged, inherited]) {
      expect(() => VerifiedKeys.ofSas({ ...genuine, commitment: fake(genuine.commitment) }, same)).toThrow();
      expect(() => VerifiedKeys.ofSas({ ...genuine, confirmed: fake(genuine.confirmed) }, same)).toThrow();
      expect(() => VerifiedKeys.ofSas({ ...genuine, macs: fake(genuine.macs) }, same)).toThrow();
      expect(() => VerifiedKeys.ofSas(genuine, fake(same))).toThrow();
    }
  });

  test("are those of one flow, and those that were compared", () => {
    const other = witnesses("two");
    for (const name of ["commitment", "confirmed", "macs"] as const)
      expect(() => VerifiedKeys.ofSas({ ...genuine, [name]: other[name] }, same)).toThrow("different verifications");
    expect(() => VerifiedKeys.ofSas(genuine, unchanged)).toThrow("different keys");
  });

  test("are promised before they are seen", () => {
    expect(CommitmentVerified.check({ ...promise, key: ourPair.publicKey }, "one")).toMatchObject({ ok: false });
    expect(CommitmentVerified.check({ ...promise, startContent: "[]" }, "one")).toMatchObject({ ok: false });
  });
});
