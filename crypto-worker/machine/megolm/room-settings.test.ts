import { beforeAll, expect, test } from "vitest";
import { Party, roomId } from "../../../tests/support/megolm-world.ts";
import { loadOlm } from "../../primitives/olm-library.ts";
import { MEGOLM_ALGORITHM } from "../../wire/algorithms.ts";
import { stringField } from "../../wire/json.ts";
import { shieldOf, type VerificationState } from "./verification-state.ts";
import { parseWithheld } from "../../wire/to-device-events.ts";
import { encodeWithheld, type WithheldCode } from "./withheld.ts";

const ROOM = roomId("room");
const settings = { algorithm: MEGOLM_ALGORITHM, rotationPeriodMs: undefined, rotationPeriodMsgs: 5 } as const;

beforeAll(() => loadOlm());

test("a room's settings are set once and for all", () => {
  const alice = new Party("alice", "A1");
  expect(alice.megolm.roomSettings(ROOM)).toBeUndefined();
  expect(alice.megolm.setRoomSettings(ROOM, settings).ok).toBe(true);
  alice.restart();
  expect(alice.megolm.setRoomSettings(ROOM, settings).ok).toBe(true);
  for (const change of [{ rotationPeriodMsgs: 6 }, { rotationPeriodMsgs: undefined }, { rotationPeriodMs: 1 }])
    expect(alice.megolm.setRoomSettings(ROOM, { ...settings, ...change })).toEqual({ ok: false, error: "EncryptionDowngrade" });
  expect(alice.megolm.roomSettings(ROOM)).toEqual(settings);
});

test("a room's settings hold where the caller gives none", () => {
  const alice = new Party("alice", "A1");
  alice.megolm.setRoomSettings(ROOM, { ...settings, rotationPeriodMsgs: 2 });
  const ids: (string | undefined)[] = [];
  for (let i = 0; i < 4; i++) {
    alice.megolm.shareRoomKey(ROOM, []);
    ids.push(stringField(alice.megolm.encryptRoomEvent(ROOM, "t", {}), "session_id"));
  }
  expect(ids.map((id) => ids.indexOf(id))).toEqual([0, 0, 2, 2]);
});

test.each<[VerificationState, ReturnType<typeof shieldOf>, ReturnType<typeof shieldOf>]>([
  ["verified", null, null],
  ["unverifiedIdentity", { color: "red", code: "UnverifiedIdentity" }, null],
  ["verificationViolation", { color: "red", code: "UnverifiedIdentity" }, { color: "red", code: "VerificationViolation" }],
  ["unsignedDevice", { color: "red", code: "UnverifiedIdentity" }, { color: "red", code: "UnsignedDevice" }],
  ["missingDevice", { color: "red", code: "UnknownDevice" }, { color: "red", code: "UnknownDevice" }],
  ["insecureSource", { color: "red", code: "AuthenticityNotGuaranteed" }, { color: "grey", code: "AuthenticityNotGuaranteed" }],
  ["mismatchedSender", { color: "red", code: "MismatchedSender" }, { color: "red", code: "MismatchedSender" }],
])("the shields of %s", (state, strict, lax) => {
  expect([shieldOf(state, true), shieldOf(state, false)]).toEqual([strict, lax]);
});

test("withheld notices come back as they went", () => {
  const session = { roomId: ROOM, sessionId: "abc" };
  const codes: WithheldCode[] = ["m.blacklisted", "m.unverified", "m.unauthorised", "m.unavailable", "m.history_not_shared"];
  for (const code of codes)
    expect(parseWithheld(encodeWithheld(code, session, "key"))).toMatchObject({ ok: true, value: { code, session } });
  expect(parseWithheld(encodeWithheld("m.no_olm", session, "key"))).toMatchObject({ value: { code: "m.no_olm", session: undefined } });
});

test.each([
  ["not-an-object", null],
  ["unsupported-algorithm", { code: "m.blacklisted" }],
  ["invalid-code", { algorithm: MEGOLM_ALGORITHM, code: "x".repeat(101) }],
  ["invalid-session-id", { algorithm: MEGOLM_ALGORITHM, code: "m.blacklisted", room_id: ROOM }],
])("a withheld notice: %s", (error, content) => {
  expect(parseWithheld(content)).toEqual({ ok: false, error });
});
