import { CodedError } from "../../../protocol/errors.ts";
import type { CrossSigningKeyName } from "../../machine/cross-signing/private-keys.ts";
import { encodeKeyText, parseKeyText } from "../../machine/secret-storage/key-text.ts";
import type { SecretStorageKey } from "../../machine/secret-storage/secret-storage-key.ts";
import { Secret } from "../../primitives/secret.ts";
import { inBackground } from "../background.ts";
import type { KeyBackup } from "../backup/key-backup.ts";
import type { ClientContext } from "../context.ts";
import type { Dehydration } from "../dehydration/dehydration.ts";
import type { RequestPump } from "../pump.ts";
import { DEHYDRATION_SECRET, holds, SECRET_NAMES, type SecretName, type SecretStorage, type Storage } from "./secret-storage.ts";

const BACKUP_KEY = "m.megolm_backup.v1";
const CROSS_SIGNING: Readonly<Record<Exclude<SecretName, typeof BACKUP_KEY | typeof DEHYDRATION_SECRET>, CrossSigningKeyName>> = {
  "m.cross_signing.master": "master",
  "m.cross_signing.self_signing": "selfSigning",
  "m.cross_signing.user_signing": "userSigning",
};

/** The secrets that make a device a full one, on their way between the store, secret storage, and other devices of ours. */
export class OwnSecrets {
  readonly #context: ClientContext;
  readonly #pump: RequestPump;
  readonly #backup: KeyBackup;
  readonly #dehydration: Dehydration;
  #takingInbox = false;

  constructor(context: ClientContext, pump: RequestPump, backup: KeyBackup, dehydration: Dehydration) {
    this.#context = context;
    this.#pump = pump;
    this.#backup = backup;
    this.#dehydration = dehydration;
  }

  /** Puts all that are here into secret storage under a new key; what the key `keep` opens stays beside it. @throws CodedError */
  async write(storage: SecretStorage, key: SecretStorageKey, keep: string | undefined): Promise<void> {
    await this.#dehydration.prepareKey();
    for (const name of SECRET_NAMES) {
      using secret = this.#load(name);
      if (secret !== undefined) await storage.writeSecret(key, name, secret, keep);
    }
    this.#dehydration.keyIsCurrent();
  }

  /** Puts those into secret storage that are here and missing there, or are others there. @throws CodedError */
  async complete(storage: SecretStorage, present: Storage, key: SecretStorageKey): Promise<void> {
    if (!key.isProven) return;
    await this.#takeDehydrationKey(present, key);
    for (const name of SECRET_NAMES) {
      using secret = this.#load(name);
      if (secret === undefined) continue;
      const stored = holds(present, name) ? key.decryptSecret(name, present.contents.get(name)) : undefined;
      using theirs = stored?.ok === true ? stored.value : undefined;
      if (theirs === undefined || !sameKey(theirs, secret)) await storage.writeSecret(key, name, secret, undefined);
    }
    this.#dehydration.keyIsCurrent();
  }

