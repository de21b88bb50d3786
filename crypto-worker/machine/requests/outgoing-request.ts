import type { DeviceId, RoomId, UserId } from "../../../protocol/ids.ts";
import type { JsonObject } from "../../wire/json.ts";

export type OutgoingRequestKind =
  | "keys_upload"
  | "keys_query"
  | "keys_claim"
  | "to_device"
  | "signatures_upload"
  | "signing_keys_upload"
  | "keys_backup"
  | "room_message"
  | "dehydrated_device";

/** MSC3814 is not in the spec yet. */
export const DEHYDRATED_DEVICE_PATH = "/_matrix/client/unstable/org.matrix.msc3814.v1/dehydrated_device";

/** A request that the caller sends as it is and then reports with `markRequestAsSent(id, responseBody)`. */
export type OutgoingRequest = {
  /** Unique in this machine; the same request keeps it until it is answered, also over a restart where it is a to-device request. */
  readonly id: string;
  readonly kind: OutgoingRequestKind;
  readonly method: "POST" | "PUT";
  /** Starts with `/_matrix/` and carries its query string. */
  readonly path: string;
  readonly body: JsonObject;
  /** Of a `room_message`: where it goes and as what. In an encrypted room the caller encrypts `body` and sends that as `m.room.encrypted`. */
  readonly room?: { readonly roomId: RoomId; readonly eventType: string };
};

/** `body` is asked for when somebody reads it. */
export function keysUploadRequest(id: string, body: () => JsonObject): OutgoingRequest {
  return {
    id,
    kind: "keys_upload",
    method: "POST",
    path: "/_matrix/client/v3/keys/upload",
    get body() {
      return body();
    },
  };
}

export function keysQueryRequest(id: string, userIds: readonly UserId[]): OutgoingRequest {
  const deviceKeys = Object.fromEntries(userIds.map((userId) => [userId, []]));
  return { id, kind: "keys_query", method: "POST", path: "/_matrix/client/v3/keys/query", body: { device_keys: deviceKeys } };
}

/** `timeoutMs` is how long our server waits for others. */
export function keysClaimRequest(
  id: string,
  devices: readonly { userId: UserId; deviceId: DeviceId }[],
  timeoutMs: number,
): OutgoingRequest {
  const byUser = new Map<UserId, [DeviceId, string][]>();
  for (const { userId, deviceId } of devices) {
    const list = byUser.get(userId) ?? [];
    list.push([deviceId, "signed_curve25519"]);
    byUser.set(userId, list);
  }
  const oneTimeKeys = Object.fromEntries([...byUser].map(([userId, list]) => [userId, Object.fromEntries(list)]));
  return {
    id,
    kind: "keys_claim",
    method: "POST",
    path: "/_matrix/client/v3/keys/claim",
    body: { timeout: timeoutMs, one_time_keys: oneTimeKeys },
  };
}

/** The id is the transaction id. `messages` is user id → device id (or `*`) → content. */
export function toDeviceRequest(id: string, eventType: string, messages: JsonObject): OutgoingRequest {
  const path = `/_matrix/client/v3/sendToDevice/${encodeURIComponent(eventType)}/${encodeURIComponent(id)}`;
  return { id, kind: "to_device", method: "PUT", path, body: { messages } };
}

export function signaturesUploadRequest(id: string, body: JsonObject): OutgoingRequest {
  return { id, kind: "signatures_upload", method: "POST", path: "/_matrix/client/v3/keys/signatures/upload", body };
}

/** The caller adds `auth` for user-interactive authentication. */
export function signingKeysUploadRequest(id: string, body: JsonObject): OutgoingRequest {
  return { id, kind: "signing_keys_upload", method: "POST", path: "/_matrix/client/v3/keys/device_signing/upload", body };
}

/** Room keys for one version of the key backup. */
export function keysBackupRequest(id: string, version: string, body: JsonObject): OutgoingRequest {
  const path = `/_matrix/client/v3/room_keys/keys?version=${encodeURIComponent(version)}`;
  return { id, kind: "keys_backup", method: "PUT", path, body };
}

/** The id is the transaction id. */
export function roomMessageRequest(id: string, roomId: RoomId, eventType: string, content: JsonObject): OutgoingRequest {
  const path = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/send/${encodeURIComponent(eventType)}/${encodeURIComponent(id)}`;
  return { id, kind: "room_message", method: "PUT", path, body: content, room: { roomId, eventType } };
}

/** Replaces the user's dehydrated device (MSC3814). */
export function putDehydratedDeviceRequest(id: string, body: JsonObject): OutgoingRequest {
  return { id, kind: "dehydrated_device", method: "PUT", path: DEHYDRATED_DEVICE_PATH, body };
}
