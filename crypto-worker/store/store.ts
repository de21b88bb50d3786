import { closeSync, existsSync, fsyncSync, openSync, readSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import SQLite from "better-sqlite3-multiple-ciphers";
import { KeyCheck } from "./key-check.ts";
import { LazyTables } from "./lazy-tables.ts";
import { makeBaseTables, migrate } from "./migrate.ts";
import { sqliteBinding } from "./native-module.ts";
import { SqliteDatabase } from "./sqlite-database.ts";
import { storeErrorFrom } from "./sqlite-error.ts";
import { AccountTable } from "./tables/account.ts";
import { CrossSigningKeyTable } from "./tables/cross-signing-keys.ts";
import { DehydrationTable } from "./tables/dehydration.ts";
import { DeviceTable } from "./tables/devices.ts";
import { IdentityTable } from "./tables/identities.ts";
import { OlmHashTable } from "./tables/olm-hashes.ts";
import { OlmSessionTable } from "./tables/olm-sessions.ts";
import { ToDeviceRequestTable } from "./tables/to-device-requests.ts";
import { TrackedUserTable } from "./tables/tracked-users.ts";
import { WedgedDeviceTable } from "./tables/wedged-devices.ts";
import { CustomValueTable } from "./tables/custom-values.ts";
import { SessionTable } from "./tables/session.ts";
import { AccountDataTable } from "./tables/account-data.ts";
import { DraftTable } from "./tables/drafts.ts";
import { EventTable } from "./tables/events.ts";
import { ReceiptTable } from "./tables/receipts.ts";
import { RoomMemberTable } from "./tables/room-members.ts";
import { RoomStateTable } from "./tables/room-state.ts";
import { RoomTable } from "./tables/rooms.ts";
import { SearchIndexTable } from "./tables/search-index.ts";
import { SendQueueTable } from "./tables/send-queue.ts";
import { TimelineGapTable } from "./tables/timeline-gaps.ts";
import { InboundGroupSessionTable } from "./tables/inbound-group-sessions.ts";
import { KeyRequestTable } from "./tables/key-requests.ts";
import { MegolmMessageIndexTable } from "./tables/megolm-message-indices.ts";
import { OutgoingAttachmentTable } from "./tables/outgoing-attachments.ts";
import { OutboundGroupSessionTable } from "./tables/outbound-group-sessions.ts";
import { RoomKeyShareTable } from "./tables/room-key-shares.ts";
import { OnlyTrustedRoomTable } from "./tables/only-trusted-rooms.ts";
import { RoomSettingsTable } from "./tables/room-settings.ts";
import { HistoryShareTable } from "./tables/history-shares.ts";
import { BackupKeyTable } from "./tables/backup-keys.ts";
import { KeyBundleTable } from "./tables/key-bundles.ts";
import { SessionClaimTable } from "./tables/session-claims.ts";
import { SecretRequestTable } from "./tables/secret-requests.ts";
import { SecretsInboxTable } from "./tables/secrets-inbox.ts";
import { SignatureUploadTable } from "./tables/signature-uploads.ts";
import { WaitingRequestTable } from "./tables/waiting-requests.ts";
import { WithheldSessionTable } from "./tables/withheld-sessions.ts";
import { StoreError, type Database } from "./types.ts";

/** Everything of one account: a database and the tables of the machine and the client over it. */
export type CryptoStore = Database & {
  readonly session: SessionTable;
  readonly customValues: CustomValueTable;
  readonly account: AccountTable;
  readonly crossSigningKeys: CrossSigningKeyTable;
  readonly devices: DeviceTable;
  readonly identities: IdentityTable;
  readonly olmHashes: OlmHashTable;
  readonly olmSessions: OlmSessionTable;
  readonly signatureUploads: SignatureUploadTable;
  readonly toDeviceRequests: ToDeviceRequestTable;
  readonly trackedUsers: TrackedUserTable;
  readonly wedgedDevices: WedgedDeviceTable;
  readonly accountData: AccountDataTable;
  readonly drafts: DraftTable;
  readonly events: EventTable;
  readonly receipts: ReceiptTable;
  readonly members: RoomMemberTable;
  readonly roomState: RoomStateTable;
  readonly rooms: RoomTable;
  readonly searchIndex: SearchIndexTable;
  readonly sendQueue: SendQueueTable;
  readonly outgoingAttachments: OutgoingAttachmentTable;
  readonly gaps: TimelineGapTable;
  readonly inboundGroupSessions: InboundGroupSessionTable;
  readonly sessionClaims: SessionClaimTable;
  readonly megolmMessageIndices: MegolmMessageIndexTable;
  readonly outboundGroupSessions: OutboundGroupSessionTable;
  readonly roomKeyShares: RoomKeyShareTable;
  readonly roomSettings: RoomSettingsTable;
  readonly onlyTrustedRooms: OnlyTrustedRoomTable;
  readonly withheldSessions: WithheldSessionTable;
  readonly keyRequests: KeyRequestTable;
  readonly secretRequests: SecretRequestTable;
  readonly secretsInbox: SecretsInboxTable;
  readonly waitingRequests: WaitingRequestTable;
  readonly backupKeys: BackupKeyTable;
  readonly keyBundles: KeyBundleTable;
  readonly dehydration: DehydrationTable;
  readonly historyShares: HistoryShareTable;
  /** Flushes and closes; the same path can be opened again at once. */
  close(): void;
};

export type SqlCipherStoreOptions = {
  readonly path: string;
  /** 32 bytes, used as SQLCipher's raw key: no KDF runs. */
  readonly key: Uint8Array;
  /** `open` refuses where there is no file, `create` where there is one. */
  readonly mode?: "open" | "create" | "open-or-create";
};

/** better-sqlite3-multiple-ciphers 13 is built for this Node-API; an older one crashes the process instead of failing. */
const REQUIRED_NODE_API = 10;

/** NORMAL keeps every commit over a crash of the process; `requireDurability` adds the fsync where a power cut matters. */
const SETTINGS = `
  PRAGMA synchronous=NORMAL;
  PRAGMA temp_store=MEMORY;
  PRAGMA secure_delete=ON;
  PRAGMA foreign_keys=ON;
  PRAGMA trusted_schema=OFF;
  PRAGMA cache_size=-16000;`;

/**
 * Opens the account's SQLCipher file, creating it where `mode` allows.
 * @throws StoreError; whatever its code, the file is left as it was
 */
export function openSqlCipherStore({ path, key, mode = "open-or-create" }: SqlCipherStoreOptions): CryptoStore {
  if (key.byteLength !== 32) throw new RangeError("a store key has 32 bytes");
  requireNodeApi();
  try {
    const keyCheck = new KeyCheck(path, key);
    if (isMissing(path, mode, keyCheck.exists)) {
      removeUnfinished(path);
      return create(path, key, keyCheck);
    }
    return openExisting(path, key, keyCheck);
  } catch (error) {
    throw storeErrorFrom(error);
  }
}

/** The same tables and SQL in memory: for tests, benchmarks and short-lived machines. */
export function openMemoryStore(): CryptoStore {
  requireNodeApi();
  const connection = new SQLite(":memory:", { nativeBinding: sqliteBinding() });
  connection.exec(SETTINGS);
  const database = new SqliteDatabase(connection, undefined);
  migrate(database);
  return assemble(database);
}

function requireNodeApi(): void {
  if (Number(process.versions["napi"] ?? 0) < REQUIRED_NODE_API) throw new StoreError("runtime-too-old");
}

/** Whether the store has to be made. `wasReliedOn`: a commit of it had to last. Then it is never taken for a new one. */
function isMissing(path: string, mode: SqlCipherStoreOptions["mode"], wasReliedOn: boolean): boolean {
  if (existsSync(path)) {
    const empty = hasNoContent(path);
    if (empty && (wasReliedOn || mode === "open")) throw new StoreError("corrupt");
    if (!empty && mode === "create") throw new StoreError("already-exists");
    return empty;
  }
  if (mode === "open") throw new StoreError("missing");
  // A log without its database means that the database was lost: creating one beside it would destroy what can be rescued.
  if (wasReliedOn && existsSync(`${path}-wal`)) throw new StoreError("corrupt");
  return true;
}

/** Empty, or zeros, which is what file systems leave of a file that had not reached the disk when the power failed. A store begins with a random salt. */
function hasNoContent(path: string): boolean {
  const descriptor = openSync(path, "r");
  try {
    const head = Buffer.alloc(16);
    readSync(descriptor, head);
    return head.every((byte) => byte === 0);
  } finally {
    closeSync(descriptor);
  }
}

/**
 * The whole schema is one commit in the log, so that a crash leaves either all of it or a file without tables, which the next opening fills. Nothing is
 * flushed until a commit has to last.
 */
function create(path: string, key: Uint8Array, keyCheck: KeyCheck): CryptoStore {
  const connection = connectKeyed(path, key, true);
  try {
    const database = new SqliteDatabase(connection, path, () => finish(path, keyCheck));
    database.transaction(() => makeBaseTables(database));
    const store = assemble(database);
    connection.exec("PRAGMA synchronous=NORMAL");
    return store;
  } catch (error) {
    connection.close();
    removeUnfinished(path);
    throw error;
  }
}

function removeUnfinished(path: string): void {
  for (const suffix of ["", "-wal", ".key-check"]) rmSync(path + suffix, { force: true });
}

function openExisting(path: string, key: Uint8Array, keyCheck: KeyCheck): CryptoStore {
  if (keyCheck.exists && !keyCheck.matches) throw new StoreError("wrong-key");
  try {
    const connection = connectKeyed(path, key, false);
    try {
      const database = new SqliteDatabase(connection, path, keyCheck.exists ? undefined : () => finish(path, keyCheck));
      // Its log is lost, and with it everything that was committed.
      if (keyCheck.exists && database.prepare("SELECT 1 FROM sqlite_schema LIMIT 1").first() === undefined) throw new StoreError("corrupt");
      migrate(database);
      return assemble(database);
    } catch (error) {
      connection.close();
      throw error;
    }
  } catch (error) {
    const failure = storeErrorFrom(error);
    // The key is known to be right, so a first page that does not authenticate is a damaged one.
    if (failure instanceof StoreError && failure.code === "wrong-key" && keyCheck.exists) throw new StoreError("corrupt");
    throw failure;
  }
}

/** The log was flushed: with the file below it and both their names, what is in it lasts. The key check comes last and need not. */
function finish(path: string, keyCheck: KeyCheck): void {
  syncPath(path);
  if (process.platform !== "win32") syncPath(dirname(path));
  keyCheck.write();
}

function connectKeyed(path: string, key: Uint8Array, isNew: boolean): SQLite {
  const connection = new SQLite(path, { fileMustExist: !isNew, timeout: 0, nativeBinding: sqliteBinding() });
  const rawKey = Buffer.from(`x'${Buffer.from(key).toString("hex")}'`, "latin1");
  try {
    connection.exec("PRAGMA cipher='sqlcipher'; PRAGMA legacy=4");
    connection.key(rawKey);
    // One process an account: the lock is taken with the first read and held, and a second opener is refused at once. It dies with the process.
    connection.exec(`PRAGMA locking_mode=EXCLUSIVE; ${SETTINGS}`);
    // The switch to the log would write a journal of the empty file, and the log flush its first page.
    if (isNew) connection.exec("PRAGMA synchronous=OFF; PRAGMA journal_mode=MEMORY");
    connection.exec("PRAGMA journal_mode=WAL");
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  } finally {
    rawKey.fill(0);
  }
}

function assemble(database: SqliteDatabase): CryptoStore {
  const olm = new LazyTables(database, "olm");
  const megolm = new LazyTables(database, "megolm");
  const occasional = new LazyTables(database, "occasional");
  const ofClient = new LazyTables(database, "client");
  return Object.assign(database, {
    session: new SessionTable(ofClient),
    customValues: new CustomValueTable(database),
    accountData: new AccountDataTable(ofClient),
    drafts: new DraftTable(ofClient),
    events: new EventTable(ofClient),
    receipts: new ReceiptTable(ofClient),
    members: new RoomMemberTable(ofClient),
    roomState: new RoomStateTable(ofClient),
    rooms: new RoomTable(ofClient),
    searchIndex: new SearchIndexTable(ofClient),
    sendQueue: new SendQueueTable(ofClient),
    outgoingAttachments: new OutgoingAttachmentTable(ofClient),
    gaps: new TimelineGapTable(ofClient),
    account: new AccountTable(database),
    crossSigningKeys: new CrossSigningKeyTable(occasional),
    devices: new DeviceTable(database),
    identities: new IdentityTable(occasional),
    olmHashes: new OlmHashTable(olm),
    olmSessions: new OlmSessionTable(olm),
    signatureUploads: new SignatureUploadTable(occasional),
    toDeviceRequests: new ToDeviceRequestTable(occasional),
    trackedUsers: new TrackedUserTable(database),
    wedgedDevices: new WedgedDeviceTable(occasional),
    inboundGroupSessions: new InboundGroupSessionTable(megolm),
    sessionClaims: new SessionClaimTable(occasional),
    megolmMessageIndices: new MegolmMessageIndexTable(megolm),
    outboundGroupSessions: new OutboundGroupSessionTable(megolm),
    roomKeyShares: new RoomKeyShareTable(megolm),
    roomSettings: new RoomSettingsTable(occasional),
    onlyTrustedRooms: new OnlyTrustedRoomTable(occasional),
    withheldSessions: new WithheldSessionTable(megolm),
    keyRequests: new KeyRequestTable(occasional),
    secretRequests: new SecretRequestTable(occasional),
    secretsInbox: new SecretsInboxTable(occasional),
    waitingRequests: new WaitingRequestTable(occasional),
    backupKeys: new BackupKeyTable(occasional),
    keyBundles: new KeyBundleTable(occasional),
    dehydration: new DehydrationTable(occasional),
    historyShares: new HistoryShareTable(ofClient),
  });
}

function syncPath(path: string): void {
  const descriptor = openSync(path, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