  /**
   * Takes our identity's private keys out of secret storage: all of them or, where one is not the published one, none.
   * @throws CodedError `wrong-recovery-key`, `secrets-mismatch`
   */
  async importIdentity(storage: Storage, key: SecretStorageKey): Promise<void> {
    const seeds: { [Name in CrossSigningKeyName]?: string } = {};
    for (const [name, part] of Object.entries(CROSS_SIGNING) as [SecretName, CrossSigningKeyName][]) {
      if (!holds(storage, name)) continue;
      const stored = key.decryptSecret(name, storage.contents.get(name));
      // Without a check in the key's description this is where a wrong key shows.
      if (!stored.ok) throw new CodedError(key.isProven ? "secrets-mismatch" : "wrong-recovery-key");
      using text = stored.value;
      seeds[part] = text.use((utf8) => new TextDecoder().decode(utf8).trim());
    }
    if (Object.keys(seeds).length === 0) return;
    const { machine, userId, commit } = this.#context;
    if (machine.getIdentity(userId) === undefined) throw new CodedError("secrets-mismatch");
    const { requests } = commit((changes) => {
      const imported = machine.importCrossSigningKeys(seeds);
      if (imported.mismatched.length > 0) throw new CodedError("secrets-mismatch");
      changes.deviceOwners.add(userId);
      return imported;
    });
    // Signatures are kept until the server has them, so that one which cannot be sent now is no failure.
    await Promise.all(requests.map((request) => this.#pump.send(request)));
  }

  /** Uses the backup's key of secret storage, if it is that of the backup on the server. @throws CodedError where the server cannot be asked */
  async useBackupKey(storage: Storage, key: SecretStorageKey): Promise<void> {
    if (!holds(storage, BACKUP_KEY)) return;
    const stored = key.decryptSecret(BACKUP_KEY, storage.contents.get(BACKUP_KEY));
    if (!stored.ok) {
      if (!key.isProven) throw new CodedError("wrong-recovery-key");
      return;
    }
    using text = stored.value;
    const parsed = parseKeyText(text, "backup-key");
    if (!parsed.ok) return;
    using secret = parsed.value;
    await this.#backup.useKey(secret);
  }

  /** Compares what other devices have sent with what it should be; a backup's key that is right is used, and the backup restored. */
  async takeInbox(): Promise<void> {
    if (this.#takingInbox) return;
    this.#takingInbox = true;
    try {
      for (const { name, secret: received } of this.#context.machine.secretsInbox()) {
        using secret = received;
        if (name !== BACKUP_KEY) continue;
        const isOurs = await this.#backup.useKey(secret);
        if (this.#context.isClosed()) return;
        this.#context.commit(() => this.#context.machine.dismissSecret(name));
        if (isOurs) inBackground(this.#context, this.#backup.restore());
      }
    } finally {
      this.#takingInbox = false;
    }
  }

  /** A device that is verified, and lacks a secret that another verified one may have, asks for it. */
  requestMissing(): void {
    const { machine, userId, deviceId } = this.#context;
    const isVerified = machine.getDevice(userId, deviceId)?.crossSigned === true && machine.getIdentity(userId)?.verified === true;
    const hasOthers = machine
      .getUserDevices(userId)
      .some((device) => device.crossSigned && !device.dehydrated && device.deviceId !== deviceId);
    if (isVerified && hasOthers) {
      machine.requestMissingSecrets();
      this.#pump.trigger();
    }
  }

  /** The stored one, if there is one to be read, as dehydrated devices of ours were made with it; else one of our own. */
  async #takeDehydrationKey(present: Storage, key: SecretStorageKey): Promise<void> {
    const stored = holds(present, DEHYDRATION_SECRET)
      ? key.decryptSecret(DEHYDRATION_SECRET, present.contents.get(DEHYDRATION_SECRET))
      : undefined;
    using text = stored?.ok === true ? stored.value : undefined;
    const parsed = text === undefined ? undefined : parseKeyText(text, "dehydration-key");
    if (parsed?.ok !== true) return this.#dehydration.prepareKey();
    using secret = parsed.value;
    this.#dehydration.useKey(secret);
  }

  /** SECURITY: the secret's text; the caller disposes of it. */
  #load(name: SecretName): Secret<"stored-secret"> | undefined {
    if (name === BACKUP_KEY) {
      using key = this.#backup.decryptionKey();
      return key === undefined ? undefined : encodeKeyText(key);
    }
    if (name === DEHYDRATION_SECRET) {
      using key = this.#context.machine.dehydration.pickleKey();
      return key === undefined ? undefined : encodeKeyText(key);
    }
    const seed = this.#context.machine.exportCrossSigningKeys()[CROSS_SIGNING[name]];
    return seed === undefined ? undefined : Secret.take(new TextEncoder().encode(seed), "stored-secret");
  }
}

/** Compares what the texts say: other clients write padding. */
function sameKey(a: Secret<"stored-secret">, b: Secret<"stored-secret">): boolean {
  const [first, second] = [parseKeyText(a, "key"), parseKeyText(b, "key")];
  if (!first.ok || !second.ok) return false;
  using left = first.value;
  using right = second.value;
  return left.equals(right);
}
