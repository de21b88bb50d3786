import { CodedError } from "../../../protocol/errors.ts";
import type { Auth, AuthNeeded } from "../../../protocol/messages/interactive-auth.ts";
import { unreachable } from "../../../protocol/result.ts";
import { inBackground } from "../background.ts";
import type { ClientContext } from "../context.ts";
import type { IdentitySetup } from "../identity-setup.ts";
import { isWeakPassphrase } from "../keys/passphrase-policy.ts";
import { codedStoreError } from "../store-errors.ts";
import { RESETTING } from "./identity-publisher.ts";
import { begin, stepRecovery, type RecoveryInput } from "./recovery-steps.ts";
import { keyOf, RecoveryTasks, RETIRING, type Operation, type Order, type RecoveryTasksParts } from "./recovery-tasks.ts";
import { recoveryKeyOf, type GivenSecret } from "./storage-keys.ts";

/** So long `recover` waits for the backup; the job goes on. */
const RESTORE_WAIT_MS = 300_000;

export type RecoveryParts = RecoveryTasksParts & { readonly setup: IdentitySetup };

/**
 * Identity, key backup and secret storage as one thing: what a person asks for is an operation that `stepRecovery` takes through its tasks. One runs at a
 * time. Each begins with a look at the server, so that what an interrupted one has left is completed by the next.
 */
export class Recovery {
  readonly #context: ClientContext;
  readonly #parts: RecoveryParts;
  readonly #tasks: RecoveryTasks;
  #tail: Promise<unknown> = Promise.resolve();
  #resumed = false;
  #settingUp = false;

  constructor(context: ClientContext, parts: RecoveryParts) {
    this.#context = context;
    this.#parts = parts;
    this.#tasks = new RecoveryTasks(context, parts);
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
  async enable(passphrase: string | null, auth: Auth): Promise<RecoveryKey | AuthNeeded> {
    requireStrength(passphrase);
    return this.#run({ goal: "enable", auth, passphrase }, recoveryKey);
  }

  /** @throws CodedError `recovery-disabled`, and where not all secrets are here */
  async change(passphrase: string | null): Promise<RecoveryKey> {
    requireStrength(passphrase);
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
          state = stepRecovery(state, await caught(async () => ({ kind: "facts", facts: await this.#tasks.survey(operation) })));
          break;
        case "expect-task": {
          const { task } = state;
          const input = await caught(async () => {
            needed = await this.#tasks.perform(task, operation);
            return needed === undefined ? { kind: "task-done", facts: this.#tasks.facts(operation) } : { kind: "person-needed" };
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
}

type RecoveryKey = { readonly recoveryKey: string };

const operationOf = (order: Order): Operation => ({ ...order, storage: undefined, key: undefined });
const recoveryKey = (operation: Operation): RecoveryKey => ({ recoveryKey: recoveryKeyOf(keyOf(operation)) });

/** SECURITY: the server has all that is needed to try passphrases out. */
function requireStrength(passphrase: string | null): void {
  if (passphrase !== null && isWeakPassphrase(passphrase)) throw new CodedError("weak-passphrase");
}

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
