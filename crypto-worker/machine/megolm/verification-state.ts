/** How sure we are that an event was sent by whom it says. */
export type VerificationState =
  /** From a device that a verified user signed. */
  | "verified"
  /** The device is signed by its owner, but we have not verified the owner. */
  | "unverifiedIdentity"
  /** The owner was verified and is not any more. */
  | "verificationViolation"
  /** The device is known, but not signed by its owner. */
  | "unsignedDevice"
  /** The device is not known. */
  | "missingDevice"
  /** The key came from somebody other than the sender: an import, a backup, a forward. */
  | "insecureSource"
  /** The key belongs to somebody other than the event's sender (CVE-2025-48937). */
  | "mismatchedSender";

export type ShieldCode =
  "AuthenticityNotGuaranteed" | "UnknownDevice" | "UnsignedDevice" | "UnverifiedIdentity" | "VerificationViolation" | "MismatchedSender";

export type Shield = { readonly color: "red" | "grey"; readonly code: ShieldCode };

const STRICT: Readonly<Record<VerificationState, Shield | null>> = {
  verified: null,
  unverifiedIdentity: { color: "red", code: "UnverifiedIdentity" },
  verificationViolation: { color: "red", code: "UnverifiedIdentity" },
  unsignedDevice: { color: "red", code: "UnverifiedIdentity" },
  missingDevice: { color: "red", code: "UnknownDevice" },
  insecureSource: { color: "red", code: "AuthenticityNotGuaranteed" },
  mismatchedSender: { color: "red", code: "MismatchedSender" },
};

const LAX: Readonly<Record<VerificationState, Shield | null>> = {
  verified: null,
  unverifiedIdentity: null,
  verificationViolation: { color: "red", code: "VerificationViolation" },
  unsignedDevice: { color: "red", code: "UnsignedDevice" },
  missingDevice: { color: "red", code: "UnknownDevice" },
  insecureSource: { color: "grey", code: "AuthenticityNotGuaranteed" },
  mismatchedSender: { color: "red", code: "MismatchedSender" },
};

/** What to show beside an event; null where nothing is to be said. Strict treats every unverified user as a problem. */
export function shieldOf(state: VerificationState, strict: boolean): Shield | null {
  return (strict ? STRICT : LAX)[state];
}
