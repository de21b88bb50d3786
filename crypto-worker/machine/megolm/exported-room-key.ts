import { parseCurve25519PublicKey, parseEd25519PublicKey, parseRoomId } from "../../../protocol/ids.ts";
import { err, ok, type Result } from "../../../protocol/result.ts";
import { MEGOLM_ALGORITHM } from "../../wire/algorithms.ts";
import type { PortableSession } from "../../store/tables/inbound-group-sessions.ts";
import { isJsonObject, objectField, stringField } from "../../wire/json.ts";
import { parseSharedHistory } from "../../wire/to-device-events.ts";
import { encodeExportedKey, parseExportedKey } from "./inbound-ratchet.ts";
import type { InboundSession } from "./inbound-session.ts";
import { LEGACY_SENDER } from "./sender-data.ts";

/** A session as key exports and backups have it (E2EE §Key exports). SECURITY: `session_key` is secret. */
export type ExportedRoomKey = {
  readonly algorithm: typeof MEGOLM_ALGORITHM;
  readonly room_id: string;
  readonly sender_key: string;
  readonly session_id: string;
  readonly session_key: string;
  readonly sender_claimed_keys: { readonly ed25519?: string };
  readonly forwarding_curve25519_key_chain: readonly string[];
  readonly shared_history: boolean;
  readonly "org.matrix.msc3061.shared_history": boolean;
};

export type ExportedRoomKeyFailure =
  "not-an-object" | "unsupported-algorithm" | "invalid-room-id" | "invalid-key" | "invalid-session-key" | "mismatched-session-id";

/** Nobody fills it any more. */
const NO_CHAIN: readonly string[] = [];

/** SECURITY: dangerous. Gives the key from its first known index on. */
export function encodeExportedRoomKey(session: InboundSession): ExportedRoomKey {
  const { sessionId, bytes } = session.ratchet;
  return encodePortableSession({ ...session, sessionId, sessionKey: encodeExportedKey(bytes) });
}

/** SECURITY: as dangerous. */
export function encodePortableSession(session: PortableSession): ExportedRoomKey {
  return {
    algorithm: MEGOLM_ALGORITHM,
    room_id: session.roomId,
    sender_key: session.senderKey,
    session_id: session.sessionId,
    session_key: session.sessionKey,
    sender_claimed_keys: session.signingKey === undefined ? {} : { ed25519: session.signingKey },
    forwarding_curve25519_key_chain: NO_CHAIN,
    shared_history: session.sharedHistory,
    "org.matrix.msc3061.shared_history": session.sharedHistory,
  };
}

/** Nothing in an export is authenticated, so a session from one is never more than a claim. */
export function parseExportedRoomKey(value: unknown, backupVersion?: string): Result<InboundSession, ExportedRoomKeyFailure> {
  if (!isJsonObject(value)) return err("not-an-object");
  if (stringField(value, "algorithm") !== MEGOLM_ALGORITHM) return err("unsupported-algorithm");
  const roomId = parseRoomId(stringField(value, "room_id"));
  if (!roomId.ok) return roomId;
  const senderKey = parseCurve25519PublicKey(stringField(value, "sender_key"));
  if (!senderKey.ok) return err("invalid-key");
  const ratchet = parseExportedKey(stringField(value, "session_key"));
  if (!ratchet.ok) return ratchet;
  if (ratchet.value.sessionId !== stringField(value, "session_id")) return err("mismatched-session-id");
  const signingKey = parseEd25519PublicKey(stringField(objectField(value, "sender_claimed_keys") ?? {}, "ed25519"));
  return ok({
    roomId: roomId.value,
    ratchet: ratchet.value,
    senderKey: senderKey.value,
    signingKey: signingKey.ok ? signingKey.value : undefined,
    senderData: LEGACY_SENDER,
    imported: true,
    forwarder: undefined,
    sharedHistory: parseSharedHistory(value),
    historyVisibility: undefined,
    backupVersion,
  });
}
