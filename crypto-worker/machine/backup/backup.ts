import { type Curve25519PublicKey } from "../../../protocol/ids.ts";
import { parseCurve25519Key } from "../../primitives/curve25519.ts";
import { PkDecryption, PkEncryption } from "../../primitives/pk.ts";
import { Secret } from "../../primitives/secret.ts";
import type { BackupRecord } from "../../store/tables/backup-keys.ts";
import { BACKUP_ALGORITHM, isBackupVersion } from "../../wire/backup.ts";
import type { JsonObject } from "../../wire/json.ts";
import type { MachineContext } from "../context.ts";
import { MachineError } from "../machine-error.ts";
import { keysBackupRequest, type OutgoingRequest } from "../requests/outgoing-request.ts";
import type { OutgoingRequests } from "../requests/outgoing-requests.ts";
import { newRequestId } from "../requests/request-id.ts";
import { encryptBackupEntry } from "./backup-entry.ts";
import type { BackupSigner } from "./backup-trust.ts";

export type BackupDecryptionKey = BackupRecord & { readonly privateKey: Secret<"backup-key"> };

/** A backup that is about to be made: the body of `POST /room_keys/version` is `{ algorithm, auth_data }`. */
export type NewBackup = {
  /** The caller disposes of it. */
  readonly privateKey: Secret<"backup-key">;
  readonly publicKey: Curve25519PublicKey;
  readonly algorithm: typeof BACKUP_ALGORITHM;
  readonly auth_data: JsonObject;
};

export type BackupCounts = { readonly total: number; readonly backedUp: number };

/** One upload. */
const BATCH = 100;
const PRIVATE_KEY_BYTES = 32;

/** The backup that room keys go to, and the key that reads it. */
export class Backup {
  readonly #context: MachineContext;
  readonly #signer: BackupSigner;
  readonly #requests: OutgoingRequests;
  #pending: OutgoingRequest | undefined;

  constructor(context: MachineContext, signer: BackupSigner, requests: OutgoingRequests) {
    this.#context = context;
    this.#signer = signer;
    this.#requests = requests;
  }

  current(): BackupRecord | undefined {
    return this.#context.store.backupKeys.load();
  }

  /**
   * From now on room keys go to this backup; all of them, unless they are marked as being in this very version. A decryption key of another backup
   * is forgotten: it is of no use any more.
   *
   * SECURITY: whoever has the private half reads everything that was ever said. The caller has made sure that the key is ours, through `verify` or by
   * its private half.
   * @throws MachineError `invalid-backup-key`
   */
  enable(publicKey: string, version: string): void {
    const key = parseCurve25519Key(publicKey);
    if (!key.ok || !isBackupVersion(version)) throw new MachineError("invalid-backup-key");
    const { backupKeys, inboundGroupSessions } = this.#context.store;
    const before = backupKeys.load();
    if (before?.version === version && before.publicKey === key.value) return;
    this.#dropPending();
    const readable = backupKeys.loadDecryptionKey();
    // The same version under another key is another backup, whatever the server calls it: what is marked is not in there.
    const isOther = [before, readable].some((backup) => backup?.version === version && backup.publicKey !== key.value);
    inboundGroupSessions.resetBackedUp(isOther ? undefined : version);
    if (readable !== undefined && readable.publicKey !== key.value) backupKeys.removeDecryptionKey();
    else if (readable !== undefined) backupKeys.saveDecryptionKey({ ...readable, version });
    readable?.privateKey.fill(0);
    backupKeys.save({ version, publicKey: key.value });
  }

  /** Stops uploading; should this backup be enabled again, everything is uploaded again. The decryption key stays: a server's word does not take it. */
  disable(): void {
    this.#dropPending();
    this.#context.store.backupKeys.remove();
    this.#context.store.inboundGroupSessions.resetBackedUp(undefined);
  }

  counts(): BackupCounts {
    const table = this.#context.store.inboundGroupSessions;
    const total = table.count();
    return { total, backedUp: total - table.countNotBackedUp() };
  }

