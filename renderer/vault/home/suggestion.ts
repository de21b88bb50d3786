import type { Safety } from "../../../protocol/messages/safety.ts";

export type Suggestion =
  "set-up-identity" | "verify-this-device" | "unverified-devices" | "complete-recovery" | "set-up-recovery" | "untrusted-backup";

/** The one thing that is best done next, or null where all is as it should be, or nothing is known. */
export function decideSuggestion({ identity, thisDeviceVerified, unverifiedDevices, recovery, backup }: Safety): Suggestion | null {
  if (identity === "unknown") return null;
  if (identity === "none") return "set-up-identity";
  // Everything else needs an identity that vouches for this device.
  if (!thisDeviceVerified) return "verify-this-device";
  // Somebody may be reading along now; what is only not set up can wait.
  if (unverifiedDevices > 0) return "unverified-devices";
  if (recovery.state === "incomplete") return "complete-recovery";
  if (recovery.state === "disabled") return "set-up-recovery";
  if (backup.state === "untrusted") return "untrusted-backup";
  return null;
}

/** Whether nothing is left to do. */
export const isAllWell = (safety: Safety): boolean =>
  decideSuggestion(safety) === null &&
  safety.identity === "present" &&
  safety.recovery.state === "enabled" &&
  safety.backup.state === "enabled";
