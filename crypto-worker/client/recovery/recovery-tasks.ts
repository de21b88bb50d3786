import { CodedError } from "../../../protocol/errors.ts";
import type { Auth, AuthNeeded } from "../../../protocol/messages/interactive-auth.ts";
import { unreachable } from "../../../protocol/result.ts";
import type { SecretStorageKey } from "../../machine/secret-storage/secret-storage-key.ts";
import { isBackupRefused, LEGACY_PREFERENCE, PREFERENCE } from "../backup/backup-preference.ts";
import type { KeyBackup } from "../backup/key-backup.ts";
import type { ClientContext } from "../context.ts";
import type { Dehydration } from "../dehydration/dehydration.ts";
import { RESETTING, type IdentityPublisher } from "./identity-publisher.ts";
import type { OwnSecrets } from "./own-secrets.ts";
import type { Facts, Goal, Task } from "./recovery-steps.ts";
import type { SecretStorage, Storage } from "./secret-storage.ts";
import type { ServerAccountData } from "./server-account-data.ts";
import { StorageKeys, type GivenSecret } from "./storage-keys.ts";

/** Present while a key of secret storage is no longer the default one and still opens it: its id. */
export const RETIRING = "recovery-retiring";
const NO_AUTH: Auth = { kind: "none" };

export type RecoveryTasksParts = {
  readonly data: ServerAccountData;
  readonly storage: SecretStorage;
  readonly identity: IdentityPublisher;
  readonly backup: KeyBackup;
  readonly secrets: OwnSecrets;
  readonly dehydration: Dehydration;
};

/** What an operation was given. */
export type Order = { readonly goal: Goal; readonly auth?: Auth; readonly passphrase?: string | null; readonly given?: GivenSecret };
/** And what it has found or made so far. */
export type Operation = Order & { storage: Storage | undefined; key: SecretStorageKey | undefined };

/** Looks how things stand, and does the tasks that `stepRecovery` names. Every method throws `CodedError` for what a server or a person can cause. */
export class RecoveryTasks {
  readonly #context: ClientContext;
  readonly #parts: RecoveryTasksParts;
  readonly #keys: StorageKeys;

  constructor(context: ClientContext, parts: RecoveryTasksParts) {
    this.#context = context;
    this.#parts = parts;
    this.#keys = new StorageKeys(context.env);
  }

  /** Asks the server. */
  async survey(operation: Operation): Promise<Facts> {
    const { identity, backup, storage, data } = this.#parts;
    await identity.refresh();
    await Promise.all([data.fetch(PREFERENCE), data.fetch(LEGACY_PREFERENCE)]);
    await backup.check();
    operation.storage = await storage.fetch();
    return this.facts(operation);
  }

  /** As of now, with what was done since. */
  facts({ storage }: Operation): Facts {
    const { identity, backup, data } = this.#parts;
    return {
      identity: identity.facts,
      backup: backup.facts,
      storage: storage === undefined ? "none" : "present",
      backupRefused: isBackupRefused((type) => data.stored(type)),
      resetting: this.#context.store.customValues.load(RESETTING) !== undefined,
    };
  }

  /** Undefined once it is done, else what the person has to give first. */
  async perform(task: Task, operation: Operation): Promise<AuthNeeded | undefined> {
    const { identity, backup, storage, secrets, dehydration } = this.#parts;
    const { auth = NO_AUTH, passphrase = null, given } = operation;
    const oldKeyId = operation.storage?.description.keyId;
    switch (task) {
      case "publish-identity":
        return identity.publish(false, auth);
      case "replace-identity":
        return identity.publish(true, auth);
      case "allow-backup":
        return this.#prefer(true);
      case "refuse-backup":
        return this.#prefer(false);
      case "create-backup":
        return nothing(backup.create());
      case "sign-backup":
        return nothing(backup.sign());
      case "delete-backup":
        return nothing(backup.remove());
      case "write-key":
        operation.key = await this.#keys.create(passphrase);
        return nothing(storage.writeKey(operation.key));
      case "write-secrets":
        return nothing(secrets.write(storage, keyOf(operation), oldKeyId));
      case "set-default-key":
        return nothing(this.#setDefaultKey(keyOf(operation).keyId, oldKeyId));
      case "retire-old-key":
        return nothing(this.#retireOldKey(operation));
      case "open-storage":
        if (given === undefined) throw new Error("nothing to open secret storage with");
        operation.key = await this.#keys.open(storageOf(operation), given);
        return undefined;
      case "import-identity":
        return nothing(secrets.importIdentity(storageOf(operation), keyOf(operation)));
      case "use-backup-key":
        return nothing(secrets.useBackupKey(storageOf(operation), keyOf(operation)));
      case "complete-storage":
        return nothing(secrets.complete(storage, storageOf(operation), keyOf(operation)));
      case "clear-default-key":
        return this.#clearDefaultKey(operation, oldKeyId);
      case "clear-secrets":
        return nothing(storage.clearSecrets());
      case "remove-dehydrated-device":
        return nothing(dehydration.remove());
      case "end-reset":
        this.#context.commit((changes) => {
          this.#context.store.customValues.remove(RESETTING);
          changes.deviceOwners.add(this.#context.userId);
        });
        return undefined;
      default:
        return unreachable(task);
    }
  }

  /** A lost answer must not cost the person the key that is in force from here on. */
  async #setDefaultKey(keyId: string, oldKeyId: string | undefined): Promise<void> {
    const { storage } = this.#parts;
    if (oldKeyId !== undefined) this.#remember(RETIRING, oldKeyId);
    try {
      await storage.setDefaultKey(keyId);
    } catch (error) {
      if (!(error instanceof CodedError) || (await storage.fetch())?.description.keyId !== keyId) throw error;
    }
  }

  /** SECURITY: who has the old recovery key must not be able to open what is there now. */
  async #retireOldKey({ storage: before, key }: Operation): Promise<void> {
    const { store } = this.#context;
    const latch = store.customValues.load(RETIRING);
    const current = key?.keyId ?? before?.description.keyId;
    const old = latch === undefined ? undefined : new TextDecoder().decode(latch);
    if (old !== undefined && current !== undefined && old !== current) await this.#parts.storage.retireKey(old, current);
    store.transaction(() => store.customValues.remove(RETIRING));
  }

  #remember(latch: string, value: string): void {
    const { store } = this.#context;
    store.transaction(() => {
      store.customValues.save(latch, new TextEncoder().encode(value));
      store.requireDurability();
    });
  }

  /** What a reset takes back is what held the old identity, not what another device has made since. */
  async #clearDefaultKey({ goal }: Operation, keyId: string | undefined): Promise<undefined> {
    const latch = this.#context.store.customValues.load(RESETTING);
    if (goal !== "disable" && latch !== undefined && new TextDecoder().decode(latch) !== keyId) return;
    await this.#parts.storage.clearDefaultKey();
  }

  async #prefer(enabled: boolean): Promise<undefined> {
    const { data } = this.#parts;
    await data.write(PREFERENCE, { enabled });
    // Element's releases from before the setting was in the spec look at this one only.
    if (data.stored(LEGACY_PREFERENCE) !== undefined || !enabled) await data.write(LEGACY_PREFERENCE, { disabled: !enabled });
  }
}

async function nothing(work: Promise<void>): Promise<undefined> {
  await work;
}

export function keyOf({ key }: Operation): SecretStorageKey {
  if (key === undefined) throw new Error("a task without its key");
  return key;
}

function storageOf({ storage }: Operation): Storage {
  if (storage === undefined) throw new Error("a task without secret storage");
  return storage;
}
