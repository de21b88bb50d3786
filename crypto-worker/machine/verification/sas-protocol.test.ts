import { expect, test } from "vitest";
import { parseCurve25519PublicKey, parseDeviceId, parseEd25519PublicKey, parseUserId } from "../../../protocol/ids.ts";
import { must } from "../../../tests/support/megolm-world.ts";
import type { Parties } from "./parties.ts";
import { canDeriveKeys, transcriptOf } from "./sas-protocol.ts";

const KEY = "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo";

/** Whether it can, for ids of these lengths. */
function fits(user: number, ourDevice: number, theirDevice: number, flow: number): boolean {
  const party = (name: string, device: number): Parties["ours"] => ({
    userId: must(parseUserId(`@${name.repeat(user - 3)}:x`)),
    deviceId: must(parseDeviceId(name.repeat(device))),
    deviceKey: must(parseEd25519PublicKey(KEY)),
    masterKey: undefined,
    masterKeyTrusted: false,
  });
  const parties = { ours: party("a", ourDevice), theirs: party("b", theirDevice) };
  const curve25519 = must(parseCurve25519PublicKey(KEY));
  const flowId = "f".repeat(flow);
  return canDeriveKeys(parties, flowId, transcriptOf(parties, curve25519, curve25519, flowId, true));
}

test("of ids as others choose them, HKDF takes 1024 bytes in all", () => {
  // The MAC of the device with the longer id: 27 + 8 for the text around them.
  expect([fits(255, 10, 213, 43), fits(255, 10, 214, 43)]).toEqual([true, false]);
  expect([fits(255, 213, 10, 43), fits(255, 214, 10, 43)]).toEqual([true, false]);
  // The codes: 28 for the text, 5 bars and two keys.
  expect([fits(250, 70, 80, 255), fits(250, 69, 80, 255), fits(250, 80, 70, 255)]).toEqual([false, true, false]);
});
