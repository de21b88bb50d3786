import { MEGOLM_ALGORITHM } from "../../wire/algorithms.ts";
import type { encodeForwardedRoomKey } from "../../wire/gossip-content.ts";
import type { ForwardedRoomKeyContent } from "../../wire/to-device-events.ts";
import type { Forwarder } from "./encryption-info.ts";
import { parseExportedKey } from "./inbound-ratchet.ts";
import type { InboundSessions, OpenInboundSession } from "./inbound-sessions.ts";
import type { RoomKeyInfo } from "./room-key.ts";
import { UNKNOWN_SENDER } from "./sender-data.ts";

export type ForwardedRoomKey = Parameters<typeof encodeForwardedRoomKey>[0];

export type ForwardedImport =
  | { readonly kind: "added"; readonly roomKey: RoomKeyInfo }
  /** We have all that it gives. */
  | { readonly kind: "known" }
  /** No key, or not of the session that it claims to be. */
  | { readonly kind: "refused" };

/** The session from `index` on, or from the first one that we know. Undefined where we cannot say who claims to have made it. */
export function forwardedRoomKeyOf({ record, ratchet }: OpenInboundSession, index: number): ForwardedRoomKey | undefined {
  if (record.signingKey === undefined) return undefined;
  const exported = ratchet.exportSession(Math.max(index, record.ratchet.firstKnownIndex));
  if (!exported.ok) return undefined;
  return {
    roomId: record.roomId,
    sessionId: record.ratchet.sessionId,
    sessionKey: exported.value,
    senderKey: record.senderKey,
    senderClaimedEd25519: record.signingKey,
  };
}

/** SECURITY: who made the session is the forwarder's word, so it never counts as known. Whether the forwarder may send it at all is for the caller. */
export function importForwardedRoomKey(sessions: InboundSessions, key: ForwardedRoomKeyContent, forwarder: Forwarder): ForwardedImport {
  const ratchet = parseExportedKey(key.sessionKey);
  if (!ratchet.ok || ratchet.value.sessionId !== key.sessionId) return { kind: "refused" };
  const { roomId, sessionId, senderKey } = key;
  const added = sessions.add({
    roomId,
    ratchet: ratchet.value,
    senderKey,
    signingKey: key.senderClaimedEd25519,
    senderData: UNKNOWN_SENDER,
    imported: true,
    forwarder,
    // What is shared with people who come later is decided by who made the session, not by who passes it on.
    sharedHistory: false,
    historyVisibility: undefined,
    backupVersion: undefined,
  });
  if (added) return { kind: "added", roomKey: { roomId, sessionId, senderKey, algorithm: MEGOLM_ALGORITHM } };
  const known = sessions.find(roomId, sessionId);
  const isCovered = known !== undefined && known.record.ratchet.firstKnownIndex <= ratchet.value.firstKnownIndex;
  return isCovered ? { kind: "known" } : { kind: "refused" };
}
