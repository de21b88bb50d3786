import type { DeviceId, UserId } from "../../../protocol/ids.ts";
import type { Account } from "../../primitives/account.ts";
import { sealLegacyPickle, type DehydrationKey } from "../../primitives/dehydrated-pickle.ts";
import { encodeDehydratedDevice } from "../../wire/dehydrated-device.ts";
import { encodeDeviceKeys } from "../../wire/device-keys.ts";
import { encodeOneTimeKeys, type UnsignedOneTimeKeys } from "../../wire/one-time-key.ts";
import type { JsonObject } from "../../wire/json.ts";
import type { DeviceKeysSigner } from "../account/own-device-keys.ts";
import { putDehydratedDeviceRequest, type OutgoingRequest } from "../requests/outgoing-request.ts";

/** As many as an ordinary device keeps on the server. When they are used up the fallback key serves. */
const ONE_TIME_KEYS = 50;

/** A device that is about to be put on the server (MSC3814): nothing of it is stored here. Must be freed. */
export class DehydratedDevice implements Disposable {
  readonly userId: UserId;
  /** Its Curve25519 key, as the MSC wants it. */
  readonly deviceId: DeviceId;
  readonly #account: Account;
  readonly #signDeviceKeys: DeviceKeysSigner;
  readonly #newRequestId: () => string;

  constructor(
    ids: { readonly userId: UserId; readonly deviceId: DeviceId },
    account: Account,
    signDeviceKeys: DeviceKeysSigner,
    newRequestId: () => string,
  ) {
    this.userId = ids.userId;
    this.deviceId = ids.deviceId;
    this.#account = account;
    this.#signDeviceKeys = signDeviceKeys;
    this.#newRequestId = newRequestId;
  }

  /**
   * Replaces the dehydrated device that the server has. The answer need not be handed to the machine.
   * @throws MachineError `missing-cross-signing-key`: one that our identity does not vouch for gets no room keys from anybody
   */
  keysForUpload(deviceDisplayName: string, pickleKey: DehydrationKey): OutgoingRequest {
    if (this.#account.unpublishedFallbackKey() === undefined) {
      this.#account.generateOneTimeKeys(ONE_TIME_KEYS);
      this.#account.generateFallbackKey();
    }
    const deviceKeys = encodeDeviceKeys({ ...this.#account.identityKeys, ...this.#ids(), dehydrated: true }, this.#sign);
    const fallbackKey = this.#account.unpublishedFallbackKey();
    return putDehydratedDeviceRequest(this.#newRequestId(), {
      device_id: this.deviceId,
      initial_device_display_name: deviceDisplayName,
      device_data: encodeDehydratedDevice(sealLegacyPickle(this.#account, pickleKey, this.deviceId)),
      device_keys: this.#signDeviceKeys(deviceKeys),
      one_time_keys: this.#signed(encodeOneTimeKeys(this.#account.unpublishedOneTimeKeys(), false, this.#ids())),
      fallback_keys: fallbackKey === undefined ? {} : this.#signed(encodeOneTimeKeys([fallbackKey], true, this.#ids())),
    });
  }

  [Symbol.dispose](): void {
    this.#account.free();
  }

  #ids(): { readonly userId: UserId; readonly deviceId: DeviceId } {
    return { userId: this.userId, deviceId: this.deviceId };
  }

  readonly #sign = (message: string): string => this.#account.sign(message);

  #signed(keys: UnsignedOneTimeKeys): JsonObject {
    return keys.signed(keys.messages.map(this.#sign));
  }
}
