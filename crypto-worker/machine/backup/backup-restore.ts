import { decodeBase64 } from "../../primitives/base64.ts";
import { PkDecryption } from "../../primitives/pk.ts";
import { Secret } from "../../primitives/secret.ts";
import { MEGOLM_ALGORITHM } from "../../wire/algorithms.ts";
import { entriesOfBackup, parseBackupInfo } from "../../wire/backup.ts";
import { MachineError } from "../machine-error.ts";
import type { SessionSink } from "../megolm/inbound-session.ts";
import type { RoomKeyInfo } from "../megolm/room-key.ts";
import { parseRecoveryKey } from "../secret-storage/recovery-key.ts";
import type { Backup } from "./backup.ts";
import { decryptBackupEntry } from "./backup-entry.ts";

/** As the server has it: the ids are those under which the entry is filed. */
export type ServerBackupEntry = readonly [roomId: string, sessionId: string, entry: unknown];

export type RestoreResult = {
  /** New or better than what we had. */
  readonly importedCount: number;
  readonly totalCount: number;
  /** Entries that are damaged, or encrypted to another key. */
  readonly failedCount: number;
  readonly roomKeys: readonly RoomKeyInfo[];
};

const PRIVATE_KEY_BYTES = 32;

/** Reads the server's backup. */
export class BackupRestore {
  readonly #backup: Backup;
  readonly #sink: SessionSink;

  constructor(backup: Backup, sink: SessionSink) {
    this.#backup = backup;
    this.#sink = sink;
  }

  /**
   * All of a backup at once: `info` and `keys` are the bodies of `GET /room_keys/version` and `GET /room_keys/keys`. For large ones, `batch`.
   * @throws MachineError `invalid-recovery-key`, `unsupported-backup`, `wrong-backup-key`; nothing was imported then
   */
  all(recoveryKey: string | Secret<string>, info: unknown, keys: unknown): RestoreResult {
    const parsed = parseBackupInfo(info);
    if (!parsed.ok) throw new MachineError("unsupported-backup");
    using privateKey = parsePrivateKey(recoveryKey);
    using decryption = PkDecryption.fromPrivateKey(privateKey);
    // What the server says is compared with what the key says, and never used in its place (GHSA-9ggc-845v-gcgv).
    if (decryption.publicKey !== parsed.value.publicKey) throw new MachineError("wrong-backup-key");
    return this.#restore(decryption, parsed.value.version, entriesOfBackup(keys));
  }

  /**
   * Some entries of a backup, with the decryption key that is stored.
   * @throws MachineError `no-backup-key`
   */
  batch(entries: Iterable<ServerBackupEntry>): RestoreResult {
    const key = this.#backup.decryptionKey();
    if (key === undefined) throw new MachineError("no-backup-key");
    using privateKey = key.privateKey;
    using decryption = PkDecryption.fromPrivateKey(privateKey);
    return this.#restore(decryption, key.version, entries);
  }

  #restore(decryption: PkDecryption, version: string | undefined, entries: Iterable<ServerBackupEntry>): RestoreResult {
    const enabled = this.#backup.current();
    // What comes out of an older backup is not in the one that we write to.
    const backedUpIn = enabled === undefined || enabled.version === version ? version : undefined;
    const roomKeys: RoomKeyInfo[] = [];
    let totalCount = 0;
    let failedCount = 0;
    for (const entry of entries) {
      totalCount++;
      const session = decryptBackupEntry(decryption, entry, backedUpIn);
      if (!session.ok) failedCount++;
      else if (this.#sink.addSession(session.value)) {
        const { roomId, senderKey, ratchet } = session.value;
        roomKeys.push({ roomId, senderKey, sessionId: ratchet.sessionId, algorithm: MEGOLM_ALGORITHM });
      }
    }
    return { importedCount: roomKeys.length, totalCount, failedCount, roomKeys };
  }
}

/** As the user has it, or in the base64 of secret storage; the two cannot be mistaken for each other, for their lengths differ. */
function parsePrivateKey(key: string | Secret<string>): Secret<string> {
  if (typeof key !== "string") {
    if (key.length !== PRIVATE_KEY_BYTES) throw new MachineError("invalid-recovery-key");
    return key.use((bytes) => Secret.from(bytes, "backup-key"));
  }
  const recoveryKey = parseRecoveryKey(key);
  if (recoveryKey.ok) return recoveryKey.value;
  const bytes = decodeBase64(key, { maxBytes: PRIVATE_KEY_BYTES });
  if (!bytes.ok || bytes.value.length !== PRIVATE_KEY_BYTES) throw new MachineError("invalid-recovery-key");
  return Secret.take(bytes.value, "backup-key");
}
