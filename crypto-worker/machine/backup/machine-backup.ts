import type { Curve25519PublicKey } from "../../../protocol/ids.ts";
import type { Secret } from "../../primitives/secret.ts";
import type { BackupRecord } from "../../store/tables/backup-keys.ts";
import type { JsonObject } from "../../wire/json.ts";
import type { OutgoingRequest } from "../requests/outgoing-request.ts";
import type { Backup, BackupCounts, BackupDecryptionKey, NewBackup } from "./backup.ts";
import type { BackupRestore, RestoreResult, ServerBackupEntry } from "./backup-restore.ts";
import type { BackupSigner, BackupTrust } from "./backup-trust.ts";

export type BackupParts = { readonly backup: Backup; readonly backupSigner: BackupSigner; readonly backupRestore: BackupRestore };

/** The machine's calls about the server's key backup (E2EE §Server-side key backups), each one transaction. */
export class MachineBackup {
  readonly #run: <T>(work: (parts: BackupParts) => T) => T;

  constructor(run: <T>(work: (parts: BackupParts) => T) => T) {
    this.#run = run;
  }

  /** The backup that is enabled; it stays so over a restart. */
  current(): BackupRecord | undefined {
    return this.#run(({ backup }) => backup.current());
  }

  /** SECURITY: only for a key that `verify` trusts, or whose private half is ours. @throws MachineError `invalid-backup-key` */
  enable({ publicKey, version }: { readonly publicKey: string; readonly version: string }): void {
    this.#run(({ backup }) => backup.enable(publicKey, version));
  }

  /** Stops uploading; the decryption key stays. */
  disable(): void {
    this.#run(({ backup }) => backup.disable());
  }

  /** How many room keys there are, and how many of them are in the enabled backup. */
  counts(): BackupCounts {
    return this.#run(({ backup }) => backup.counts());
  }

  /** The next upload; the same until it was marked as sent. Undefined when there is nothing to upload. */
  backupRoomKeys(): OutgoingRequest | undefined {
    return this.#run(({ backup }) => backup.backupRoomKeys());
  }

  /** `info` is the body of `GET /room_keys/version`. */
  verify(info: unknown): BackupTrust {
    return this.#run(({ backupSigner }) => backupSigner.verify(info));
  }

  /** The same `auth_data` with our signatures added. */
  sign(authData: JsonObject): JsonObject {
    return this.#run(({ backupSigner }) => backupSigner.sign(authData));
  }

  /** SECURITY: the result holds the private key of a new backup. */
  createInfo(): NewBackup {
    return this.#run(({ backup }) => backup.create());
  }

  /** Returns the public key, derived. @throws MachineError `wrong-backup-key`, `invalid-backup-key` */
  saveDecryptionKey({ privateKey, version }: { readonly privateKey: Secret<string>; readonly version: string }): Curve25519PublicKey {
    return this.#run(({ backup }) => backup.saveDecryptionKey(privateKey, version));
  }

  /** SECURITY: reads the whole backup. The caller disposes of the private key. */
  decryptionKey(): BackupDecryptionKey | undefined {
    return this.#run(({ backup }) => backup.decryptionKey());
  }

  forgetDecryptionKey(): void {
    this.#run(({ backup }) => backup.forgetDecryptionKey());
  }

  /**
   * A whole backup. `recoveryKey` is the backup's private key: as text for people, in base64, or its bytes. `info` and `keys` are the bodies of
   * `GET /room_keys/version` and `GET /room_keys/keys`. What comes out of a backup is never proof of who wrote a message.
   * @throws MachineError `invalid-recovery-key`, `unsupported-backup`, `wrong-backup-key`; nothing was imported then
   */
  restore({
    recoveryKey,
    info,
    keys,
  }: {
    readonly recoveryKey: string | Secret<string>;
    readonly info: unknown;
    readonly keys: unknown;
  }): RestoreResult {
    return this.#run(({ backupRestore }) => backupRestore.all(recoveryKey, info, keys));
  }

  /** A part of a large one, with the stored decryption key; 200 entries take about a tenth of a second. @throws MachineError `no-backup-key` */
  restoreBatch(entries: Iterable<ServerBackupEntry>): RestoreResult {
    return this.#run(({ backupRestore }) => backupRestore.batch(entries));
  }

  /** One key, as `GET /room_keys/keys/{roomId}/{sessionId}` has it; the result says whether it was any good. @throws MachineError `no-backup-key` */
  restoreEntry(roomId: string, sessionId: string, entry: unknown): RestoreResult {
    return this.restoreBatch([[roomId, sessionId, entry]]);
  }
}
