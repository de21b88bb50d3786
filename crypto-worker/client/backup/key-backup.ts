import { CodedError } from "../../../protocol/errors.ts";
import type { RoomId } from "../../../protocol/ids.ts";
import type { Safety } from "../../../protocol/messages/safety.ts";
import { publicKeyOf } from "../../machine/backup/backup.ts";
import type { Secret } from "../../primitives/secret.ts";
import { BACKUP_ALGORITHM, isBackupVersion, parseBackupInfo, type BackupInfo } from "../../wire/backup.ts";
import { field, type JsonObject } from "../../wire/json.ts";
import type { BackOff } from "../back-off.ts";
import { inBackground } from "../background.ts";
import type { Changes } from "../changes.ts";
import type { ClientContext } from "../context.ts";
import { segment } from "../http.ts";
import type { Jobs } from "../jobs.ts";
import type { RequestPump } from "../pump.ts";
import { Retries } from "../retries.ts";
import { isBackupRefused, PREFERENCE } from "./backup-preference.ts";
import { BackupRestore } from "./backup-restore.ts";
import { BackupUpload } from "./backup-upload.ts";
import { KeyDownloads } from "./key-downloads.ts";
import { PendingBackup } from "./pending-backup.ts";

const VERSION_PATH = "/_matrix/client/v3/room_keys/version";
const RETRY: BackOff = { firstMs: 5000, maxMs: 300_000 };
const CHECK_SOON_MS = 1000;
/** Account data that changes where another device has made a backup. */
const ANNOUNCED_BY = ["m.megolm_backup.v1", "m.secret_storage.default_key"];
/** A user has a handful; a server that always has one more must not keep us busy. */
const MAX_VERSIONS = 50;

/** The newest backup on the server, as it was when we last asked. */
type ServerBackup = BackupInfo & { readonly version: string; readonly body: JsonObject };
export type KeyBackupListener = { readonly onChange: () => void; readonly onLocked: () => void };
type Seen = { readonly kind: "none" } | { readonly kind: "unreadable" } | { readonly kind: "backup"; readonly backup: ServerBackup };

/**
 * The key backup of this account (E2EE §Server-side key backups): which one there is, whether it is ours to use, what goes in and comes out.
 *
 * SECURITY: nothing is put into a backup unless its public key carries a signature of our verified identity or of a verified device of ours, or we
 * hold its private half: a server could otherwise offer a key of its own and read everything.
 */
export class KeyBackup {
  readonly #context: ClientContext;
  readonly #pending: PendingBackup;
  readonly #upload: BackupUpload;
  readonly #downloads: KeyDownloads;
  readonly #restore: BackupRestore;
  readonly #onChange: () => void;
  readonly #onLocked: () => void;
  readonly #retries: Retries<void>;
  #seen: Seen | undefined;
  #checking: Promise<void> | undefined;
  #soon: NodeJS.Timeout | undefined;
  #online = true;

  /** `onChange`: what `view` says may have changed without a commit. `onLocked`: another backup is in use now, whose private key is not here. */
  constructor(context: ClientContext, pump: RequestPump, jobs: Jobs, { onChange, onLocked }: KeyBackupListener) {
    this.#context = context;
    this.#onChange = onChange;
    this.#onLocked = onLocked;
    this.#pending = new PendingBackup(context);
    this.#retries = new Retries(context, RETRY, () => this.#checkIfOnline());
    const again = (): Promise<void> => this.check().catch(ignoreCoded);
    this.#upload = new BackupUpload(context, pump, jobs, again, onChange);
    this.#downloads = new KeyDownloads(context, again);
    this.#restore = new BackupRestore(context, jobs);
  }

