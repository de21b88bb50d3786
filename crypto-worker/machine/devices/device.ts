import type { Ed25519PublicKey } from "../../../protocol/ids.ts";
import type { DeviceRecord, LocalTrust as LocalTrustRecord } from "../../store/tables/devices.ts";

/** What the user decided about a device on this device alone. */
export type LocalTrust = LocalTrustRecord;

/** A device as the store knows it; its keys carried a valid self-signature. Immutable: changes are made through the directory. */
export type Device = DeviceRecord;

/** Whether a device is what its owner says, and whether the owner is who we think. */
export type DeviceTrust = {
  /** `locallyVerified || crossSigningTrusted`. */
  readonly verified: boolean;
  readonly locallyVerified: boolean;
  /** Signed by its owner's current self-signing key, whoever that owner is. */
  readonly crossSignedByOwner: boolean;
  /** Cross-signed by an owner whose identity we verified through our own verified identity. */
  readonly crossSigningTrusted: boolean;
  readonly owner: OwnerTrust;
};

/** The state of a user's cross-signing identity as we see it. */
export type OwnerTrust = {
  readonly hasIdentity: boolean;
  readonly masterKey: Ed25519PublicKey | undefined;
  /** For others: signed by our user-signing key while our own identity is verified. For us: confirmed on this device. */
  readonly verified: boolean;
  readonly previouslyVerified: boolean;
  /** Was verified and is not any more. */
  readonly verificationViolation: boolean;
  /** The master key is not the one that we pinned on first sight. */
  readonly pinViolation: boolean;
};
