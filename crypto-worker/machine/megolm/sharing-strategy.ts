import type { DeviceId, UserId } from "../../../protocol/ids.ts";
import { err, ok, type Result } from "../../../protocol/result.ts";
import type { Device, DeviceTrust, OwnerTrust } from "../devices/device.ts";
import type { SharingStrategy } from "./encryption-settings.ts";
import type { WithheldCode } from "./withheld.ts";

/** Why nobody gets a key. */
export type SharingFailure =
  /** Devices that their verified owners did not sign; to block or to ignore each of them resolves it. */
  | { readonly code: "VerifiedUserHasUnsignedDevice"; readonly devices: ReadonlyMap<UserId, readonly DeviceId[]> }
  /** Users who were verified and have another identity now; to verify, pin or withdraw resolves it. */
  | { readonly code: "VerifiedUserChangedIdentity"; readonly userIds: readonly UserId[] }
  /** We have no cross-signing identity. */
  | { readonly code: "CrossSigningNotSetup" }
  /** Our own device is not signed by our identity. */
  | { readonly code: "SendingFromUnverifiedDevice" };

export type Candidate = { readonly device: Device; readonly trust: DeviceTrust };
export type CandidateUser = { readonly userId: UserId; readonly owner: OwnerTrust; readonly devices: readonly Candidate[] };

export type Recipients = {
  /** Every candidate user has an entry, also without devices. */
  readonly allowed: ReadonlyMap<UserId, readonly Device[]>;
  readonly withheld: readonly { readonly device: Device; readonly code: WithheldCode }[];
};

/** Who gets a room key and who is told why not (MSC4153, E2EE §Recommended client behaviour). Our own device must not be among the candidates. */
export function decideRecipients(
  strategy: SharingStrategy,
  users: readonly CandidateUser[],
  own: DeviceTrust,
): Result<Recipients, SharingFailure> {
  if (strategy === "identityBased") {
    if (!own.owner.hasIdentity) return err({ code: "CrossSigningNotSetup" });
    if (!own.crossSignedByOwner) return err({ code: "SendingFromUnverifiedDevice" });
  }
  const allowed = new Map<UserId, Device[]>();
  const withheld: { device: Device; code: WithheldCode }[] = [];
  const unsigned = new Map<UserId, DeviceId[]>();
  const changed: UserId[] = [];
  const minds = strategy === "identityBased" || strategy === "errorOnVerifiedUserProblem";
  for (const { userId, owner, devices } of users) {
    const shared: Device[] = [];
    allowed.set(userId, shared);
    if (minds && owner.verificationViolation) changed.push(userId);
    for (const { device, trust } of devices) {
      const decision = decideDevice(strategy, device, trust);
      if (decision === "share") shared.push(device);
      else if (decision === "problem") listOf(unsigned, userId).push(device.deviceId);
      else withheld.push({ device, code: decision });
    }
  }
  if (unsigned.size > 0) return err({ code: "VerifiedUserHasUnsignedDevice", devices: unsigned });
  if (changed.length > 0) return err({ code: "VerifiedUserChangedIdentity", userIds: changed });
  return ok({ allowed, withheld });
}

function decideDevice(strategy: SharingStrategy, device: Device, trust: DeviceTrust): "share" | "problem" | WithheldCode {
  if (device.localTrust === "blacklisted") return "m.blacklisted";
  switch (strategy) {
    case "allDevices":
      return decideOpenDevice(device, trust);
    case "errorOnVerifiedUserProblem":
      if (device.localTrust !== "ignored" && trust.owner.verified && !trust.crossSignedByOwner) return "problem";
      return decideOpenDevice(device, trust);
    case "identityBased":
      return trust.crossSignedByOwner ? "share" : "m.unverified";
    case "onlyTrustedDevices":
      return trust.locallyVerified || device.localTrust === "ignored" || trust.crossSigningTrusted ? "share" : "m.unverified";
  }
}

/** Nobody can look at a dehydrated device, so that one which its owner did not sign could be anybody's. */
function decideOpenDevice(device: Device, trust: DeviceTrust): "share" | WithheldCode {
  return device.dehydrated && (!trust.crossSignedByOwner || trust.owner.verificationViolation) ? "m.unverified" : "share";
}

function listOf<K, V>(map: Map<K, V[]>, key: K): V[] {
  const known = map.get(key);
  if (known !== undefined) return known;
  const list: V[] = [];
  map.set(key, list);
  return list;
}
