import { err, ok, type Result } from "./result.ts";

declare const brand: unique symbol;
type Brand<Name extends string> = string & { readonly [brand]: Name };

/** `@localpart:server`. Historical localparts may hold any character, so only the shape is checked. */
export type UserId = Brand<"UserId">;
/** `!opaque`, with `:server` up to room version 11 and without it from 12 on. */
export type RoomId = Brand<"RoomId">;
/** `$opaque`. */
export type EventId = Brand<"EventId">;
/** Any printable text: clients choose them freely, and some choose cross-signing keys to confuse others. Never parse meaning out of one. */
export type DeviceId = Brand<"DeviceId">;
/** `host[:port]`, also with an IPv4 or a bracketed IPv6 address. */
export type ServerName = Brand<"ServerName">;
/** What makes a request idempotent, and what names a to-device verification flow. */
export type TransactionId = Brand<"TransactionId">;
/** `mxc://server/media`, with the strict media id grammar: it becomes part of a URL path. */
export type MxcUri = Brand<"MxcUri">;
/** `#localpart:server`. */
export type RoomAlias = Brand<"RoomAlias">;
/** Id of a Megolm session. Opaque here; it must equal the public key of the session once that is known. */
export type SessionId = Brand<"SessionId">;
/** 32 bytes in unpadded base64, always in canonical form, so that equal keys are equal strings. */
export type Curve25519PublicKey = Brand<"Curve25519PublicKey">;
/** 32 bytes in unpadded base64, always in canonical form, so that equal keys are equal strings. */
export type Ed25519PublicKey = Brand<"Ed25519PublicKey">;

const MAX_ID_BYTES = 255;
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;
const SERVER_NAME = /^(?:\[[0-9A-Fa-f:.]{2,45}\]|[0-9A-Za-z._-]{1,255})(?::[0-9]{1,5})?$/;
const MEDIA_ID = /^[0-9A-Za-z_-]+$/;
// 43 characters carry 258 bits; the last two must be zero in the canonical form.
const KEY = /^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=?$/;

export function parseUserId(value: unknown): Result<UserId, "invalid-user-id"> {
  return isId(value) && value.startsWith("@") && hasServerPart(value) ? ok(value as UserId) : err("invalid-user-id");
}

export function parseRoomId(value: unknown): Result<RoomId, "invalid-room-id"> {
  return isId(value) && value.length > 1 && value.startsWith("!") ? ok(value as RoomId) : err("invalid-room-id");
}

export function parseEventId(value: unknown): Result<EventId, "invalid-event-id"> {
  return isId(value) && value.length > 1 && value.startsWith("$") ? ok(value as EventId) : err("invalid-event-id");
}

export function parseDeviceId(value: unknown): Result<DeviceId, "invalid-device-id"> {
  return isId(value) ? ok(value as DeviceId) : err("invalid-device-id");
}

export function parseServerName(value: unknown): Result<ServerName, "invalid-server-name"> {
  return isId(value) && SERVER_NAME.test(value) ? ok(value as ServerName) : err("invalid-server-name");
}

export function parseTransactionId(value: unknown): Result<TransactionId, "invalid-transaction-id"> {
  return isId(value) ? ok(value as TransactionId) : err("invalid-transaction-id");
}

export function parseMxcUri(value: unknown): Result<MxcUri, "invalid-mxc-uri"> {
  if (!isId(value) || !value.startsWith("mxc://")) return err("invalid-mxc-uri");
  const slash = value.indexOf("/", 6);
  if (slash < 0 || !SERVER_NAME.test(value.slice(6, slash)) || !MEDIA_ID.test(value.slice(slash + 1))) return err("invalid-mxc-uri");
  return ok(value as MxcUri);
}

export function parseRoomAlias(value: unknown): Result<RoomAlias, "invalid-room-alias"> {
  return isId(value) && value.startsWith("#") && hasServerPart(value) ? ok(value as RoomAlias) : err("invalid-room-alias");
}

export function parseSessionId(value: unknown): Result<SessionId, "invalid-session-id"> {
  return isId(value) ? ok(value as SessionId) : err("invalid-session-id");
}

/** Accepts one padding character and drops it. Says nothing about low-order points: that check is with the primitives. */
export function parseCurve25519PublicKey(value: unknown): Result<Curve25519PublicKey, "invalid-curve25519-key"> {
  return isKey(value) ? ok(value.slice(0, 43) as Curve25519PublicKey) : err("invalid-curve25519-key");
}

/** Accepts one padding character and drops it. Says nothing about low-order points: that check is with the primitives. */
export function parseEd25519PublicKey(value: unknown): Result<Ed25519PublicKey, "invalid-ed25519-key"> {
  return isKey(value) ? ok(value.slice(0, 43) as Ed25519PublicKey) : err("invalid-ed25519-key");
}

/** The server that a user belongs to. */
export function serverNameOf(userId: UserId): ServerName {
  return userId.slice(userId.indexOf(":") + 1) as ServerName;
}

function isId(value: unknown): value is string {
  return (
    typeof value === "string" &&
    value.length > 0 &&
    value.length <= MAX_ID_BYTES &&
    !CONTROL.test(value) &&
    value.isWellFormed() &&
    (value.length * 3 <= MAX_ID_BYTES || utf8Length(value) <= MAX_ID_BYTES)
  );
}

function isKey(value: unknown): value is string {
  return typeof value === "string" && value.length <= 44 && KEY.test(value);
}

function hasServerPart(id: string): boolean {
  const colon = id.indexOf(":");
  return colon > 0 && SERVER_NAME.test(id.slice(colon + 1));
}

function utf8Length(text: string): number {
  let length = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) length += 1;
    else if (unit < 0x800) length += 2;
    else if (unit >= 0xd800 && unit <= 0xdbff) {
      length += 4;
      i++;
    } else length += 3;
  }
  return length;
}
