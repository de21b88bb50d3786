import { err, ok, type Result } from "../../../protocol/result.ts";
import type { PkDecryption, PkEncryption } from "../../primitives/pk.ts";
import { encodeBackupEntry, parseBackupEntry, type BackupEntryFailure } from "../../wire/backup.ts";
import { parseJsonObject, type JsonObject } from "../../wire/json.ts";
import { encodeExportedRoomKey, parseExportedRoomKey, type ExportedRoomKeyFailure } from "../megolm/exported-room-key.ts";
import type { InboundSession } from "../megolm/inbound-session.ts";

/** `decryption`: not encrypted to this key, or damaged. `mismatched-session-id`: another session than the one that it is filed as. */
export type BackedUpKeyFailure = BackupEntryFailure | ExportedRoomKeyFailure | "decryption" | "invalid-plaintext";

const LIMITS = { maxBytes: 1 << 16, maxDepth: 16 };

/** SECURITY: the room key from its first known index on, encrypted to the backup's public key. */
export function encryptBackupEntry(encryption: PkEncryption, session: InboundSession): JsonObject {
  // Where the key is filed says which session it is.
  const { room_id: _room, session_id: _session, ...key } = encodeExportedRoomKey(session);
  const message = encryption.encrypt(JSON.stringify(key));
  return encodeBackupEntry(message, { firstMessageIndex: session.ratchet.firstKnownIndex, forwarded: session.imported });
}

/**
 * One entry of a backup as a session.
 *
 * SECURITY: the MAC of this algorithm covers nothing (E2EE §Backup algorithm), and anybody can encrypt to a public key. So everything here may be the
 * server's work: the session is a claim without proof of who made it (shown as such), and goes through the same checks as one from a key file. That a key
 * is filed under the wrong room shows when an event is decrypted, which names its room inside.
 */
export function decryptBackupEntry(
  decryption: PkDecryption,
  [roomId, sessionId, entry]: readonly [roomId: unknown, sessionId: unknown, entry: unknown],
  backupVersion: string | undefined,
): Result<InboundSession, BackedUpKeyFailure> {
  const parsed = parseBackupEntry(roomId, sessionId, entry);
  if (!parsed.ok) return parsed;
  const plaintext = decryption.decrypt(parsed.value.message);
  if (!plaintext.ok) return err("decryption");
  const key = parseJsonObject(plaintext.value, LIMITS);
  if (!key.ok) return err("invalid-plaintext");
  const filed = { ...key.value, room_id: parsed.value.roomId, session_id: parsed.value.sessionId };
  const session = parseExportedRoomKey(filed, backupVersion);
  return session.ok ? ok(session.value) : session;
}
