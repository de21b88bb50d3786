import type { Curve25519PublicKey, DeviceId, UserId } from "../../../protocol/ids.ts";
import type { Device, DeviceTrust, OwnerTrust } from "./device.ts";

/** Read access to everyone's devices and identities, and to who is tracked. Every read is of committed or own uncommitted state. */
export interface DeviceDirectory {
  /** Also a deleted one: look at `deleted`. */
  device(userId: UserId, deviceId: DeviceId): Device | undefined;
  /** Without the deleted ones; our own device is among our user's. */
  userDevices(userId: UserId): readonly Device[];
  /** Also a deleted one. Looks only among the devices of that user. */
  deviceByCurveKey(userId: UserId, curve25519: Curve25519PublicKey): Device | undefined;
  trustOf(device: Device): DeviceTrust;
  ownerTrust(userId: UserId): OwnerTrust;

  /** The user's devices may have changed: query them before the next message. Ignored for a user who is not tracked. */
  markUserDirty(userId: UserId): void;
  trackedUsers(): readonly UserId[];
  updateTrackedUsers(userIds: Iterable<UserId>): void;

  /** Remembers that `m.no_olm` went to this device; cleared when a session with it appears. */
  setWithheldCodeSent(device: Device): void;
}
