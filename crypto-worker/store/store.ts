import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname } from "node:path";
import SQLite from "better-sqlite3-multiple-ciphers";
import { hasKeyCheck, keyMatches, writeKeyCheck } from "./key-check.ts";
import { migrate } from "./migrate.ts";
import { sqliteBinding } from "./native-module.ts";
import { SqliteDatabase } from "./sqlite-database.ts";
import { storeErrorFrom } from "./sqlite-error.ts";
import { AccountTable } from "./tables/account.ts";
import { CrossSigningKeyTable } from "./tables/cross-signing-keys.ts";
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
import { BackupKeyTable } from "./tables/backup-keys.ts";
import { HistoryShareTable } from "./tables/history-shares.ts";
import { KeyBundleTable } from "./tables/key-bundles.ts";
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
  /** Flushes and closes; the same path can be opened again at once. */
  readonly dehydration: DehydrationTable;
  readonly historyShares: HistoryShareTable;
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

/**
 * Opens the account's SQLCipher file, creating it where `mode` allows.
 * @throws StoreError; whatever its code, the file is left as it was
 */
export function openSqlCipherStore({ path, key, mode = "open-or-create" }: SqlCipherStoreOptions): CryptoStore {
  if (key.byteLength !== 32) throw new RangeError("a store key has 32 bytes");
  requireNodeApi();
  try {
    if (existsSync(path)) {
      if (mode === "create") throw new StoreError("already-exists");
      // SQLite takes an empty file for a new database. Here it is one that lost its content, never a reason to start over.
      if (statSync(path).size === 0) throw new StoreError("corrupt");
    } else {
      if (mode === "open") throw new StoreError("missing");
      // A log without its database means that the database was lost: creating one beside it would destroy what can be rescued.
      if (existsSync(`${path}-wal`)) throw new StoreError("corrupt");
      createFile(path, key);
    }
    return openExisting(path, key);
  } catch (error) {
    throw storeErrorFrom(error);
  }
}

/** The same tables and SQL in memory: for tests, benchmarks and short-lived machines. */
export function openMemoryStore(): CryptoStore {
  requireNodeApi();
  const connection = new SQLite(":memory:", { nativeBinding: sqliteBinding() });
  configure(connection);
  return assemble(new SqliteDatabase(connection, undefined));
}

function requireNodeApi(): void {
  if (Number(process.versions["napi"] ?? 0) < REQUIRED_NODE_API) throw new StoreError("runtime-too-old");
}

/** Builds the file under another name and renames it when it is complete, so that a crash cannot leave half a store behind. */
function createFile(path: string, key: Uint8Array): void {
  const unfinished = `${path}.new`;
  for (const suffix of ["", "-wal", "-shm"]) rmSync(unfinished + suffix, { force: true });
  const connection = connectKeyed(unfinished, key, false);
  try {
    const database = new SqliteDatabase(connection, unfinished);
    migrate(database);
    // Noted in the file's header here, without a flush of its own; opening then finds it.
    connection.pragma("journal_mode=WAL");
  } finally {
    connection.close();
  }
  writeKeyCheck(path, key);
  syncPath(unfinished);
  renameSync(unfinished, path);
  if (process.platform !== "win32") syncPath(dirname(path));
}

function openExisting(path: string, key: Uint8Array): CryptoStore {
  if (hasKeyCheck(path) && !keyMatches(path, key)) throw new StoreError("wrong-key");
  const connection = connectKeyed(path, key, true);
  try {
    return assemble(new SqliteDatabase(connection, path));
  } catch (error) {
    connection.close();
    const failure = storeErrorFrom(error);
    // The key is known to be right, so a first page that does not authenticate is a damaged one.
    if (failure instanceof StoreError && failure.code === "wrong-key" && hasKeyCheck(path)) throw new StoreError("corrupt");
    throw failure;
  }
}

function connectKeyed(path: string, key: Uint8Array, fileMustExist: boolean): SQLite {
  const connection = new SQLite(path, { fileMustExist, timeout: 0, nativeBinding: sqliteBinding() });
  const rawKey = Buffer.from(`x'${Buffer.from(key).toString("hex")}'`, "latin1");
  try {
    connection.pragma("cipher='sqlcipher'");
    connection.pragma("legacy=4");
    connection.key(rawKey);
    // One process an account: the lock is taken with the first read and held, and a second opener is refused at once. It dies with the process.
    connection.pragma("locking_mode=EXCLUSIVE");
    if (fileMustExist) connection.pragma("journal_mode=WAL");
    configure(connection);
    // A file that is not there yet needs no journal: it gets its name only when it is complete and on disk.
    if (!fileMustExist) connection.pragma("journal_mode=OFF");
    if (!fileMustExist) connection.pragma("synchronous=OFF");
    return connection;
  } catch (error) {
    connection.close();
    if (fileMustExist && hasKeyCheck(path) && error instanceof SQLite.SqliteError && error.code === "SQLITE_NOTADB")
      throw new StoreError("corrupt");
    throw error;
  } finally {
    rawKey.fill(0);
  }
}

function configure(connection: SQLite): void {
  // NORMAL keeps every commit over a crash of the process; `requireDurability` adds the fsync where a power cut matters.
  connection.pragma("synchronous=NORMAL");
  connection.pragma("temp_store=MEMORY");
  connection.pragma("secure_delete=ON");
  connection.pragma("foreign_keys=ON");
  connection.pragma("trusted_schema=OFF");
  connection.pragma("cache_size=-16000");
}

function assemble(database: SqliteDatabase): CryptoStore {
  migrate(database);
  return Object.assign(database, {
    session: new SessionTable(database),
    customValues: new CustomValueTable(database),
    accountData: new AccountDataTable(database),
    drafts: new DraftTable(database),
    events: new EventTable(database),
    receipts: new ReceiptTable(database),
    members: new RoomMemberTable(database),
    roomState: new RoomStateTable(database),
    rooms: new RoomTable(database),
    searchIndex: new SearchIndexTable(database),
    sendQueue: new SendQueueTable(database),
    outgoingAttachments: new OutgoingAttachmentTable(database),
    gaps: new TimelineGapTable(database),
    account: new AccountTable(database),
    crossSigningKeys: new CrossSigningKeyTable(database),
    devices: new DeviceTable(database),
    identities: new IdentityTable(database),
    olmHashes: new OlmHashTable(database),
    olmSessions: new OlmSessionTable(database),
    signatureUploads: new SignatureUploadTable(database),
    toDeviceRequests: new ToDeviceRequestTable(database),
    trackedUsers: new TrackedUserTable(database),
    wedgedDevices: new WedgedDeviceTable(database),
    inboundGroupSessions: new InboundGroupSessionTable(database),
    megolmMessageIndices: new MegolmMessageIndexTable(database),
    outboundGroupSessions: new OutboundGroupSessionTable(database),
    roomKeyShares: new RoomKeyShareTable(database),
    roomSettings: new RoomSettingsTable(database),
    onlyTrustedRooms: new OnlyTrustedRoomTable(database),
    withheldSessions: new WithheldSessionTable(database),
    keyRequests: new KeyRequestTable(database),
    secretRequests: new SecretRequestTable(database),
    secretsInbox: new SecretsInboxTable(database),
    waitingRequests: new WaitingRequestTable(database),
    backupKeys: new BackupKeyTable(database),
    keyBundles: new KeyBundleTable(database),
  });
    dehydration: new DehydrationTable(database),
    historyShares: new HistoryShareTable(database),
}

function syncPath(path: string): void {
  const descriptor = openSync(path, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
