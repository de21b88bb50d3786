import type { DeviceId, Ed25519PublicKey, UserId } from "../../../protocol/ids.ts";
import type { Device, DeviceTrust } from "../devices/device.ts";

/** What we know of who made a Megolm session. A later kind in this list is better. */
export type SenderData =
  /** `ownerCheckFailed`: a device was there, but the session cannot be shown to be its. `legacy`: from a source that cannot say, such as a key export. */
  | { readonly kind: "unknownDevice"; readonly legacy: boolean; readonly ownerCheckFailed: boolean }
  /** A device of which we have the keys, not signed by its owner. */
  | { readonly kind: "deviceInfo"; readonly userId: UserId; readonly deviceId: DeviceId; readonly legacy: boolean }
  | (KnownSender & { readonly kind: "verificationViolation" | "senderUnverified" | "senderVerified" });

type KnownSender = { readonly userId: UserId; readonly deviceId: DeviceId; readonly masterKey: Ed25519PublicKey };

/** The numbers are in the store. */
const SENDER_DATA_KINDS = ["unknownDevice", "deviceInfo", "verificationViolation", "senderUnverified", "senderVerified"] as const;

export const UNKNOWN_SENDER: SenderData = { kind: "unknownDevice", legacy: false, ownerCheckFailed: false };
export const LEGACY_SENDER: SenderData = { kind: "unknownDevice", legacy: true, ownerCheckFailed: false };

/** A device that owns the session, and how far we trust it. Local trust does not count: it says nothing to whom the event is forwarded. */
export function senderDataOf(device: Device, trust: DeviceTrust, legacy = false): SenderData {
  const { userId, deviceId } = device;
  const { masterKey } = trust.owner;
  if (!trust.crossSignedByOwner || masterKey === undefined) return { kind: "deviceInfo", userId, deviceId, legacy };
  const kind = trust.crossSigningTrusted
    ? "senderVerified"
    : trust.owner.verificationViolation
      ? "verificationViolation"
      : "senderUnverified";
  return { kind, userId, deviceId, masterKey };
}

/** Positive when `a` is the better one. */
export function compareSenderData(a: SenderData, b: SenderData): number {
  return rankOf(a) - rankOf(b);
}

export function rankOf(data: SenderData): number {
  return SENDER_DATA_KINDS.indexOf(data.kind);
}

/** A verified sender stays one; everything else may have become better, or worse, since. */
export function isFinal(data: SenderData): boolean {
  return data.kind === "senderVerified";
}

/** Whether a device of this user is known to have made the session. */
export function isOf(data: SenderData, userId: UserId): boolean {
  return data.kind !== "unknownDevice" && data.userId === userId;
}

export function sameSenderData(a: SenderData, b: SenderData): boolean {
  if (a.kind === "unknownDevice" || b.kind === "unknownDevice")
    return a.kind === "unknownDevice" && b.kind === "unknownDevice" && a.legacy === b.legacy && a.ownerCheckFailed === b.ownerCheckFailed;
  if (a.kind !== b.kind || a.userId !== b.userId || a.deviceId !== b.deviceId) return false;
  if (a.kind === "deviceInfo" || b.kind === "deviceInfo")
    return a.kind === "deviceInfo" && b.kind === "deviceInfo" && a.legacy === b.legacy;
  return a.masterKey === b.masterKey;
}
