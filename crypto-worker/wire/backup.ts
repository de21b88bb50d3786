import { parseRoomId, parseSessionId, type Curve25519PublicKey, type RoomId, type SessionId } from "../../protocol/ids.ts";
import { err, ok, type Result } from "../../protocol/result.ts";
import { parseCurve25519Key } from "../primitives/curve25519.ts";
import type { PkMessage } from "../primitives/pk.ts";
import { isJsonObject, isWithinDepth, objectField, stringField, type JsonObject } from "./json.ts";

// E2EE §Server-side key backups. Whoever keeps the backup can change anything in it: see machine/backup/backup-entry.ts.

export const BACKUP_ALGORITHM = "m.megolm_backup.v1.curve25519-aes-sha2";

/** The body of `GET /room_keys/version`, or what is about to be one. */
export type BackupInfo = {
  readonly publicKey: Curve25519PublicKey;
  /** As received, for signature checks. */
  readonly authData: JsonObject;
  /** Undefined before the server has made one. */
  readonly version: string | undefined;
};

/** One entry of a backup, still encrypted. */
export type BackupEntry = { readonly roomId: RoomId; readonly sessionId: SessionId; readonly message: PkMessage };

export type BackupInfoFailure = "not-an-object" | "unsupported-algorithm" | "invalid-public-key" | "low-order-key" | "invalid-version";
export type BackupEntryFailure = "not-an-object" | "invalid-room-id" | "invalid-session-id" | "invalid-session-data";

const MAX_DEPTH = 16;
const MAX_VERSION = 255;
const MAX_FIELD = 1 << 16;

export function parseBackupInfo(value: unknown): Result<BackupInfo, BackupInfoFailure> {
  if (!isJsonObject(value) || !isWithinDepth(value, MAX_DEPTH)) return err("not-an-object");
  if (stringField(value, "algorithm") !== BACKUP_ALGORITHM) return err("unsupported-algorithm");
  const authData = objectField(value, "auth_data");
  if (authData === undefined) return err("not-an-object");
  const publicKey = parseCurve25519Key(stringField(authData, "public_key"));
  if (!publicKey.ok) return err(publicKey.error === "low-order-key" ? "low-order-key" : "invalid-public-key");
  const version = Object.hasOwn(value, "version") ? stringField(value, "version") : undefined;
  if (Object.hasOwn(value, "version") && !isBackupVersion(version)) return err("invalid-version");
  return ok({ publicKey: publicKey.value, authData, version });
}

/** Opaque; the server chooses it. */
export function isBackupVersion(value: unknown): value is string {
  return typeof value === "string" && value.length > 0 && value.length <= MAX_VERSION;
}

/** The entries of the body of `GET /room_keys/keys`, unchecked: `parseBackupEntry` looks at each. */
export function* entriesOfBackup(body: unknown): Generator<readonly [roomId: string, sessionId: string, entry: unknown]> {
  const rooms = isJsonObject(body) ? objectField(body, "rooms") : undefined;
  for (const [roomId, room] of Object.entries(rooms ?? {})) {
    const sessions = isJsonObject(room) ? objectField(room, "sessions") : undefined;
    for (const [sessionId, entry] of Object.entries(sessions ?? {})) yield [roomId, sessionId, entry];
  }
}

/** `entry` is what the server has for this session. Its counters are ignored: they are for the server's choice between two copies. */
export function parseBackupEntry(roomId: unknown, sessionId: unknown, entry: unknown): Result<BackupEntry, BackupEntryFailure> {
  const room = parseRoomId(roomId);
  if (!room.ok) return room;
  const session = parseSessionId(sessionId);
  if (!session.ok) return session;
  if (!isJsonObject(entry)) return err("not-an-object");
  const data = objectField(entry, "session_data") ?? {};
  const [ephemeral, ciphertext, mac] = [stringField(data, "ephemeral"), stringField(data, "ciphertext"), stringField(data, "mac")];
  if (ephemeral === undefined || ciphertext === undefined || mac === undefined) return err("invalid-session-data");
  if (ephemeral.length > 44 || ciphertext.length > MAX_FIELD || mac.length > 44) return err("invalid-session-data");
  return ok({ roomId: room.value, sessionId: session.value, message: { ephemeral, ciphertext, mac } });
}

export type BackupEntryMetadata = { readonly firstMessageIndex: number; readonly forwarded: boolean };

/** `KeyBackupData`. Nothing is ever `is_verified`: that would be a claim which nobody can check. */
export function encodeBackupEntry(
  { ephemeral, ciphertext, mac }: PkMessage,
  { firstMessageIndex, forwarded }: BackupEntryMetadata,
): JsonObject {
  return {
    first_message_index: firstMessageIndex,
    forwarded_count: forwarded ? 1 : 0,
    is_verified: false,
    session_data: { ephemeral, ciphertext, mac },
  };
}
