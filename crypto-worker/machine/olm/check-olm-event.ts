import type { Curve25519PublicKey, Ed25519PublicKey, UserId } from "../../../protocol/ids.ts";
import { err, ok, type Result } from "../../../protocol/result.ts";
import type { JsonValue } from "../../wire/json.ts";
import type { OlmPlaintext } from "../../wire/olm-plaintext.ts";
import type { Device } from "../devices/device.ts";
import type { DecryptedOlmEvent } from "./decrypted-olm-event.ts";

/** Why a decrypted to-device event is refused. */
export type OlmEventFailure =
  | "mismatched-recipient"
  | "mismatched-sender"
  | "mismatched-recipient-key"
  | "invalid-sender-device-keys"
  | "mismatched-keys"
  | "missing-sender-device"
  | "from-dehydrated-device";

/** What the checks compare with: who we are, who the server says sent it, and whose Olm session it was. */
export type OlmEventFrame = {
  readonly ourUserId: UserId;
  readonly ourEd25519: Ed25519PublicKey;
  readonly envelopeSender: UserId;
  readonly senderCurve25519: Curve25519PublicKey;
};

/** What the store knows of the sender's devices, and how keys that came with a message become one. */
export interface SenderDevices {
  deviceByCurveKey(userId: UserId, curve25519: Curve25519PublicKey): Device | undefined;
  /** Undefined unless these are device keys with a valid self-signature that contradict no device which we know. */
  parseEmbeddedDevice(deviceKeys: JsonValue): Device | undefined;
}

/**
 * Every check of E2EE §Validation of incoming decrypted events, in its order. That the ciphertext was for our Curve25519 key and decrypted comes before.
 * SECURITY: each one answers a known attack; see docs on CVE-2026-45056 for the embedded keys.
 */
export function checkOlmEvent(
  plaintext: OlmPlaintext,
  frame: OlmEventFrame,
  devices: SenderDevices,
): Result<DecryptedOlmEvent, OlmEventFailure> {
  if (plaintext.recipient !== frame.ourUserId) return err("mismatched-recipient");
  if (plaintext.sender !== frame.envelopeSender) return err("mismatched-sender");
  if (plaintext.recipientEd25519 !== frame.ourEd25519) return err("mismatched-recipient-key");
  const sender = checkSender(plaintext, frame, devices);
  if (!sender.ok) return sender;
  if (sender.value.senderDevice?.dehydrated === true) return err("from-dehydrated-device");
  return ok({
    type: plaintext.type,
    content: plaintext.content,
    sender: plaintext.sender,
    senderCurve25519: frame.senderCurve25519,
    senderEd25519: plaintext.senderEd25519,
    ...sender.value,
  });
}

type Sender = Pick<DecryptedOlmEvent, "senderDevice" | "senderDeviceSource">;

function checkSender(plaintext: OlmPlaintext, frame: OlmEventFrame, devices: SenderDevices): Result<Sender, OlmEventFailure> {
  if (plaintext.senderDeviceKeys !== undefined) return checkEmbeddedKeys(plaintext.senderDeviceKeys, plaintext, frame, devices);
  // MSC4268: a bundle says who vouches for its keys, so that its sender must be provable without a look-up.
  if (plaintext.type === "m.room_key_bundle") return err("missing-sender-device");
  const known = devices.deviceByCurveKey(plaintext.sender, frame.senderCurve25519);
  if (known === undefined) {
    // A room key may come before the device list; its session stays of an unknown sender until then.
    return plaintext.type === "m.room_key" ? ok({ senderDevice: undefined, senderDeviceSource: "unknown" }) : err("missing-sender-device");
  }
  if (known.ed25519 !== plaintext.senderEd25519) return err("mismatched-keys");
  return ok({ senderDevice: known, senderDeviceSource: "store" });
}

/** MSC4147. */
function checkEmbeddedKeys(
  value: JsonValue,
  plaintext: OlmPlaintext,
  frame: OlmEventFrame,
  devices: SenderDevices,
): Result<Sender, OlmEventFailure> {
  const device = devices.parseEmbeddedDevice(value);
  if (device === undefined || device.userId !== plaintext.sender) return err("invalid-sender-device-keys");
  if (device.ed25519 !== plaintext.senderEd25519) return err("mismatched-keys");
  if (device.curve25519 !== frame.senderCurve25519) return err("mismatched-keys");
  return ok({ senderDevice: device, senderDeviceSource: "embedded" });
}