  stop(): void {
    clearTimeout(this.#soon);
    this.#retries.clear();
    this.#upload.stop();
    this.#downloads.stop();
  }

  setOnline(online: boolean): void {
    this.#online = online;
    this.#apply();
    if (this.#seen === undefined) this.#checkIfOnline();
  }

  /** After a commit. */
  observe(changes: Changes): void {
    for (const { roomId, sessionId } of changes.unreadable) this.#downloads.want(roomId, sessionId);
    // Who is trusted may have changed, and with it whether the backup is.
    const ours = changes.deviceOwners.has(this.#context.userId);
    if (ours || changes.accountData.has(PREFERENCE)) this.#review();
    // Another device of ours may have made one, or another one.
    if (ANNOUNCED_BY.some((type) => changes.accountData.has(type)) || (ours && this.#context.machine.backup.current() === undefined))
      this.#checkSoon();
    this.#upload.wake();
  }

  view(): Safety["backup"] {
    const { backup } = this.#context.machine;
    const current = backup.current();
    const { total, backedUp } = backup.counts();
    const common = { total, backedUp: current === undefined ? 0 : Math.min(total, backedUp), uploading: this.#upload.isRunning };
    if (current !== undefined) return { state: "enabled", version: current.version, ...common };
    if (this.#seen === undefined) return { state: "unknown", version: null, ...common };
    if (this.#seen.kind === "none" || this.isRefused) return { state: "none", version: null, ...common };
    return { state: "untrusted", version: this.#seen.kind === "backup" ? this.#seen.backup.version : null, ...common };
  }

  /** Whether the user has said that there is to be no backup. */
  get isRefused(): boolean {
    return isBackupRefused((type) => this.#context.store.accountData.load(type));
  }

  /** Whether there is one on the server, and whether this device can read it. */
  get facts(): "none" | "locked" | "open" {
    if (this.#seen === undefined || this.#seen.kind === "none") return "none";
    return this.#readableVersion() === undefined ? "locked" : "open";
  }

  /** Asks the server which backup there is. @throws CodedError */
  check(): Promise<void> {
    this.#checking ??= this.#check().finally(() => {
      this.#checking = undefined;
    });
    return this.#checking;
  }

  /** A new version with a new key, which becomes the current one. Older ones stay on the server. @throws CodedError */
  async create(): Promise<void> {
    const { body, publicKey } = this.#pending.begin();
    const path = VERSION_PATH;
    const answer = await this.#context.http.jsonOrThrow({ kind: "keys_backup", method: "POST", path, body });
    const version = field(answer, "version");
    if (!isBackupVersion(version)) throw new CodedError("server-garbage");
    this.#pending.adopt(publicKey, version);
    await this.check();
  }

  /** Takes a private key, if it is that of the backup on the server. False where it is another's. Throws `CodedError` where the server cannot be asked. */
  async useKey(key: Secret<string>): Promise<boolean> {
    await this.check();
    const seen = this.#seen;
    if (seen?.kind !== "backup") return false;
    const { machine } = this.#context;
    const { publicKey, version } = seen.backup;
    return this.#context.commit(() => {
      const isOurs = publicKeyOf(key) === publicKey;
      if (isOurs) {
        if (machine.backup.current()?.publicKey !== publicKey) machine.backup.disable();
        machine.backup.saveDecryptionKey({ privateKey: key, version });
        this.#context.store.afterCommit(() => this.#review());
      }
      return isOurs;
    });
  }

  /** The private key of the backup on the server, if it is here. SECURITY: reads all of it; the caller disposes of it. */
  decryptionKey(): Secret<"backup-key"> | undefined {
    if (this.#readableVersion() === undefined) return undefined;
    return this.#context.machine.backup.decryptionKey()?.privateKey;
  }

  /** Adds the signatures of our identity and device, so that our other devices trust it. @throws CodedError */
  async sign(): Promise<void> {
    const seen = this.#seen;
    if (seen?.kind !== "backup") return;
    const { version, authData } = seen.backup;
    await this.#context.http.jsonOrThrow({
      kind: "keys_backup",
      method: "PUT",
      path: `${VERSION_PATH}/${segment(version)}`,
      body: { algorithm: BACKUP_ALGORITHM, version, auth_data: this.#context.machine.backup.sign(authData) },
    });
    await this.check();
  }

  /** Removes every version from the server. The room keys on this device stay. @throws CodedError */
  async remove(): Promise<void> {
    for (let removed = 0; removed < MAX_VERSIONS; removed += 1) {
      await this.check();
      const seen = this.#seen;
      if (seen?.kind !== "backup") break;
      const path = `${VERSION_PATH}/${segment(seen.backup.version)}`;
      const answer = await this.#context.http.json({ kind: "keys_backup", method: "DELETE", path });
      if (!answer.ok && answer.error.code !== "not-found") throw new CodedError(answer.error.code);
    }
    this.#context.commit(() => {
      this.#context.machine.backup.disable();
      this.#context.machine.backup.forgetDecryptionKey();
    });
    this.#apply();
  }

  /** Fetches all keys. @throws CodedError `backup-missing`, `backup-untrusted` where the key that reads it is not here */
  async restore(): Promise<number> {
    if (this.#seen === undefined) await this.check();
    if (this.facts === "none") throw new CodedError("backup-missing");
    const version = this.#readableVersion();
    if (version === undefined) throw new CodedError("backup-untrusted");
    // A key at a time is of no use while all of them come.
    this.#downloads.allow(undefined);
    try {
      return await this.#restore.run(version);
    } finally {
      this.#apply();
    }
  }

  /** Fetches all keys of a room, once, from a backup that can be read; where there is none, nothing is missing. @throws CodedError */
  async completeRoom(roomId: RoomId): Promise<void> {
    if (this.#context.machine.history.isRestored(roomId)) return;
    if (this.#seen === undefined) await this.check();
    const version = this.#readableVersion();
    if (version !== undefined) await this.#restore.room(version, roomId);
  }

  async #check(): Promise<void> {
    clearTimeout(this.#soon);
    this.#soon = undefined;
    const answer = await this.#context.http.json({ kind: "keys_backup", method: "GET", path: VERSION_PATH });
    if (this.#context.isClosed()) throw new CodedError("cancelled");
    if (!answer.ok && answer.error.code !== "not-found") {
      this.#retries.failed();
      throw new CodedError(answer.error.code);
    }
    this.#retries.succeeded();
    this.#seen = answer.ok ? seenOf(answer.value) : { kind: "none" };
    if (this.#seen.kind === "backup") this.#pending.adopt(this.#seen.backup.publicKey, this.#seen.backup.version);
    this.#review();
  }

  #checkSoon(): void {
    if (this.#seen === undefined || this.#soon !== undefined || this.#retries.mustWait()) return;
    this.#soon = setTimeout(() => {
      this.#soon = undefined;
      this.#checkIfOnline();
    }, CHECK_SOON_MS);
    this.#soon.unref();
  }

  #checkIfOnline(): void {
    if (this.#online && !this.#context.isClosed()) inBackground(this.#context, this.check());
  }

  /** Decides anew, from what is known, whether the backup is ours to use. */
  #review(): void {
    const seen = this.#seen;
    if (seen === undefined || this.#context.isClosed()) return;
    const { backup } = this.#context.machine;
    const current = backup.current();
    const trust = seen.kind === "backup" && !this.isRefused ? backup.verify(seen.backup.body) : undefined;
    if (seen.kind === "backup" && trust !== undefined && (trust.trusted || trust.matchesDecryptionKey)) {
      const { publicKey, version } = seen.backup;
      if (current?.version !== version || current.publicKey !== publicKey) {
        this.#write(() => backup.enable({ publicKey, version }));
        if (!trust.matchesDecryptionKey) this.#onLocked();
      }
    } else if (current !== undefined) {
      this.#write(() => backup.disable());
    }
    this.#apply();
  }

  #write(work: () => void): void {
    this.#context.store.transaction(work);
    this.#onChange();
  }

  /** Starts and stops what goes on by itself. */
  #apply(): void {
    const { machine } = this.#context;
    this.#upload.allow(this.#online && this.#seen !== undefined && machine.backup.current() !== undefined);
    this.#downloads.allow(this.#online && !this.#restore.isRunning ? this.#readableVersion() : undefined);
    this.#onChange();
  }

  /** The version on the server, where the key that reads it is here. */
  #readableVersion(): string | undefined {
    const seen = this.#seen;
    if (seen?.kind !== "backup") return undefined;
    const key = this.#context.machine.backup.decryptionKey();
    key?.privateKey[Symbol.dispose]();
    return key?.publicKey === seen.backup.publicKey ? seen.backup.version : undefined;
  }
}

function seenOf(body: JsonObject): Seen {
  const info = parseBackupInfo(body);
  if (!info.ok || info.value.version === undefined) return { kind: "unreadable" };
  return { kind: "backup", backup: { ...info.value, version: info.value.version, body } };
}

function ignoreCoded(error: unknown): void {
  if (!(error instanceof CodedError)) throw error;
}
