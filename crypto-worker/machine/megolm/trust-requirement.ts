import type { UserId } from "../../../protocol/ids.ts";
import type { SenderData } from "./sender-data.ts";
import type { UnableToDecryptCode } from "./unable-to-decrypt.ts";
import type { VerificationState } from "./verification-state.ts";

/** Whose messages are decrypted at all. */
export type TrustRequirement = "untrusted" | "crossSignedOrLegacy" | "crossSigned";

export type DecryptionSettings = { readonly senderDeviceTrustRequirement: TrustRequirement };

export const DEFAULT_DECRYPTION_SETTINGS: DecryptionSettings = { senderDeviceTrustRequirement: "untrusted" };

/** What a session's origin says of an event that was decrypted with it. `imported`: the key came from somebody other than its maker. */
export function verificationStateOf(data: SenderData, imported: boolean, eventSender: UserId): VerificationState {
  switch (data.kind) {
    case "unknownDevice":
      return imported || data.ownerCheckFailed ? "insecureSource" : "missingDevice";
    case "deviceInfo":
    case "verificationViolation":
    case "senderUnverified":
    case "senderVerified":
      if (data.userId !== eventSender) return "mismatchedSender";
      return STATES[data.kind];
  }
}

const STATES = {
  deviceInfo: "unsignedDevice",
  verificationViolation: "verificationViolation",
  senderUnverified: "unverifiedIdentity",
  senderVerified: "verified",
} as const satisfies Record<Exclude<SenderData["kind"], "unknownDevice">, VerificationState>;

/** Undefined when the event may be shown. */
export function decideTrust(requirement: TrustRequirement, data: SenderData, state: VerificationState): UnableToDecryptCode | undefined {
  if (requirement === "untrusted") return undefined;
  if (state === "mismatchedSender") return "SenderIdentityNotTrusted";
  if (state === "verified" || state === "unverifiedIdentity") return undefined;
  const legacy = (data.kind === "unknownDevice" || data.kind === "deviceInfo") && data.legacy;
  return requirement === "crossSignedOrLegacy" && legacy ? undefined : "SenderIdentityNotTrusted";
}
