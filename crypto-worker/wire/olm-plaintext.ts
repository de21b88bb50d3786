import { parseUserId, type Ed25519PublicKey, type UserId } from "../../protocol/ids.ts";
import { err, ok, type Result } from "../../protocol/result.ts";
import { parseEd25519Key } from "../primitives/ed25519.ts";
import { field, objectField, parseJsonObject, stringField, TO_DEVICE_JSON_LIMITS, type JsonObject, type JsonValue } from "./json.ts";

/**
 * The payload of a decrypted Olm message (E2EE §m.olm.v1). Only its shape was checked: that it is for us, from the claimed sender, and
 * made with the claimed keys is for the machine.
 */
export type OlmPlaintext = {
  readonly type: string;
  readonly content: JsonObject;
  readonly sender: UserId;
  readonly recipient: UserId;
  readonly recipientEd25519: Ed25519PublicKey;
  readonly senderEd25519: Ed25519PublicKey;
  /** MSC4147, raw: undefined only when absent, so that a malformed one is seen and refused. */
  readonly senderDeviceKeys: JsonValue | undefined;
};

export type OlmPlaintextFailure =
  "invalid-json" | "invalid-type" | "invalid-content" | "invalid-sender" | "invalid-recipient" | "invalid-keys";

export function parseOlmPlaintext(text: string): Result<OlmPlaintext, OlmPlaintextFailure> {
  const json = parseJsonObject(text, TO_DEVICE_JSON_LIMITS);
  if (!json.ok) return err("invalid-json");
  const payload = json.value;
  const type = stringField(payload, "type");
  if (type === undefined || type.length === 0 || type.length > 255) return err("invalid-type");
  const content = objectField(payload, "content");
  if (content === undefined) return err("invalid-content");
  const sender = parseUserId(stringField(payload, "sender"));
  if (!sender.ok) return err("invalid-sender");
  const recipient = parseUserId(stringField(payload, "recipient"));
  if (!recipient.ok) return err("invalid-recipient");
  const recipientEd25519 = parseEd25519Key(stringField(objectField(payload, "recipient_keys") ?? {}, "ed25519"));
  const senderEd25519 = parseEd25519Key(stringField(objectField(payload, "keys") ?? {}, "ed25519"));
  if (!recipientEd25519.ok || !senderEd25519.ok) return err("invalid-keys");
  return ok({
    type,
    content,
    sender: sender.value,
    recipient: recipient.value,
    recipientEd25519: recipientEd25519.value,
    senderEd25519: senderEd25519.value,
    senderDeviceKeys: field(payload, "sender_device_keys") ?? field(payload, "org.matrix.msc4147.device_keys"),
  });
}
