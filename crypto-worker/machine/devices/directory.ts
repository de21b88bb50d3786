import type { Curve25519PublicKey, DeviceId, UserId } from "../../../protocol/ids.ts";
import type { Device, DeviceTrust, OwnerTrust } from "./device.ts";
import type { DeviceDirectory } from "./device-directory.ts";
import type { Devices } from "./devices.ts";
import type { Identities } from "./identities.ts";
import type { TrackedUsers } from "./tracked-users.ts";

/** `DeviceDirectory` over the tables and their caches. */
export class StoredDeviceDirectory implements DeviceDirectory {
  readonly #devices: Devices;
  readonly #identities: Identities;
  readonly #tracked: TrackedUsers;

  constructor(devices: Devices, identities: Identities, tracked: TrackedUsers) {
    this.#devices = devices;
    this.#identities = identities;
    this.#tracked = tracked;
  }

  device(userId: UserId, deviceId: DeviceId): Device | undefined {
    return this.#devices.find(userId, deviceId);
  }

  userDevices(userId: UserId): readonly Device[] {
    return this.#devices.active(userId);
  }

  deviceByCurveKey(userId: UserId, curve25519: Curve25519PublicKey): Device | undefined {
    return this.#devices.findByCurveKey(userId, curve25519);
  }

  trustOf(device: Device): DeviceTrust {
    return this.#identities.trustOf(device);
  }

  ownerTrust(userId: UserId): OwnerTrust {
    return this.#identities.ownerTrust(userId);
  }

  markUserDirty(userId: UserId): void {
    this.#tracked.markDirty(userId);
  }

  trackedUsers(): readonly UserId[] {
    return this.#tracked.all();
  }

  updateTrackedUsers(userIds: Iterable<UserId>): void {
    for (const userId of userIds) this.#tracked.track(userId);
  }

  setWithheldCodeSent(device: Device): void {
    this.#setWithheldCodeSent(device, true);
  }

  /** A session with this device exists now. */
  clearWithheldCodeSent(device: Device): void {
    this.#setWithheldCodeSent(device, false);
  }

  /** The device started a new session with us, so that what was sent to it before may be lost. */
  onNewInboundSession({ userId, deviceId }: Device): void {
    const device = this.#devices.find(userId, deviceId);
    if (device !== undefined) this.#devices.save({ ...device, olmWedgingIndex: device.olmWedgingIndex + 1, withheldCodeSent: false });
  }

  #setWithheldCodeSent({ userId, deviceId }: Device, withheldCodeSent: boolean): void {
    const device = this.#devices.find(userId, deviceId);
    if (device !== undefined && device.withheldCodeSent !== withheldCodeSent) this.#devices.save({ ...device, withheldCodeSent });
  }
}
