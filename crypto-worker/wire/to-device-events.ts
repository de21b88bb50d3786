import {
  parseDeviceId,
  parseRoomId,
  parseSessionId,
  parseTransactionId,
  parseUserId,
  type Curve25519PublicKey,
  type DeviceId,
  type Ed25519PublicKey,
  type RoomId,
  type SessionId,
  type TransactionId,
  type UserId,
} from "../../protocol/ids.ts";
import { err, ok, type Result } from "../../protocol/result.ts";
import { parseCurve25519Key } from "../primitives/curve25519.ts";
import { parseEd25519Key } from "../primitives/ed25519.ts";
import { Secret } from "../primitives/secret.ts";
import { MEGOLM_ALGORITHM } from "./algorithms.ts";
import { booleanField, field, isJsonObject, isWithinDepth, objectField, stringArrayField, stringField, type JsonObject } from "./json.ts";

export type ToDeviceEvent = { readonly type: string; readonly sender: UserId; readonly content: JsonObject };

/** `m.room_key`. SECURITY: `sessionKey` is secret. */
export type RoomKeyContent = {
  readonly roomId: RoomId;
  readonly sessionId: SessionId;
  readonly sessionKey: string;
  readonly sharedHistory: boolean;
};

/** `m.forwarded_room_key`. SECURITY: `sessionKey` is secret. Who made the session is only claimed by the forwarder. */
export type ForwardedRoomKeyContent = RoomKeyContent & {
  readonly senderKey: Curve25519PublicKey;
  readonly senderClaimedEd25519: Ed25519PublicKey;
  readonly forwardingChain: readonly string[];
};

/** `m.room_key.withheld`. `m.no_olm` is about the whole device, so that room and session are absent. */
export type WithheldContent = {
  readonly code: string;
  readonly reason: string | undefined;
  readonly senderKey: Curve25519PublicKey | undefined;
  readonly session: { readonly roomId: RoomId; readonly sessionId: SessionId } | undefined;
};

/** `m.room_key_request`. */
export type RoomKeyRequestContent = {
  readonly requestId: TransactionId;
  readonly requestingDeviceId: DeviceId;
  readonly body:
    { readonly roomId: RoomId; readonly sessionId: SessionId; readonly senderKey: Curve25519PublicKey | undefined } | undefined;
};

/** `m.secret.request`; without a name it is a cancellation. */
export type SecretRequestContent = {
  readonly requestId: TransactionId;
  readonly requestingDeviceId: DeviceId;
  readonly name: string | undefined;
};

/** `m.secret.send`; the UTF-8 bytes of the secret's text. */
export type SecretSendContent = { readonly requestId: TransactionId; readonly secret: Secret<"gossiped-secret"> };

/** `m.room_key_bundle` (MSC4268); `file` describes an encrypted attachment. */
export type RoomKeyBundleContent = { readonly roomId: RoomId; readonly file: JsonObject };

export type ToDeviceFailure =
  | "not-an-object"
  | "invalid-type"
  | "invalid-user-id"
  | "unsupported-algorithm"
  | "invalid-room-id"
  | "invalid-session-id"
  | "invalid-session-key"
  | "invalid-sender-key"
  | "invalid-code"
  | "invalid-action"
  | "invalid-transaction-id"
  | "invalid-device-id"
  | "invalid-name"
  | "invalid-secret"
  | "invalid-file";

const MAX_SESSION_KEY = 1024;
const MAX_SECRET = 65_536;
const MAX_NAME = 255;
const MAX_CODE = 100;
const MAX_CHAIN = 100;

/** The envelope of a to-device event. */
export function parseToDeviceEvent(value: unknown): Result<ToDeviceEvent, ToDeviceFailure> {
  if (!isJsonObject(value) || !isWithinDepth(value, 64)) return err("not-an-object");
  const type = stringField(value, "type");
  if (type === undefined || type.length === 0 || type.length > MAX_NAME) return err("invalid-type");
  const sender = parseUserId(stringField(value, "sender"));
  if (!sender.ok) return sender;
  const content = objectField(value, "content");
  return content === undefined ? err("not-an-object") : ok({ type, sender: sender.value, content });
}

export function parseRoomKey(content: unknown): Result<RoomKeyContent, ToDeviceFailure> {
  if (!isJsonObject(content)) return err("not-an-object");
  if (stringField(content, "algorithm") !== MEGOLM_ALGORITHM) return err("unsupported-algorithm");
  const session = parseSession(content);
  if (!session.ok) return session;
  const sessionKey = stringField(content, "session_key");
  if (sessionKey === undefined || sessionKey.length > MAX_SESSION_KEY) return err("invalid-session-key");
  return ok({ ...session.value, sessionKey, sharedHistory: parseSharedHistory(content) });
}

export function parseForwardedRoomKey(content: unknown): Result<ForwardedRoomKeyContent, ToDeviceFailure> {
  if (!isJsonObject(content)) return err("not-an-object");
  const roomKey = parseRoomKey(content);
  if (!roomKey.ok) return roomKey;
  const senderKey = parseCurve25519Key(stringField(content, "sender_key"));
  const claimed = parseEd25519Key(stringField(content, "sender_claimed_ed25519_key"));
  const chain = stringArrayField(content, "forwarding_curve25519_key_chain") ?? [];
  if (!senderKey.ok || !claimed.ok || chain.length > MAX_CHAIN) return err("invalid-sender-key");
  return ok({ ...roomKey.value, senderKey: senderKey.value, senderClaimedEd25519: claimed.value, forwardingChain: chain });
}

