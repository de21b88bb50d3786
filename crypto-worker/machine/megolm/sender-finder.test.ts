import { describe, expect, test } from "vitest";
import { newDevice, TestDirectory, userId } from "../../../tests/support/megolm-world.ts";
import { findSender, settleSender } from "./sender-finder.ts";
import { UNKNOWN_SENDER, type SenderData } from "./sender-data.ts";

const alice = newDevice(userId("alice"), "A");
const owner = { userId: alice.userId, deviceId: alice.deviceId };

type Session = Parameters<typeof findSender>[1];

/** A session that came with these keys. */
function session(senderData: SenderData, changes: Partial<Session> = {}): Session {
  return { senderKey: alice.curve25519, signingKey: alice.ed25519, senderData, imported: false, ...changes };
}

function directoryWith(device = alice): TestDirectory {
  const directory = new TestDirectory();
  directory.put(device);
  return directory;
}

describe("the maker of a session", () => {
  test("is the device with the key that it came from, once that is known", () => {
    expect(findSender(new TestDirectory(), session(UNKNOWN_SENDER), alice.userId)).toEqual({ ok: true, value: UNKNOWN_SENDER });
    const found = { kind: "deviceInfo", ...owner, legacy: false };
    expect(findSender(directoryWith(), session(UNKNOWN_SENDER), alice.userId)).toEqual({ ok: true, value: found });
  });

  test("is not shown where the device has another signing key than the session came with", () => {
    const other = newDevice(alice.userId, "A", { curve25519: alice.curve25519 });
    expect(findSender(directoryWith(other), session(UNKNOWN_SENDER), alice.userId)).toEqual({
      ok: false,
      error: "mismatched-identity-keys",
    });
    const foreign = newDevice(alice.userId, "A", { ed25519: alice.ed25519 });
    expect(settleSender(directoryWith(), session(UNKNOWN_SENDER), foreign)).toEqual({ ok: false, error: "mismatched-identity-keys" });
  });

  test("cannot be shown for a session that came without a signing key", () => {
    const legacy: SenderData = { kind: "unknownDevice", legacy: true, ownerCheckFailed: false };
    for (const known of [UNKNOWN_SENDER, legacy])
      expect(settleSender(directoryWith(), session(known, { signingKey: undefined }), alice)).toEqual({
        ok: true,
        value: { ...known, ownerCheckFailed: true },
      });
  });

  test("stays of a source that could not say, when the device becomes known", () => {
    for (const kind of ["unknownDevice", "deviceInfo"] as const) {
      const known: SenderData = { kind, ...owner, legacy: true, ownerCheckFailed: false };
      expect(settleSender(directoryWith(), session(known), alice)).toMatchObject({ ok: true, value: { kind: "deviceInfo", legacy: true } });
    }
  });

  test("is not looked for where somebody else gave us the session, or it is another user's", () => {
    expect(findSender(directoryWith(), session(UNKNOWN_SENDER, { imported: true }), alice.userId)).toEqual({
      ok: true,
      value: UNKNOWN_SENDER,
    });
    const bobs: SenderData = { kind: "deviceInfo", userId: userId("bob"), deviceId: alice.deviceId, legacy: false };
    expect(findSender(directoryWith(), session(bobs), alice.userId)).toEqual({ ok: true, value: bobs });
  });
});
