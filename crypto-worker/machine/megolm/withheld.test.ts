import { beforeAll, expect, test } from "vitest";
import { aliceAndBob } from "../../../tests/support/alice-and-bob.ts";
import type { JsonObject } from "../../wire/json.ts";
import { OlmMachine } from "../olm-machine.ts";
import { encodeWithheld, NOTICE_BOUNDS } from "./withheld.ts";

const ROOM = "!room:example.org";
const MALLORY = "@mallory:example.org";

beforeAll(() => OlmMachine.ready());

const sessionId = (n: number): string => String(n).padStart(43, "A");

test("somebody who writes notices without end keeps those of others, and only the newest of their own", () => {
  const { alice, bob } = aliceAndBob();
  const notice = (sender: string, n: number): JsonObject => ({
    type: "m.room_key.withheld",
    sender,
    content: encodeWithheld("m.blacklisted", { roomId: ROOM, sessionId: sessionId(n) }, bob.machine.identityKeys.curve25519),
  });
  const flood = Array.from({ length: NOTICE_BOUNDS.ofSenderInRoom + 1 }, (_, n) => notice(MALLORY, n + 1));
  alice.machine.receiveSyncChanges({ toDeviceEvents: [notice(bob.userId, 0), ...flood] });
  const reasonOf = (n: number): unknown => {
    const content = { algorithm: "m.megolm.v1.aes-sha2", session_id: sessionId(n), ciphertext: "AwgA" };
    const event = { type: "m.room.encrypted", sender: bob.userId, event_id: "$e", origin_server_ts: 1, content };
    const result = alice.machine.decryptRoomEvent(event, ROOM);
    return result.ok ? "readable" : result.reason;
  };
  const explained = { code: "MissingMegolmSession", withheldCode: "m.blacklisted" };
  expect([reasonOf(0), reasonOf(1), reasonOf(2)]).toEqual([explained, { code: "MissingMegolmSession" }, explained]);
});
