import { canonicalJson, integerOr, isObject, objectOr, stringOr, type JsonObject } from "./json.ts";
import { badJson, invalidParam, MatrixError, notFound } from "./matrix-error.ts";

type BackupVersion = { version: string; algorithm: string; authData: unknown; etag: number; rooms: Map<string, Map<string, JsonObject>> };

/** Key backups: versions, and the keys of the current one. */
export class Backups {
  readonly #versions = new Map<string, BackupVersion[]>();
  readonly #counters = new Map<string, number>();

  create(userId: string, body: JsonObject): { version: string } {
    const { algorithm, authData } = parseInfo(body);
    const number = (this.#counters.get(userId) ?? 0) + 1;
    this.#counters.set(userId, number);
    const versions = this.#versions.get(userId) ?? [];
    versions.push({ version: String(number), algorithm, authData, etag: 0, rooms: new Map() });
    this.#versions.set(userId, versions);
    return { version: String(number) };
  }

  info(userId: string, version?: string): JsonObject {
    const backup = this.#find(userId, version);
    return { algorithm: backup.algorithm, auth_data: backup.authData, version: backup.version, ...changed(backup) };
  }

  summary(userId: string): { version: string; count: number; etag: string } | undefined {
    const backup = this.#versions.get(userId)?.at(-1);
    return backup === undefined ? undefined : { version: backup.version, ...changed(backup) };
  }

  update(userId: string, version: string, body: JsonObject): void {
    const { algorithm, authData } = parseInfo(body);
    const named = stringOr(body["version"], version);
    if (named !== version) throw invalidParam("Version in body does not match");
    const backup = this.#find(userId, version);
    if (backup.algorithm !== algorithm) throw invalidParam("Algorithm does not match");
    backup.authData = authData;
  }

  remove(userId: string, version: string): void {
    const backup = this.#find(userId, version);
    const versions = this.#versions.get(userId) ?? [];
    versions.splice(versions.indexOf(backup), 1);
  }

  /** Stores keys of the current version only; of two keys for a session the better one stays. */
  putKeys(userId: string, version: string | undefined, rooms: JsonObject): JsonObject {
    const backup = this.#current(userId, version);
    let isChanged = false;
    for (const [roomId, room] of Object.entries(rooms)) {
      const sessions = backup.rooms.get(roomId) ?? new Map<string, JsonObject>();
      backup.rooms.set(roomId, sessions);
      for (const [sessionId, key] of Object.entries(objectOr(objectOr(room)["sessions"]))) {
        if (!isObject(key) || !isObject(key["session_data"])) throw badJson("Invalid key backup entry");
        const known = sessions.get(sessionId);
        if (known !== undefined && !isBetter(key, known)) continue;
        isChanged ||= known === undefined || canonicalJson(known) !== canonicalJson(key);
        sessions.set(sessionId, key);
      }
    }
    if (isChanged) backup.etag++;
    return changed(backup);
  }

  keys(userId: string, version: string | undefined, roomId?: string, sessionId?: string): JsonObject {
    const { rooms } = this.#find(userId, requireVersion(version));
    if (roomId === undefined)
      return { rooms: Object.fromEntries([...rooms].map(([id, sessions]) => [id, { sessions: Object.fromEntries(sessions) }])) };
    const sessions = rooms.get(roomId);
    if (sessionId === undefined) return { sessions: Object.fromEntries(sessions ?? []) };
    const key = sessions?.get(sessionId);
    if (key === undefined) throw notFound("No room_keys found");
    return key;
  }

  removeKeys(userId: string, version: string | undefined, roomId?: string, sessionId?: string): JsonObject {
    const backup = this.#current(userId, version);
    if (roomId === undefined) backup.rooms.clear();
    else if (sessionId === undefined) backup.rooms.delete(roomId);
    else backup.rooms.get(roomId)?.delete(sessionId);
    backup.etag++;
    return changed(backup);
  }

  #find(userId: string, version: string | undefined): BackupVersion {
    const versions = this.#versions.get(userId) ?? [];
    const backup = version === undefined ? versions.at(-1) : versions.find((candidate) => candidate.version === version);
    if (backup === undefined) throw notFound("No backup found");
    return backup;
  }

  #current(userId: string, version: string | undefined): BackupVersion {
    const current = this.#find(userId, undefined);
    if (current.version !== requireVersion(version))
      throw new MatrixError(403, "M_WRONG_ROOM_KEYS_VERSION", "Wrong backup version.", { current_version: current.version });
    return current;
  }
}

function requireVersion(version: string | undefined): string {
  if (version === undefined) throw new MatrixError(400, "M_MISSING_PARAM", "Missing version");
  return version;
}

function parseInfo(body: JsonObject): { algorithm: string; authData: JsonObject } {
  const algorithm = body["algorithm"];
  const authData = body["auth_data"];
  if (typeof algorithm !== "string" || !isObject(authData)) throw badJson("algorithm and auth_data are needed");
  return { algorithm, authData };
}

function changed(backup: BackupVersion): { count: number; etag: string } {
  let count = 0;
  for (const sessions of backup.rooms.values()) count += sessions.size;
  return { count, etag: String(backup.etag) };
}

/** Client-server API, "Backup algorithm": verified first, then the lower first index, then the lower forwarded count. */
function isBetter(candidate: JsonObject, known: JsonObject): boolean {
  const isVerified = candidate["is_verified"] === true;
  if (isVerified !== (known["is_verified"] === true)) return isVerified;
  const index = integerOr(candidate["first_message_index"], 0) - integerOr(known["first_message_index"], 0);
  if (index !== 0) return index < 0;
  return integerOr(candidate["forwarded_count"], 0) < integerOr(known["forwarded_count"], 0);
}
