import { CodedError } from "../../../protocol/errors.ts";
import type { Auth, AuthNeeded } from "../../../protocol/messages/interactive-auth.ts";
import { unreachable } from "../../../protocol/result.ts";
import type { SecretStorageKey } from "../../machine/secret-storage/secret-storage-key.ts";
import { inBackground } from "../background.ts";
import { isBackupRefused, LEGACY_PREFERENCE, PREFERENCE } from "../backup/backup-preference.ts";
import type { KeyBackup } from "../backup/key-backup.ts";
import type { ClientContext } from "../context.ts";
import type { IdentitySetup } from "../identity-setup.ts";
import { codedStoreError } from "../store-errors.ts";
import { RESETTING, type IdentityPublisher } from "./identity-publisher.ts";
import type { OwnSecrets } from "./own-secrets.ts";
import { begin, stepRecovery, type Facts, type Goal, type RecoveryInput, type Task } from "./recovery-steps.ts";
import type { SecretStorage, Storage } from "./secret-storage.ts";
import type { ServerAccountData } from "./server-account-data.ts";
import { recoveryKeyOf, StorageKeys, type GivenSecret } from "./storage-keys.ts";

/** Present while a key of secret storage is no longer the default one and still opens it: its id. */
const RETIRING = "recovery-retiring";
/** So long `recover` waits for the backup; the job goes on. */
const RESTORE_WAIT_MS = 300_000;

export type RecoveryParts = {
  readonly data: ServerAccountData;
  readonly storage: SecretStorage;
  readonly identity: IdentityPublisher;
  readonly setup: IdentitySetup;
  readonly backup: KeyBackup;
  readonly secrets: OwnSecrets;
};

/** What an operation was given. */
type Order = { readonly goal: Goal; readonly auth?: Auth; readonly passphrase?: string | null; readonly given?: GivenSecret };
/** And what it has found or made so far. */
type Operation = Order & { storage: Storage | undefined; key: SecretStorageKey | undefined };

const NO_AUTH: Auth = { kind: "none" };

/**
 * Identity, key backup and secret storage as one thing: what a person asks for is an operation that `stepRecovery` takes through its tasks. One runs at a
 * time. Each begins with a look at the server, so that what an interrupted one has left is completed by the next.
 */
export class Recovery {
  readonly #context: ClientContext;
  readonly #parts: RecoveryParts;
  readonly #keys: StorageKeys;
  #tail: Promise<unknown> = Promise.resolve();
  #resumed = false;
  #settingUp = false;

  constructor(context: ClientContext, parts: RecoveryParts) {
    this.#context = context;
    this.#parts = parts;
    this.#keys = new StorageKeys(context.env);
  }

