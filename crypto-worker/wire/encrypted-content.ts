import { parseDeviceId, parseSessionId, type Curve25519PublicKey, type DeviceId, type SessionId } from "../../protocol/ids.ts";
import { err, ok, type Result } from "../../protocol/result.ts";
import { withoutPadding } from "../primitives/base64.ts";
import { parseCurve25519Key } from "../primitives/curve25519.ts";
import { MEGOLM_ALGORITHM, OLM_ALGORITHM } from "./algorithms.ts";
import { isJsonObject, objectField, stringField, type JsonObject } from "./json.ts";

/** To-device content that holds a message for each of some Curve25519 keys. */
type OlmContent = {
  readonly algorithm: typeof OLM_ALGORITHM;
  readonly senderKey: Curve25519PublicKey;
  readonly ciphertext: JsonObject;
};

/** The one message of an `OlmContent` that is for us; without padding, which others may write and libolm does not read. */
export type OlmCiphertext = { readonly senderKey: Curve25519PublicKey; readonly type: 0 | 1; readonly body: string };

export type MegolmContent = {
  readonly algorithm: typeof MEGOLM_ALGORITHM;
  readonly sessionId: SessionId;
  /** Without padding, as above. */
  readonly ciphertext: string;
  /** Deprecated (MSC3700) and never to be trusted. */
  readonly senderKey: Curve25519PublicKey | undefined;
  readonly deviceId: DeviceId | undefined;
  /** `m.relates_to` is in clear text, so that servers can aggregate. */
  readonly relatesTo: JsonObject | undefined;
};

type EncryptedContentFailure =
  "not-an-object" | "unsupported-algorithm" | "missing-ciphertext" | "invalid-sender-key" | "invalid-session-id" | "too-large";
export type OlmCiphertextFailure = EncryptedContentFailure | "not-for-us";

const MAX_MEGOLM_CIPHERTEXT = 65_536;
const MAX_OLM_BODY = 1 << 20;
const MAX_OLM_RECIPIENTS = 10_000;

/** To-device only: anything but Olm is refused (CVE-2022-39251), and what is not for `ourKey` too. */
export function parseOlmCiphertext(content: unknown, ourKey: Curve25519PublicKey): Result<OlmCiphertext, OlmCiphertextFailure> {
  const olm = parseOlmContent(content);
  if (!olm.ok) return olm;
  const message = objectField(olm.value.ciphertext, ourKey);
  if (message === undefined) return err("not-for-us");
  const type = Object.hasOwn(message, "type") ? message["type"] : undefined;
  const body = stringField(message, "body");
  if ((type !== 0 && type !== 1) || body === undefined) return err("missing-ciphertext");
  if (body.length > MAX_OLM_BODY) return err("too-large");
  return ok({ senderKey: olm.value.senderKey, type, body: withoutPadding(body) });
}

function parseOlmContent(content: unknown): Result<OlmContent, EncryptedContentFailure> {
  if (!isJsonObject(content)) return err("not-an-object");
  if (stringField(content, "algorithm") !== OLM_ALGORITHM) return err("unsupported-algorithm");
  const senderKey = parseCurve25519Key(stringField(content, "sender_key"));
  if (!senderKey.ok) return err("invalid-sender-key");
  const ciphertext = objectField(content, "ciphertext");
  if (ciphertext === undefined) return err("missing-ciphertext");
  if (Object.keys(ciphertext).length > MAX_OLM_RECIPIENTS) return err("too-large");
  return ok({ algorithm: OLM_ALGORITHM, senderKey: senderKey.value, ciphertext });
}

/** Room events only: anything but Megolm is refused. A malformed deprecated field is dropped, not an error. */
export function parseMegolmContent(content: unknown): Result<MegolmContent, EncryptedContentFailure> {
  if (!isJsonObject(content)) return err("not-an-object");
  if (stringField(content, "algorithm") !== MEGOLM_ALGORITHM) return err("unsupported-algorithm");
  const ciphertext = stringField(content, "ciphertext");
  if (ciphertext === undefined) return err("missing-ciphertext");
  if (ciphertext.length > MAX_MEGOLM_CIPHERTEXT) return err("too-large");
  const sessionId = parseSessionId(stringField(content, "session_id"));
  if (!sessionId.ok) return sessionId;
  const senderKey = parseCurve25519Key(stringField(content, "sender_key"));
  const deviceId = parseDeviceId(stringField(content, "device_id"));
  return ok({
    algorithm: MEGOLM_ALGORITHM,
    sessionId: sessionId.value,
    ciphertext: withoutPadding(ciphertext),
    senderKey: senderKey.ok ? senderKey.value : undefined,
    deviceId: deviceId.ok ? deviceId.value : undefined,
    relatesTo: objectField(content, "m.relates_to"),
  });
}

export function encodeOlmContent(
  senderKey: Curve25519PublicKey,
  theirKey: Curve25519PublicKey,
  message: { readonly type: 0 | 1; readonly body: string },
): JsonObject {
  return { algorithm: OLM_ALGORITHM, sender_key: senderKey, ciphertext: { [theirKey]: { type: message.type, body: message.body } } };
}

/** `sender_key` and `device_id` are deprecated, but other clients still write and some still read them. */
export function encodeMegolmContent(content: Omit<MegolmContent, "algorithm">): JsonObject {
  return {
    algorithm: MEGOLM_ALGORITHM,
    ciphertext: content.ciphertext,
    session_id: content.sessionId,
    ...(content.senderKey === undefined ? {} : { sender_key: content.senderKey }),
    ...(content.deviceId === undefined ? {} : { device_id: content.deviceId }),
    ...(content.relatesTo === undefined ? {} : { "m.relates_to": content.relatesTo }),
  };
}
