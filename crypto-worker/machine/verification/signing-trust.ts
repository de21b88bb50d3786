import type { DeviceId, UserId } from "../../../protocol/ids.ts";
import type { MachineContext } from "../context.ts";
import type { CrossSigning } from "../cross-signing/cross-signing.ts";
import type { LocalTrust } from "../devices/device.ts";
import type { Devices } from "../devices/devices.ts";
import type { Identities } from "../devices/identities.ts";
import type { OutgoingRequest } from "../requests/outgoing-request.ts";
import type { TrustActions } from "./completion.ts";

/** The machine's operations, which also tell everybody whom the change concerns. */
export type MachineTrust = {
  verifyIdentity(userId: UserId): OutgoingRequest[];
  verifyOwnDevice(deviceId: DeviceId): OutgoingRequest[];
  setLocalTrust(userId: UserId, deviceId: DeviceId, trust: LocalTrust): void;
};

/** Signs where this device has the keys for it, and where there is anything to add. */
export class SigningTrust implements TrustActions {
  readonly #context: MachineContext;
  readonly #devices: Devices;
  readonly #identities: Identities;
  readonly #crossSigning: CrossSigning;
  readonly #machine: MachineTrust;

  constructor(context: MachineContext, devices: Devices, identities: Identities, crossSigning: CrossSigning, machine: MachineTrust) {
    this.#context = context;
    this.#devices = devices;
    this.#identities = identities;
    this.#crossSigning = crossSigning;
    this.#machine = machine;
  }

  markDeviceVerified(userId: UserId, deviceId: DeviceId): void {
    this.#machine.setLocalTrust(userId, deviceId, "verified");
  }

  signOwnDevice(deviceId: DeviceId): OutgoingRequest[] {
    const device = this.#devices.find(this.#context.userId, deviceId);
    const isSigned = device === undefined || device.crossSignedBy === this.#identities.own()?.selfSigningKey;
    // A server may have given us an identity that is not ours: nobody signs for one that is not verified.
    if (isSigned || !this.#identities.ownIsVerified() || !this.#crossSigning.status().hasSelfSigning) return [];
    return this.#machine.verifyOwnDevice(deviceId);
  }

  verifyIdentity(userId: UserId): OutgoingRequest[] {
    const identity = this.#identities.find(userId);
    if (identity === undefined || this.#identities.isVerified(identity)) return [];
    if (userId === this.#context.userId) return this.#machine.verifyIdentity(userId);
    if (!this.#identities.ownIsVerified() || !this.#crossSigning.status().hasUserSigning) return [];
    return this.#machine.verifyIdentity(userId);
  }
}