  /** The next keys for the server: the same request again until its response was reported. Undefined when all are there, or no backup is enabled. */
  backupRoomKeys(): OutgoingRequest | undefined {
    const backup = this.current();
    if (backup === undefined) return undefined;
    if (this.#pending !== undefined && this.#requests.has(this.#pending.id)) return this.#pending;
    const table = this.#context.store.inboundGroupSessions;
    const sessions = table.notBackedUp(BATCH);
    if (sessions.length === 0) return undefined;
    const opened = PkEncryption.forRecipient(backup.publicKey);
    if (!opened.ok) throw new Error("the key of an enabled backup cannot be used");
    using encryption = opened.value;
    const rooms = new Map<string, [string, JsonObject][]>();
    for (const session of sessions) {
      const entries = rooms.get(session.roomId) ?? [];
      entries.push([session.ratchet.sessionId, encryptBackupEntry(encryption, session)]);
      rooms.set(session.roomId, entries);
    }
    const body = Object.fromEntries([...rooms].map(([roomId, entries]) => [roomId, { sessions: Object.fromEntries(entries) }]));
    const request = keysBackupRequest(newRequestId(this.#context.env), backup.version, { rooms: body });
    this.#pending = request;
    return this.#requests.addUnlisted(request, () => {
      // A better copy that came in the meantime is not what was uploaded.
      for (const { id, ratchet } of sessions) table.markBackedUp(id, ratchet.firstKnownIndex, backup.version);
    });
  }

  /** A key pair of its own, and its public half signed by us. Nothing is stored or enabled: the server has not accepted it yet. */
  create(): NewBackup {
    const privateKey = Secret.take(this.#context.env.randomBytes(PRIVATE_KEY_BYTES), "backup-key");
    const publicKey = publicKeyOf(privateKey);
    return { privateKey, publicKey, algorithm: BACKUP_ALGORITHM, auth_data: this.#signer.sign({ public_key: publicKey }) };
  }

  /**
   * Keeps the key that reads a backup; on disk when this returns.
   * @throws MachineError `wrong-backup-key` when another key's backup is enabled under this version, `invalid-backup-key` when it is none
   */
  saveDecryptionKey(privateKey: Secret<string>, version: string): Curve25519PublicKey {
    if (privateKey.length !== PRIVATE_KEY_BYTES || !isBackupVersion(version)) throw new MachineError("invalid-backup-key");
    const publicKey = publicKeyOf(privateKey);
    const enabled = this.current();
    if (enabled?.version === version && enabled.publicKey !== publicKey) throw new MachineError("wrong-backup-key");
    this.#store(privateKey, publicKey, version);
    return publicKey;
  }

  /** The caller disposes of the private key. */
  decryptionKey(): BackupDecryptionKey | undefined {
    const record = this.#context.store.backupKeys.loadDecryptionKey();
    if (record === undefined) return undefined;
    const { version, publicKey } = record;
    return { version, publicKey, privateKey: Secret.take(record.privateKey, "backup-key") };
  }

  forgetDecryptionKey(): void {
    this.#context.store.backupKeys.removeDecryptionKey();
  }

  #store(privateKey: Secret<string>, publicKey: Curve25519PublicKey, version: string): void {
    const { store } = this.#context;
    privateKey.use((bytes) => store.backupKeys.saveDecryptionKey({ version, privateKey: bytes, publicKey }));
    store.requireDurability();
  }

  #dropPending(): void {
    if (this.#pending !== undefined) this.#requests.drop(this.#pending.id);
    this.#pending = undefined;
  }
}

/** Always derived: text that claims to be the public half, or is private and is taken for it, is never believed (GHSA-9ggc-845v-gcgv). */
export function publicKeyOf(privateKey: Secret<string>): Curve25519PublicKey {
  using decryption = PkDecryption.fromPrivateKey(privateKey);
  return decryption.publicKey;
}
