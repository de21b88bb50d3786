import type { Curve25519PublicKey, RoomId, SessionId } from "../../../protocol/ids.ts";
import { err, ok, type Result } from "../../../protocol/result.ts";
import { MEGOLM_ALGORITHM } from "../../wire/algorithms.ts";
import type { JsonObject } from "../../wire/json.ts";
import { parseRoomKey as parseRoomKeyContent, type ToDeviceFailure } from "../../wire/to-device-events.ts";
import { parseSessionKey, type InboundRatchet } from "./inbound-ratchet.ts";

/** What the app is told of a key that arrived. */
export type RoomKeyInfo = {
  readonly roomId: RoomId;
  readonly sessionId: SessionId;
  readonly senderKey: Curve25519PublicKey;
  readonly algorithm: typeof MEGOLM_ALGORITHM;
};

export type RoomKey = { readonly roomId: RoomId; readonly ratchet: InboundRatchet; readonly sharedHistory: boolean };

export type RoomKeyFailure = ToDeviceFailure | "bad-signature" | "mismatched-session-id";

/** The content of an `m.room_key`. The session id is what the key says: one that claims another is refused. */
export function parseRoomKey(content: JsonObject): Result<RoomKey, RoomKeyFailure> {
  const parsed = parseRoomKeyContent(content);
  if (!parsed.ok) return parsed;
  const { roomId, sessionId, sessionKey, sharedHistory } = parsed.value;
  const ratchet = parseSessionKey(sessionKey);
  if (!ratchet.ok) return ratchet;
  return ratchet.value.sessionId === sessionId ? ok({ roomId, ratchet: ratchet.value, sharedHistory }) : err("mismatched-session-id");
}

/** SECURITY: holds the session key. */
export function encodeRoomKey(roomId: RoomId, sessionId: string, sessionKey: string, sharedHistory: boolean): JsonObject {
  return {
    algorithm: MEGOLM_ALGORITHM,
    room_id: roomId,
    session_id: sessionId,
    session_key: sessionKey,
    shared_history: sharedHistory,
    "org.matrix.msc3061.shared_history": sharedHistory,
  };
}
