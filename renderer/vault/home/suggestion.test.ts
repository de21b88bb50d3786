import { expect, test } from "vitest";
import { GOOD_SAFETY } from "../../../tests/support/good-safety.ts";
import type { Safety } from "../../../protocol/messages/safety.ts";
import { decideSuggestion, isAllWell } from "./suggestion.ts";

const recovery = (state: Safety["recovery"]["state"]): Safety["recovery"] => ({ state, hasPassphrase: false, missing: [] });

test("one thing at a time, in the order in which the next needs the one before", () => {
  expect(decideSuggestion(GOOD_SAFETY)).toBeNull();
  expect(decideSuggestion({ ...GOOD_SAFETY, identity: "unknown", thisDeviceVerified: false })).toBeNull();
  expect(decideSuggestion({ ...GOOD_SAFETY, identity: "none", thisDeviceVerified: false, recovery: recovery("disabled") })).toBe(
    "set-up-identity",
  );
  expect(decideSuggestion({ ...GOOD_SAFETY, thisDeviceVerified: false, recovery: recovery("incomplete") })).toBe("verify-this-device");
  expect(decideSuggestion({ ...GOOD_SAFETY, unverifiedDevices: 1, recovery: recovery("disabled") })).toBe("unverified-devices");
  expect(decideSuggestion({ ...GOOD_SAFETY, recovery: recovery("incomplete") })).toBe("complete-recovery");
  expect(decideSuggestion({ ...GOOD_SAFETY, recovery: recovery("disabled") })).toBe("set-up-recovery");
  expect(decideSuggestion({ ...GOOD_SAFETY, backup: { ...GOOD_SAFETY.backup, state: "untrusted" } })).toBe("untrusted-backup");
});

test("all is well only where all is known to be", () => {
  expect(isAllWell(GOOD_SAFETY)).toBe(true);
  expect(isAllWell({ ...GOOD_SAFETY, recovery: recovery("unknown") })).toBe(false);
  expect(isAllWell({ ...GOOD_SAFETY, backup: { ...GOOD_SAFETY.backup, state: "none" } })).toBe(false);
  expect(isAllWell({ ...GOOD_SAFETY, identity: "unknown" })).toBe(false);
  expect(isAllWell({ ...GOOD_SAFETY, unverifiedDevices: 1 })).toBe(false);
});
