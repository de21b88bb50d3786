import type { Curve25519PublicKey, DeviceId, Ed25519PublicKey, RoomId, SessionId } from "../../protocol/ids.ts";
import { MEGOLM_ALGORITHM } from "./algorithms.ts";
import type { JsonObject } from "./json.ts";
import type { SecretName } from "./secret-name.ts";

// What our devices write to each other about keys that one of them lacks; read by `to-device-events.ts`.

/** Names a request of ours. */
export type RequestIds = { readonly requestId: string; readonly deviceId: DeviceId };

export const SECRET_REQUEST = "m.secret.request";
export const SECRET_SEND = "m.secret.send";
export const ROOM_KEY_REQUEST = "m.room_key_request";
export const FORWARDED_ROOM_KEY = "m.forwarded_room_key";

export function encodeSecretRequest(ids: RequestIds, name: SecretName): JsonObject {
  return { action: "request", ...encodeIds(ids), name };
}

export function encodeRoomKeyRequest(ids: RequestIds, session: { readonly roomId: RoomId; readonly sessionId: SessionId }): JsonObject {
  const body = { algorithm: MEGOLM_ALGORITHM, room_id: session.roomId, session_id: session.sessionId };
  return { action: "request", ...encodeIds(ids), body };
}

/** Takes back a request of either kind. */
export function encodeRequestCancellation(ids: RequestIds): JsonObject {
  return { action: "request_cancellation", ...encodeIds(ids) };
}

/** SECURITY: holds the secret. Only for Olm. */
export function encodeSecretSend(requestId: string, secret: string): JsonObject {
  return { request_id: requestId, secret };
}

/** SECURITY: holds the session's key in the export format. Only for Olm. */
export function encodeForwardedRoomKey(key: {
  readonly roomId: RoomId;
  readonly sessionId: SessionId;
  readonly sessionKey: string;
  readonly senderKey: Curve25519PublicKey;
  readonly senderClaimedEd25519: Ed25519PublicKey;
}): JsonObject {
  return {
    algorithm: MEGOLM_ALGORITHM,
    room_id: key.roomId,
    session_id: key.sessionId,
    session_key: key.sessionKey,
    sender_key: key.senderKey,
    sender_claimed_ed25519_key: key.senderClaimedEd25519,
    forwarding_curve25519_key_chain: [],
  };
}

function encodeIds({ requestId, deviceId }: RequestIds): JsonObject {
  return { request_id: requestId, requesting_device_id: deviceId };
}
