import type { DeviceId } from "../../../protocol/ids.ts";
import type { MachineContext } from "../context.ts";
import type { Device } from "../devices/device.ts";
import type { DeviceDirectory } from "../devices/device-directory.ts";
import type { DecryptedOlmEvent } from "../olm/decrypted-olm-event.ts";

/** Our other devices, and which of them are to be trusted with what. */
export class OwnDevices {
  readonly #context: MachineContext;
  readonly #directory: DeviceDirectory;

  constructor(context: MachineContext, directory: DeviceDirectory) {
    this.#context = context;
    this.#directory = directory;
  }

  isThisOne(deviceId: DeviceId): boolean {
    return deviceId === this.#context.deviceId;
  }

  /** Undefined for one that is not known or was deleted. */
  find(deviceId: DeviceId): Device | undefined {
    const device = this.#directory.device(this.#context.userId, deviceId);
    return device?.deleted === true ? undefined : device;
  }

  /**
   * Who sent this: another device of ours that is in our list with exactly the keys of the message's Olm session.
   *
   * SECURITY: the server says who sends, and the list says whose keys these are (CVE-2021-40823, matrix-js-sdk a587d7c36): both must agree, and keys that
   * merely came with the message do not count. A device that is not in the list makes us ask for it again.
   */
  senderOf({ sender, senderDevice, senderCurve25519, senderEd25519 }: DecryptedOlmEvent): Device | undefined {
    if (sender !== this.#context.userId || senderDevice === undefined || this.isThisOne(senderDevice.deviceId)) return undefined;
    const device = this.find(senderDevice.deviceId);
    if (device === undefined) this.#directory.markUserDirty(sender);
    return device?.curve25519 === senderCurve25519 && device.ed25519 === senderEd25519 ? device : undefined;
  }

  /** SECURITY: for secrets. Our verified identity has signed the device; a mark on this device alone is not enough. Nobody sits at a dehydrated one. */
  mayKnowSecrets(device: Device): boolean {
    return !device.dehydrated && device.localTrust !== "blacklisted" && this.#directory.trustOf(device).crossSigningTrusted;
  }

  /** For room keys. */
  isVerified(device: Device): boolean {
    return !device.dehydrated && device.localTrust !== "blacklisted" && this.#directory.trustOf(device).verified;
  }

  /** Whether there is anybody to ask. */
  hasOtherVerified(): boolean {
    return this.#directory.userDevices(this.#context.userId).some((device) => !this.isThisOne(device.deviceId) && this.isVerified(device));
  }
}
