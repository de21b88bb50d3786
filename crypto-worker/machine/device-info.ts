import type { Curve25519PublicKey, DeviceId, Ed25519PublicKey, UserId } from "../../protocol/ids.ts";
import type { Device, DeviceTrust, LocalTrust, OwnerTrust } from "./devices/device.ts";

/** A device as the machine's caller sees it. */
export type DeviceInfo = {
  readonly userId: UserId;
  readonly deviceId: DeviceId;
  readonly ed25519: Ed25519PublicKey;
  readonly curve25519: Curve25519PublicKey;
  readonly displayName: string | undefined;
  /** By the user on this device, or through cross-signing. */
  readonly verified: boolean;
  /** By its owner, whoever that is. */
  readonly crossSigned: boolean;
  readonly blacklisted: boolean;
  readonly localTrust: LocalTrust;
  readonly dehydrated: boolean;
  /** Milliseconds since the epoch, by our clock. */
  readonly firstSeen: number;
};

/** Nobody sits at it, and its owner's identity vouches for it (MSC3814): no person has anything to do with it. One that is not signed is shown as what it may be. */
export const isUnattended = ({ dehydrated, crossSigned }: DeviceInfo): boolean => dehydrated && crossSigned;

export function deviceInfoOf(device: Device, trust: DeviceTrust): DeviceInfo {
  const { userId, deviceId, ed25519, curve25519, displayName, localTrust, dehydrated, firstSeenTs: firstSeen } = device;
  return {
    userId,
    deviceId,
    ed25519,
    curve25519,
    displayName,
    verified: trust.verified,
    crossSigned: trust.crossSignedByOwner,
    blacklisted: localTrust === "blacklisted",
    localTrust,
    dehydrated,
    firstSeen,
  };
}

/** A user's cross-signing identity as the machine's caller sees it. */
export type IdentityInfo = {
  readonly masterKey: Ed25519PublicKey;
  readonly verified: boolean;
  readonly previouslyVerified: boolean;
  readonly pinViolation: boolean;
};

export function identityInfoOf({ masterKey, verified, previouslyVerified, pinViolation }: OwnerTrust): IdentityInfo | undefined {
  return masterKey === undefined ? undefined : { masterKey, verified, previouslyVerified, pinViolation };
}
