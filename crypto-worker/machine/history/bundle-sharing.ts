import type { MxcUri, RoomId, UserId } from "../../../protocol/ids.ts";
import { encodeEncryptedFile, type AttachmentKeys } from "../../wire/encrypted-file.ts";
import type { MachineContext } from "../context.ts";
import type { Device } from "../devices/device.ts";
import type { DeviceDirectory } from "../devices/device-directory.ts";
import { OnlyTrusted } from "../megolm/only-trusted.ts";
import { RoomKeySharingError } from "../megolm/room-key-sharing.ts";
import { decideRecipients } from "../megolm/sharing-strategy.ts";
import type { OlmChannel } from "../olm/olm-channel.ts";
import type { OutgoingRequest } from "../requests/outgoing-request.ts";
import type { OutgoingRequests } from "../requests/outgoing-requests.ts";

export type SharedBundle = {
  /** Also among `outgoingRequests` until they were sent. */
  readonly requests: readonly OutgoingRequest[];
  /** Devices that get it, and those that would if there were an Olm session with them. */
  readonly sentCount: number;
  readonly unreachableCount: number;
};

export const BUNDLE_EVENT_TYPE = "m.room_key_bundle";

const MAX_DEVICES_A_REQUEST = 250;

/** Tells a user where a bundle lies, and how to read it. */
export class BundleSharing {
  readonly #context: MachineContext;
  readonly #directory: DeviceDirectory;
  readonly #channel: OlmChannel;
  readonly #requests: OutgoingRequests;
  readonly #onlyTrusted: OnlyTrusted;

  constructor(context: MachineContext, directory: DeviceDirectory, channel: OlmChannel, requests: OutgoingRequests) {
    this.#context = context;
    this.#directory = directory;
    this.#channel = channel;
    this.#requests = requests;
    this.#onlyTrusted = new OnlyTrusted(context);
  }

  /**
   * SECURITY: goes only to devices that the user's own identity signed, and only while that identity is not one that replaced a verified one: a device which
   * the server made up must never get a room's past (CVE-2024-47080), nor one that gets no keys of this room at all. Our own device must be signed too, or the other side would refuse it.
   * @throws RoomKeySharingError
   */
  share(userId: UserId, roomId: RoomId, url: MxcUri, keys: AttachmentKeys): SharedBundle {
    const devices = this.#recipients(userId, roomId);
    const payload = this.#channel.payload(BUNDLE_EVENT_TYPE, { room_id: roomId, file: encodeEncryptedFile(url, keys) });
    const messages = [...this.#channel.encryptAll(devices, payload)].map(([{ deviceId }, content]) => [deviceId, content] as const);
    const requests: OutgoingRequest[] = [];
    for (let at = 0; at < messages.length; at += MAX_DEVICES_A_REQUEST) {
      const batch = Object.fromEntries(messages.slice(at, at + MAX_DEVICES_A_REQUEST));
      requests.push(this.#requests.enqueueToDevice("m.room.encrypted", { [userId]: batch }));
    }
    return { requests, sentCount: messages.length, unreachableCount: devices.length - messages.length };
  }

  #recipients(userId: UserId, roomId: RoomId): readonly Device[] {
    const { userId: ownUserId, deviceId: ownDeviceId } = this.#context;
    const own = this.#directory.device(ownUserId, ownDeviceId);
    if (own === undefined) throw new Error("our own device is not in the directory");
    const devices = this.#directory
      .userDevices(userId)
      .filter((device) => userId !== ownUserId || device.deviceId !== ownDeviceId)
      .map((device) => ({ device, trust: this.#directory.trustOf(device) }));
    const candidates = [{ userId, owner: this.#directory.ownerTrust(userId), devices }];
    const recipients = decideRecipients("identityBased", candidates, this.#directory.trustOf(own));
    if (!recipients.ok) throw new RoomKeySharingError(recipients.error);
    const signed = recipients.value.allowed.get(userId) ?? [];
    if (!this.#onlyTrusted.everywhere() && !this.#onlyTrusted.inRoom(roomId)) return signed;
    // Whoever would not be given the key of the next message is not given those of all before it.
    const trusted = decideRecipients("onlyTrustedDevices", candidates, this.#directory.trustOf(own));
    return signed.filter((device) => trusted.ok && trusted.value.allowed.get(userId)?.includes(device) === true);
  }
}
