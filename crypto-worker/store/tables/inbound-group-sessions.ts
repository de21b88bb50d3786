import type { Curve25519PublicKey, DeviceId, Ed25519PublicKey, RoomId, SessionId, UserId } from "../../../protocol/ids.ts";
import type { InboundSession } from "../../machine/megolm/inbound-session.ts";
import type { SenderData } from "../../machine/megolm/sender-data.ts";
import type { HistoryVisibility } from "../../wire/history-visibility.ts";
import { StoreError, type Database } from "../types.ts";

/** A session with the number that other tables know it by; it keeps that when a better copy replaces it. */
export type StoredInboundSession = InboundSession & { readonly id: number };

/** What an export has of a session. SECURITY: `sessionKey` is secret; unpadded base64. */
export type PortableSession = Pick<StoredInboundSession, "roomId" | "senderKey" | "signingKey" | "sharedHistory"> & {
  readonly sessionId: SessionId;
  readonly sessionKey: string;
};

export type SenderRow = {
  sender_kind: number;
  sender_flags: number;
  sender_user_id: UserId | null;
  sender_device_id: DeviceId | null;
  sender_master_key: Ed25519PublicKey | null;
};

type Row = SenderRow & {
  id: number;
  session_id: SessionId;
  room_id: RoomId;
  sender_key: Curve25519PublicKey;
  signing_key: Ed25519PublicKey | null;
  shared_history: number;
  ratchet: Uint8Array;
  first_known_index: number;
  imported: number;
  history_visibility: HistoryVisibility | null;
  forwarder_user_id: UserId | null;
  forwarder_device_id: DeviceId | null;
  backup_version: string | null;
};

/** When there is no session, nothing but the count is more than null. */
type PageRow = {
  count: number;
  session_ids: string;
  sender_keys: string;
  signing_keys: string;
  shared_history: string;
  room_ids: string;
  ratchets: Buffer;
};

const ALWAYS = `session_id, room_id, sender_key, signing_key, ratchet, first_known_index, imported, shared_history, sender_kind, sender_flags,
  backup_version`;
