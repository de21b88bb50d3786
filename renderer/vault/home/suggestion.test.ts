import { expect, test } from "vitest";
import type { Safety } from "../../../protocol/messages/safety.ts";
import { decideSuggestion, isAllWell } from "./suggestion.ts";

const WELL: Safety = {
  identity: "present",
  thisDeviceVerified: true,
  privateKeys: { master: true, selfSigning: true, userSigning: true },
  otherVerifiedDevices: 1,
  unverifiedDevices: 0,
  recovery: { state: "enabled", hasPassphrase: false, missing: [] },
  backup: { state: "enabled", version: "1", total: 10, backedUp: 10, uploading: false },
  dehydration: { state: "on", received: 0 },
  incoming: [],
};
const recovery = (state: Safety["recovery"]["state"]): Safety["recovery"] => ({ state, hasPassphrase: false, missing: [] });

test("one thing at a time, in the order in which the next needs the one before", () => {
  expect(decideSuggestion(WELL)).toBeNull();
  expect(decideSuggestion({ ...WELL, identity: "unknown", thisDeviceVerified: false })).toBeNull();
  expect(decideSuggestion({ ...WELL, identity: "none", thisDeviceVerified: false, recovery: recovery("disabled") })).toBe(
    "set-up-identity",
  );
  expect(decideSuggestion({ ...WELL, thisDeviceVerified: false, recovery: recovery("incomplete") })).toBe("verify-this-device");
  expect(decideSuggestion({ ...WELL, recovery: recovery("incomplete") })).toBe("complete-recovery");
  expect(decideSuggestion({ ...WELL, recovery: recovery("disabled") })).toBe("set-up-recovery");
  expect(decideSuggestion({ ...WELL, backup: { ...WELL.backup, state: "untrusted" } })).toBe("untrusted-backup");
});

test("all is well only where all is known to be", () => {
  expect(isAllWell(WELL)).toBe(true);
  expect(isAllWell({ ...WELL, recovery: recovery("unknown") })).toBe(false);
  expect(isAllWell({ ...WELL, backup: { ...WELL.backup, state: "none" } })).toBe(false);
  expect(isAllWell({ ...WELL, identity: "unknown" })).toBe(false);
  expect(isAllWell({ ...WELL, unverifiedDevices: 1 })).toBe(false);
});
