import type { Curve25519PublicKey, Ed25519PublicKey, UserId } from "../../../protocol/ids.ts";
import type { JsonObject } from "../../wire/json.ts";
import type { Device } from "../devices/device.ts";

/**
 * A to-device event that came over Olm and passed every check of E2EE §Validation of incoming decrypted events. Made only by
 * `decryptToDeviceEvent`.
 */
export type DecryptedOlmEvent = {
  readonly type: string;
  /** Still with its secrets. */
  readonly content: JsonObject;
  readonly sender: UserId;
  /** The Olm session's owner: proven by the Diffie-Hellman. */
  readonly senderCurve25519: Curve25519PublicKey;
  /** `keys.ed25519` as the sender claims; proven to be the device's only when `senderDevice` is there. */
  readonly senderEd25519: Ed25519PublicKey;
  /** The device that owns both keys above, or undefined when it is not known (allowed for `m.room_key` only). */
  readonly senderDevice: Device | undefined;
  /**
   * `embedded`: from `sender_device_keys` (MSC4147), self-signature checked, not in the store, local trust unset unless the store knows the same
   * device; `store`: looked up by its curve key among the sender's devices; `unknown`: neither.
   */
  readonly senderDeviceSource: "embedded" | "store" | "unknown";
};