  /** Publishes an identity where there is none. @throws CodedError `identity-exists` */
  setUpIdentity(auth: Auth): Promise<AuthNeeded | undefined> {
    return this.#oneAtATime(async () => {
      await this.#parts.identity.refresh();
      return this.#parts.identity.publish(false, auth);
    });
  }

  /** Another identity: whoever has verified this one has to do it again. Secret storage, which holds the old one, is taken back. */
  resetIdentity(auth: Auth): Promise<AuthNeeded | undefined> {
    return this.#run({ goal: "reset", auth }, () => undefined);
  }

  /** The recovery key is in the answer and nowhere else. @throws CodedError `identity-exists`, `weak-passphrase` */
  enable(passphrase: string | null, auth: Auth): Promise<RecoveryKey | AuthNeeded> {
    return this.#run({ goal: "enable", auth, passphrase }, recoveryKey);
  }

  /** @throws CodedError `recovery-disabled`, and where not all secrets are here */
  async change(passphrase: string | null): Promise<RecoveryKey> {
    const changed = await this.#run({ goal: "change", passphrase }, recoveryKey);
    if ("recoveryKey" in changed) return changed;
    throw new CodedError("interactive-auth-required");
  }

  /** Answers once the backup is restored, or after five minutes of that. @throws CodedError `wrong-recovery-key`, `secrets-mismatch`: nothing was changed */
  async recover(given: GivenSecret): Promise<{ readonly importedKeys: number }> {
    await this.#run({ goal: "recover", given }, () => undefined);
    const { backup } = this.#parts;
    if (backup.facts !== "open") return { importedKeys: 0 };
    const { promise: late, resolve } = Promise.withResolvers<number>();
    const timer = setTimeout(() => resolve(0), RESTORE_WAIT_MS);
    const restoring = backup.restore();
    inBackground(this.#context, restoring);
    try {
      return { importedKeys: await Promise.race([restoring, late]) };
    } finally {
      clearTimeout(timer);
    }
  }

  async disable(): Promise<void> {
    await this.#run({ goal: "disable" }, () => undefined);
  }

  /**
   * After a start and every sync: an identity for an account that has none, once a run what was interrupted, and each time what other devices have sent. In
   * turn with what a person asks for: two identities at a time would be one too many.
   */
  settle(): void {
    const { setup, secrets } = this.#parts;
    if (!this.#settingUp && !(setup.isSettled && this.#resumed)) {
      this.#settingUp = true;
      const settling = this.#oneAtATime(async () => {
        await setup.run();
        if (!this.#resumed) await this.#resume();
      });
      inBackground(
        this.#context,
        settling.finally(() => {
          this.#settingUp = false;
        }),
      );
    }
    inBackground(this.#context, secrets.takeInbox());
  }

  async #resume(): Promise<void> {
    const { identity, secrets } = this.#parts;
    this.#resumed = true;
    try {
      await identity.resume();
      const { customValues } = this.#context.store;
      if (customValues.load(RESETTING) !== undefined) await this.#operate(operationOf({ goal: "finish-reset" }));
      if (customValues.load(RETIRING) !== undefined) await this.#operate(operationOf({ goal: "finish-change" }));
      secrets.requestMissing();
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      this.#context.log.warn("request.failed", { kind: "recovery", code: error.code });
      this.#resumed = false;
    }
  }

  /** `done` reads what the operation has made, before that is wiped. */
  #run<T>(order: Order, done: (operation: Operation) => T): Promise<T | AuthNeeded> {
    return this.#oneAtATime(async () => {
      const operation = operationOf(order);
      try {
        return (await this.#operate(operation)) ?? done(operation);
      } finally {
        operation.key?.[Symbol.dispose]();
      }
    });
  }

  #oneAtATime<T>(work: () => Promise<T>): Promise<T> {
    const run = this.#tail.then(() => {
      if (this.#context.isClosed()) throw new CodedError("cancelled");
      return work();
    });
    this.#tail = run.catch(() => undefined);
    return run;
  }

  /** Takes one operation through its tasks. @throws CodedError */
  async #operate(operation: Operation): Promise<AuthNeeded | undefined> {
    let needed: AuthNeeded | undefined;
    for (let state = begin(operation.goal); ;) {
      switch (state.kind) {
        case "expect-facts":
          state = stepRecovery(state, await caught(async () => ({ kind: "facts", facts: await this.#survey(operation) })));
          break;
        case "expect-task": {
          const { task } = state;
          const input = await caught(async () => {
            needed = await this.#perform(task, operation);
            return needed === undefined ? { kind: "task-done", facts: this.#facts(operation) } : { kind: "person-needed" };
          });
          state = stepRecovery(state, input);
          break;
        }
        case "expect-person":
          return needed;
        case "done":
          return undefined;
        case "failed":
          throw new CodedError(state.code);
        default:
          return unreachable(state);
      }
    }
  }

  async #survey(operation: Operation): Promise<Facts> {
    const { identity, backup, storage, data } = this.#parts;
    await identity.refresh();
    await Promise.all([data.fetch(PREFERENCE), data.fetch(LEGACY_PREFERENCE)]);
    await backup.check();
    operation.storage = await storage.fetch();
    return this.#facts(operation);
  }

  #facts({ storage }: Operation): Facts {
    const { identity, backup, data } = this.#parts;
    return {
      identity: identity.facts,
      backup: backup.facts,
      storage: storage === undefined ? "none" : "present",
      backupRefused: isBackupRefused((type) => data.stored(type)),
      resetting: this.#context.store.customValues.load(RESETTING) !== undefined,
    };
  }

  async #perform(task: Task, operation: Operation): Promise<AuthNeeded | undefined> {
    const { identity, backup, storage, secrets } = this.#parts;
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

type RecoveryKey = { readonly recoveryKey: string };

const operationOf = (order: Order): Operation => ({ ...order, storage: undefined, key: undefined });
const recoveryKey = (operation: Operation): RecoveryKey => ({ recoveryKey: recoveryKeyOf(keyOf(operation)) });

/** What a server or a person can cause is an input of the machine; a bug goes its own way. */
async function caught(work: () => Promise<RecoveryInput>): Promise<RecoveryInput> {
  try {
    return await work();
  } catch (error) {
    const coded = codedStoreError(error);
    if (!(coded instanceof CodedError)) throw error;
    return { kind: "failure", code: coded.code };
  }
}

async function nothing(work: Promise<void>): Promise<undefined> {
  await work;
}

function keyOf({ key }: Operation): SecretStorageKey {
  if (key === undefined) throw new Error("a task without its key");
  return key;
}

function storageOf({ storage }: Operation): Storage {
  if (storage === undefined) throw new Error("a task without secret storage");
  return storage;
}