export function parseWithheld(content: unknown): Result<WithheldContent, ToDeviceFailure> {
  if (!isJsonObject(content)) return err("not-an-object");
  if (stringField(content, "algorithm") !== MEGOLM_ALGORITHM) return err("unsupported-algorithm");
  const code = parseWithheldCode(stringField(content, "code"));
  if (code === undefined) return err("invalid-code");
  const senderKey = parseCurve25519Key(stringField(content, "sender_key"));
  const base = {
    code,
    reason: stringField(content, "reason")?.slice(0, MAX_NAME),
    senderKey: senderKey.ok ? senderKey.value : undefined,
  };
  if (code === "m.no_olm") return ok({ ...base, session: undefined });
  const session = parseSession(content);
  return session.ok ? ok({ ...base, session: session.value }) : session;
}

export function parseRoomKeyRequest(content: unknown): Result<RoomKeyRequestContent, ToDeviceFailure> {
  const request = parseRequest(content);
  if (!request.ok) return request;
  const { action, json, ...ids } = request.value;
  if (action === "request_cancellation") return ok({ ...ids, body: undefined });
  const body = objectField(json, "body");
  if (action !== "request" || body === undefined) return err("invalid-action");
  if (stringField(body, "algorithm") !== MEGOLM_ALGORITHM) return err("unsupported-algorithm");
  const session = parseSession(body);
  if (!session.ok) return session;
  const senderKey = parseCurve25519Key(stringField(body, "sender_key"));
  return ok({ ...ids, body: { ...session.value, senderKey: senderKey.ok ? senderKey.value : undefined } });
}

export function parseSecretRequest(content: unknown): Result<SecretRequestContent, ToDeviceFailure> {
  const request = parseRequest(content);
  if (!request.ok) return request;
  const { action, json, ...ids } = request.value;
  if (action === "request_cancellation") return ok({ ...ids, name: undefined });
  if (action !== "request") return err("invalid-action");
  const name = stringField(json, "name");
  return name === undefined || name.length === 0 || name.length > MAX_NAME ? err("invalid-name") : ok({ ...ids, name });
}

export function parseSecretSend(content: unknown): Result<SecretSendContent, ToDeviceFailure> {
  if (!isJsonObject(content)) return err("not-an-object");
  const requestId = parseTransactionId(stringField(content, "request_id"));
  if (!requestId.ok) return requestId;
  const secret = stringField(content, "secret");
  if (secret === undefined || secret.length === 0 || secret.length > MAX_SECRET) return err("invalid-secret");
  return ok({ requestId: requestId.value, secret: Secret.take(new TextEncoder().encode(secret), "gossiped-secret") });
}

export function parseRoomKeyBundle(content: unknown): Result<RoomKeyBundleContent, ToDeviceFailure> {
  if (!isJsonObject(content)) return err("not-an-object");
  const roomId = parseRoomId(stringField(content, "room_id"));
  if (!roomId.ok) return roomId;
  const file = objectField(content, "file");
  return file === undefined ? err("invalid-file") : ok({ roomId: roomId.value, file });
}

/** Stable name first (MSC3061, MSC4268). Anything but `true` means no. */
export function parseSharedHistory(content: JsonObject): boolean {
  return field(content, "shared_history") === undefined
    ? booleanField(content, "org.matrix.msc3061.shared_history") === true
    : booleanField(content, "shared_history") === true;
}

function parseSession(json: JsonObject): Result<{ readonly roomId: RoomId; readonly sessionId: SessionId }, ToDeviceFailure> {
  const roomId = parseRoomId(stringField(json, "room_id"));
  if (!roomId.ok) return roomId;
  const sessionId = parseSessionId(stringField(json, "session_id"));
  return sessionId.ok ? ok({ roomId: roomId.value, sessionId: sessionId.value }) : sessionId;
}

type RequestEnvelope = {
  readonly requestId: TransactionId;
  readonly requestingDeviceId: DeviceId;
  readonly action: string | undefined;
  readonly json: JsonObject;
};

function parseRequest(content: unknown): Result<RequestEnvelope, ToDeviceFailure> {
  if (!isJsonObject(content)) return err("not-an-object");
  const requestId = parseTransactionId(stringField(content, "request_id"));
  if (!requestId.ok) return requestId;
  const deviceId = parseDeviceId(stringField(content, "requesting_device_id"));
  if (!deviceId.ok) return deviceId;
  return ok({ requestId: requestId.value, requestingDeviceId: deviceId.value, action: stringField(content, "action"), json: content });
}

function parseWithheldCode(code: string | undefined): string | undefined {
  if (code === "io.element.msc4268.history_not_shared") return "m.history_not_shared";
  return code !== undefined && code.length > 0 && code.length <= MAX_CODE && code.isWellFormed() ? code : undefined;
}
