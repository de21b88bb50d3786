import type { Curve25519PublicKey, DeviceId, Ed25519PublicKey, UserId } from "../../../protocol/ids.ts";

/** What the user decided about a device on this device alone. */
export type LocalTrust = "verified" | "blacklisted" | "ignored" | "unset";

/** A device as the store knows it; its keys carried a valid self-signature. Immutable: changes are made through the directory. */
export type Device = {
  readonly userId: UserId;
  readonly deviceId: DeviceId;
  /** Never changes for a device id, even once the device is deleted. */
  readonly ed25519: Ed25519PublicKey;
  readonly curve25519: Curve25519PublicKey;
  readonly algorithms: readonly string[];
  /** From the server, unsigned. */
  readonly displayName: string | undefined;
  /** The server lists it no more. Kept, so that its keys stay bound to its id and old sessions keep their owner. */
  readonly deleted: boolean;
  /** MSC3814: nobody sits behind it, it only collects messages. */
  readonly dehydrated: boolean;
  readonly localTrust: LocalTrust;
  /** The self-signing key whose signature on these keys we have checked. Counts only while it is the owner's current one: see `trustOf`. */
  readonly crossSignedBy: Ed25519PublicKey | undefined;
  /** `m.no_olm` was sent, and no Olm session exists since. */
  readonly withheldCodeSent: boolean;
  /** Milliseconds since the epoch. */
  readonly firstSeenTs: number;
  /** How many Olm sessions this device has started anew; when it grows, a room key that was shared before may never have arrived. */
  readonly olmWedgingIndex: number;
  /** The signed device keys as JSON text, for `sender_device_keys` checks and exports. */
  readonly keysJson: string;
};

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
