import { parseRoomId, type Curve25519PublicKey, type RoomId, type SessionId } from "../../../protocol/ids.ts";
import { err, ok, type Result } from "../../../protocol/result.ts";
import { MEGOLM_ALGORITHM } from "../../wire/algorithms.ts";
import { booleanField, field, stringField, type JsonObject } from "../../wire/json.ts";
import { parseSessionKey, type InboundRatchet } from "./inbound-ratchet.ts";

/** What the app is told of a key that arrived. */
export type RoomKeyInfo = {
  readonly roomId: RoomId;
  readonly sessionId: SessionId;
  readonly senderKey: Curve25519PublicKey;
  readonly algorithm: typeof MEGOLM_ALGORITHM;
};

export type RoomKey = { readonly roomId: RoomId; readonly ratchet: InboundRatchet; readonly sharedHistory: boolean };

export type RoomKeyFailure =
  "unsupported-algorithm" | "invalid-room-id" | "invalid-session-key" | "bad-signature" | "mismatched-session-id";

/** The content of an `m.room_key`. The session id is what the key says: one that claims another is refused. */
export function parseRoomKey(content: JsonObject): Result<RoomKey, RoomKeyFailure> {
  if (stringField(content, "algorithm") !== MEGOLM_ALGORITHM) return err("unsupported-algorithm");
  const roomId = parseRoomId(stringField(content, "room_id"));
  if (!roomId.ok) return roomId;
  const ratchet = parseSessionKey(stringField(content, "session_key"));
  if (!ratchet.ok) return ratchet;
  if (ratchet.value.sessionId !== stringField(content, "session_id")) return err("mismatched-session-id");
  return ok({ roomId: roomId.value, ratchet: ratchet.value, sharedHistory: parseSharedHistory(content) });
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

/** Stable name first (MSC3061, MSC4268). Anything but `true` means no. */
export function parseSharedHistory(content: JsonObject): boolean {
  return field(content, "shared_history") === undefined
    ? booleanField(content, "org.matrix.msc3061.shared_history") === true
    : booleanField(content, "shared_history") === true;
}