/** Null for a session that somebody's export or backup gave us. */
const IF_KNOWN = "history_visibility, sender_user_id, sender_device_id, sender_master_key, forwarder_user_id, forwarder_device_id";
const COLUMNS = `id, ${ALWAYS}, ${IF_KNOWN}`;
const INSERT = `INSERT INTO inbound_group_session (${ALWAYS}, ${IF_KNOWN}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT DO NOTHING`;
/** The same without nulls: a tenth of the time that the import of a key takes. */
const INSERT_UNKNOWN = `INSERT INTO inbound_group_session (${ALWAYS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`;
const REPLACE = `INSERT OR REPLACE INTO inbound_group_session (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;
/** Of any key, and of a session id, which is one. */
const KEY_LENGTH = 43;
const NO_KEY = " ".repeat(KEY_LENGTH);
/** Of a ratchet in the export format: 165 bytes, so that the base64 of many is that of each, one after the other. */
const SESSION_KEY_LENGTH = 220;
/** No id has control characters. */
const SEPARATOR = "\n";
/** Each column as one value: an array of its own for each ratchet alone would take longer than all the rest. */
const BETWEEN = `SELECT COUNT(*) AS count, group_concat(session_id, '') AS session_ids, group_concat(sender_key, '') AS sender_keys,
    group_concat(ifnull(signing_key, '${NO_KEY}'), '') AS signing_keys, group_concat(shared_history, '') AS shared_history,
    group_concat(room_id, '${SEPARATOR}') AS room_ids, CAST(group_concat(ratchet, '') AS BLOB) AS ratchets
  FROM inbound_group_session WHERE id > ? AND id <= ?`;

/** Made with the first question: without a backup there is none, and each new row would cost a page more. */
const INDEX_NOT_BACKED_UP =
  "CREATE INDEX IF NOT EXISTS inbound_group_session_not_backed_up ON inbound_group_session (id) WHERE backup_version IS NULL";

const KINDS: readonly SenderData["kind"][] = ["unknownDevice", "deviceInfo", "verificationViolation", "senderUnverified", "senderVerified"];
const LEGACY = 1;
const OWNER_CHECK_FAILED = 2;

/** Megolm sessions that we can decrypt. SECURITY: rows hold keys. */
export class InboundGroupSessionTable {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  find(roomId: RoomId, sessionId: string): StoredInboundSession | undefined {
    const row = this.#database
      .prepare<Row>(`SELECT ${COLUMNS} FROM inbound_group_session WHERE room_id = ? AND session_id = ?`)
      .first(roomId, sessionId);
    return row === undefined ? undefined : fromRow(row);
  }

  /** False when there is a session of this id in this room already. */
  insert(session: InboundSession): boolean {
    const rest = valuesIfKnown(session);
    const inserted = rest.every((value) => value === null)
      ? this.#database.prepare(INSERT_UNKNOWN).run(...values(session))
      : this.#database.prepare(INSERT).run(...values(session), ...rest);
    return inserted.changes === 1;
  }

  /** Writes a better copy over the row. */
  replace(id: number, session: InboundSession): void {
    this.#database.prepare(REPLACE).run(id, ...values(session), ...valuesIfKnown(session));
  }

  updateSenderData(id: number, data: SenderData): void {
    this.#database
      .prepare(
        `UPDATE inbound_group_session SET sender_kind = ?, sender_flags = ?, sender_user_id = ?, sender_device_id = ?, sender_master_key = ?
         WHERE id = ?`,
      )
      .run(...senderValues(data), id);
  }

  /** Whether there is any session whose maker is not known for good. */
  hasUnsettled(): boolean {
    return (
      this.#database.prepare("SELECT 1 AS found FROM inbound_group_session WHERE sender_kind < 2 AND imported = 0 LIMIT 1").first() !==
      undefined
    );
  }

  /** Sessions of one device whose maker is not known for good, after `afterId` in the order of their ids. */
  unsettled(senderKey: Curve25519PublicKey, afterId: number, limit: number): StoredInboundSession[] {
    return this.#database
      .prepare<Row>(
        `SELECT ${COLUMNS} FROM inbound_group_session
         WHERE sender_key = ? AND sender_kind < 2 AND imported = 0 AND id > ? ORDER BY id LIMIT ?`,
      )
      .all(senderKey, afterId, limit)
      .map(fromRow);
  }

  /** Sessions of one room in the order of their session ids, after `afterSessionId`. */
  pageOfRoom(roomId: RoomId, afterSessionId: string, limit: number): StoredInboundSession[] {
    return this.#database
      .prepare<Row>(`SELECT ${COLUMNS} FROM inbound_group_session WHERE room_id = ? AND session_id > ? ORDER BY session_id LIMIT ?`)
      .all(roomId, afterSessionId, limit)
      .map(fromRow);
  }

  /** Those that the enabled backup does not have, oldest first. */
  notBackedUp(limit: number): StoredInboundSession[] {
    this.#database.prepare(INDEX_NOT_BACKED_UP).run();
    return this.#database
      .prepare<Row>(`SELECT ${COLUMNS} FROM inbound_group_session WHERE backup_version IS NULL ORDER BY id LIMIT ?`)
      .all(limit)
      .map(fromRow);
  }

  countNotBackedUp(): number {
    this.#database.prepare(INDEX_NOT_BACKED_UP).run();
    return (
      this.#database.prepare<{ n: number }>("SELECT COUNT(*) AS n FROM inbound_group_session WHERE backup_version IS NULL").first()?.n ?? 0
    );
  }

  /** Unless a better copy has replaced the one that starts at this index. */
  markBackedUp(id: number, firstKnownIndex: number, version: string): void {
    this.#database
      .prepare("UPDATE inbound_group_session SET backup_version = ? WHERE id = ? AND first_known_index = ?")
      .run(version, id, firstKnownIndex);
  }

  /** Takes all marks back but those of `exceptVersion`. */
  resetBackedUp(exceptVersion: string | undefined): void {
    this.#database
      .prepare("UPDATE inbound_group_session SET backup_version = NULL WHERE backup_version IS NOT NULL AND backup_version IS NOT ?")
      .run(exceptVersion ?? null);
  }

  count(): number {
    return this.#database.prepare<{ n: number }>("SELECT COUNT(*) AS n FROM inbound_group_session").first()?.n ?? 0;
  }

  /** The id of the newest row, or 0. A better copy of a session keeps the row, so that every session of now is at or before it. */
  lastId(): number {
    return this.#database.prepare<{ id: number | null }>("SELECT MAX(id) AS id FROM inbound_group_session").first()?.id ?? 0;
  }

  /** The sessions with ids after `after`, up to `upTo`. The range bounds how many they are. */
  between(after: number, upTo: number): PortableSession[] {
    const row = this.#database.prepare<PageRow>(BETWEEN).first(after, upTo);
    if (row === undefined || row.count === 0) return [];
    const roomIds = row.room_ids.split(SEPARATOR) as RoomId[];
    const sessionKeys = row.ratchets.toString("base64");
    row.ratchets.fill(0);
    const keys = [row.session_ids, row.sender_keys, row.signing_keys];
    if (keys.some(({ length }) => length !== row.count * KEY_LENGTH)) throw new StoreError("corrupt");
    if (sessionKeys.length !== row.count * SESSION_KEY_LENGTH || roomIds.length !== row.count) throw new StoreError("corrupt");
    const keyAt = (column: string, at: number): string => column.slice(at * KEY_LENGTH, (at + 1) * KEY_LENGTH);
    return roomIds.map((roomId, at) => {
      const signingKey = keyAt(row.signing_keys, at);
      return {
        roomId,
        sessionId: keyAt(row.session_ids, at) as SessionId,
        senderKey: keyAt(row.sender_keys, at) as Curve25519PublicKey,
        signingKey: signingKey === NO_KEY ? undefined : (signingKey as Ed25519PublicKey),
        sessionKey: sessionKeys.slice(at * SESSION_KEY_LENGTH, (at + 1) * SESSION_KEY_LENGTH),
        sharedHistory: row.shared_history[at] === "1",
      };
    });
  }
}

function values(session: InboundSession) {
  const [kind, flags] = senderValues(session.senderData);
  return [
    session.ratchet.sessionId,
    session.roomId,
    session.senderKey,
    session.signingKey ?? null,
    session.ratchet.bytes,
    session.ratchet.firstKnownIndex,
    session.imported ? 1 : 0,
    session.sharedHistory ? 1 : 0,
    kind,
    flags,
    session.backupVersion ?? null,
  ] as const;
}

function valuesIfKnown({ historyVisibility, senderData, forwarder }: InboundSession) {
  const [, , ...sender] = senderValues(senderData);
  return [historyVisibility ?? null, ...sender, forwarder?.userId ?? null, forwarder?.deviceId ?? null] as const;
}

export function senderValues(data: SenderData) {
  const kind = KINDS.indexOf(data.kind);
  switch (data.kind) {
    case "unknownDevice":
      return [kind, (data.legacy ? LEGACY : 0) | (data.ownerCheckFailed ? OWNER_CHECK_FAILED : 0), null, null, null] as const;
    case "deviceInfo":
      return [kind, data.legacy ? LEGACY : 0, data.userId, data.deviceId, null] as const;
    case "verificationViolation":
    case "senderUnverified":
    case "senderVerified":
      return [kind, 0, data.userId, data.deviceId, data.masterKey] as const;
  }
}

function fromRow(row: Row): StoredInboundSession {
  return {
    id: row.id,
    roomId: row.room_id,
    ratchet: { sessionId: row.session_id, firstKnownIndex: row.first_known_index, bytes: row.ratchet },
    senderKey: row.sender_key,
    signingKey: row.signing_key ?? undefined,
    sharedHistory: row.shared_history === 1,
    senderData: senderFromRow(row),
    imported: row.imported === 1,
    forwarder:
      row.forwarder_user_id === null || row.forwarder_device_id === null
        ? undefined
        : { userId: row.forwarder_user_id, deviceId: row.forwarder_device_id },
    historyVisibility: row.history_visibility ?? undefined,
    backupVersion: row.backup_version ?? undefined,
  };
}

export function senderFromRow(row: SenderRow): SenderData {
  const kind = KINDS[row.sender_kind] ?? "unknownDevice";
  const legacy = (row.sender_flags & LEGACY) !== 0;
  const unknown: SenderData = { kind: "unknownDevice", legacy, ownerCheckFailed: (row.sender_flags & OWNER_CHECK_FAILED) !== 0 };
  if (kind === "unknownDevice" || row.sender_user_id === null || row.sender_device_id === null) return unknown;
  const owner = { userId: row.sender_user_id, deviceId: row.sender_device_id };
  if (kind === "deviceInfo") return { kind, ...owner, legacy };
  return row.sender_master_key === null ? unknown : { kind, ...owner, masterKey: row.sender_master_key };
}
