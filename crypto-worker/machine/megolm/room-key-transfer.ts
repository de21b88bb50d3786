import type { Curve25519PublicKey, RoomId, SessionId } from "../../../protocol/ids.ts";
import { MEGOLM_ALGORITHM } from "../../wire/algorithms.ts";
import type { MachineContext } from "../context.ts";
import { encodePortableSession, parseExportedRoomKey, type ExportedRoomKey } from "./exported-room-key.ts";
import type { InboundSessions } from "./inbound-sessions.ts";
import type { RoomKeyInfo } from "./room-key.ts";

/** Picks sessions for an export. */
export type RoomKeyPredicate = (key: {
  readonly roomId: RoomId;
  readonly sessionId: SessionId;
  readonly senderKey: Curve25519PublicKey;
}) => boolean;

export type ImportOptions = {
  /** Called now and then, and once at the end. */
  readonly onProgress?: (processed: number, total: number) => void;
  /** The key backup that the keys come from, so that they are not uploaded to it again. */
  readonly backupVersion?: string;
};

export type ImportResult = {
  /** New or better than what we had. */
  readonly importedCount: number;
  readonly totalCount: number;
  readonly roomKeys: readonly RoomKeyInfo[];
};

const EXPORT_PAGE = 1000;
const PROGRESS_EVERY = 100;

/** SECURITY: dangerous. Every matching key that we have. */
export function exportRoomKeys(context: MachineContext, predicate?: RoomKeyPredicate): ExportedRoomKey[] {
  const exported: ExportedRoomKey[] = [];
  const { inboundGroupSessions } = context.store;
  const last = inboundGroupSessions.lastId();
  for (let after = 0; after < last; after += EXPORT_PAGE) {
    for (const session of inboundGroupSessions.between(after, after + EXPORT_PAGE)) {
      const { roomId, senderKey, sessionId } = session;
      if (predicate === undefined || predicate({ roomId, senderKey, sessionId })) exported.push(encodePortableSession(session));
    }
  }
  return exported;
}

/** Takes what is better than ours; an entry that makes no sense is skipped. */
export function importRoomKeys(sessions: InboundSessions, keys: readonly unknown[], options: ImportOptions): ImportResult {
  const roomKeys: RoomKeyInfo[] = [];
  keys.forEach((key, at) => {
    const session = parseExportedRoomKey(key, options.backupVersion);
    if (session.ok && sessions.add(session.value)) {
      const { roomId, senderKey, ratchet } = session.value;
      roomKeys.push({ roomId, senderKey, sessionId: ratchet.sessionId, algorithm: MEGOLM_ALGORITHM });
    }
    if ((at + 1) % PROGRESS_EVERY === 0 && at + 1 < keys.length) options.onProgress?.(at + 1, keys.length);
  });
  options.onProgress?.(keys.length, keys.length);
  return { importedCount: roomKeys.length, totalCount: keys.length, roomKeys };
}
