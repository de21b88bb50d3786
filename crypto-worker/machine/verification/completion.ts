import type { DeviceId, UserId } from "../../../protocol/ids.ts";
import type { OutgoingRequest } from "../requests/outgoing-request.ts";
import type { VerifiedKeys } from "./witnesses.ts";

/** What a finished verification may change. Each reads the keys from the store within the same transaction in which they were compared. */
export interface TrustActions {
  /** Only for this device of ours; nobody else learns of it. */
  markDeviceVerified(userId: UserId, deviceId: DeviceId): void;
  /** With our self-signing key; nothing without it, or where it has signed already. */
  signOwnDevice(deviceId: DeviceId): readonly OutgoingRequest[];
  /** Another user's with our user-signing key, nothing without it; our own is marked verified and signed by this device. */
  verifyIdentity(userId: UserId): readonly OutgoingRequest[];
}

/**
 * SECURITY: the only way from a verification to a signature. `keys` exists only where every check held, and names exactly what was checked.
 * Returns the signatures to upload.
 */
export function applyVerifiedKeys(keys: VerifiedKeys, ownUserId: UserId, trust: TrustActions): readonly OutgoingRequest[] {
  if (!keys.verified) throw new Error("nothing was verified");
  const { userId, deviceId, deviceKey, masterKey } = keys;
  const uploads: OutgoingRequest[] = [];
  if (masterKey !== undefined) uploads.push(...trust.verifyIdentity(userId));
  if (deviceKey !== undefined) {
    trust.markDeviceVerified(userId, deviceId);
    if (userId === ownUserId) uploads.push(...trust.signOwnDevice(deviceId));
  }
  return uploads;
}
