import type { UserId } from "../../../protocol/ids.ts";
import { err, ok, type Result } from "../../../protocol/result.ts";
import type { Device } from "../devices/device.ts";
import type { DeviceDirectory } from "../devices/device-directory.ts";
import type { InboundSession, SessionOrigin } from "./inbound-session.ts";
import { isFinal, senderDataOf, type SenderData } from "./sender-data.ts";

/**
 * What is known by now of a session's maker, given the sender of one of its events. Fails when the sender's device with the session's Curve25519 key
 * has another Ed25519 key than the session came with: one of the two is a forgery.
 */
export function findSender(
  directory: DeviceDirectory,
  session: SessionOrigin & Pick<InboundSession, "imported">,
  eventSender: UserId,
): Result<SenderData, "mismatched-identity-keys"> {
  const known = session.senderData;
  // Nothing can show who made a session that somebody else gave us.
  if (isFinal(known) || session.imported) return ok(known);
  // It is somebody else's, which the caller must see; the sender's own devices have no say in that.
  if (known.kind !== "unknownDevice" && known.userId !== eventSender) return ok(known);
  const device = directory.deviceByCurveKey(eventSender, session.senderKey);
  return device === undefined ? ok(known) : settleSender(directory, session, device);
}

/** The same once a device with the session's Curve25519 key is at hand. */
export function settleSender(
  directory: DeviceDirectory,
  session: SessionOrigin,
  device: Device,
): Result<SenderData, "mismatched-identity-keys"> {
  const known = session.senderData;
  const legacy = (known.kind === "unknownDevice" || known.kind === "deviceInfo") && known.legacy;
  if (session.signingKey === undefined) return ok({ kind: "unknownDevice", legacy, ownerCheckFailed: true });
  if (session.signingKey !== device.ed25519 || session.senderKey !== device.curve25519) return err("mismatched-identity-keys");
  const found = senderDataOf(device, directory.trustOf(device), legacy);
  // The owner has replaced their identity since: the device was signed when it made the session.
  return ok(found.kind === "deviceInfo" && known.kind !== "unknownDevice" ? known : found);
}
