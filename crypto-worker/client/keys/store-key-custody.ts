import type { ControlContract, WrappedKey } from "../../../protocol/control.ts";
import type { ParamsOf, ResultOf } from "../../../protocol/define.ts";
import { CodedError } from "../../../protocol/errors.ts";
import type { VaultTask } from "../../../protocol/vault.ts";
import type { Env } from "../../machine/env.ts";
import { Secret } from "../../primitives/secret.ts";
import { isWeakPassphrase } from "./passphrase-policy.ts";
import { unwrapStoreKey, wrapStoreKey, type StoreKey } from "./wrapped-key.ts";

type NewKey = ResultOf<ControlContract["newStoreKey"]>;
type Changed = NewKey | "wrong-passphrase" | "store-corrupt" | "store-wrong-key";
/** Whether a key is that of the store which is open. */
type OpensStore = (key: StoreKey) => boolean;

/** What a person has to do about a key. */
type State =
  | { readonly kind: "idle" }
  | {
      readonly kind: "expect-new-passphrase";
      readonly key: StoreKey;
      /** A store will be opened with the key; the key of one that is open is only wrapped anew. */
      readonly hold: boolean;
      readonly settle: (result: WrappedKey | CodedError) => void;
    }
  | {
      readonly kind: "expect-passphrase";
      readonly wrapped: WrappedKey;
      readonly failures: number;
      readonly settle: (result: undefined | CodedError) => void;
    }
  | {
      readonly kind: "expect-change";
      readonly wrapped: WrappedKey;
      /** Whether another passphrase follows; otherwise it is the keychain. */
      readonly next: boolean;
      readonly failures: number;
      readonly opens: OpensStore;
      readonly settle: (result: NewKey | CodedError) => void;
    };

/** Holds the store key from the moment it is made or unwrapped until a store is opened with it, and wraps it anew for whoever knows it already. */
export class StoreKeyCustody {
  readonly #env: Env;
  readonly #listeners = new Set<(task: VaultTask) => void>();
  #state: State = { kind: "idle" };
  #held: StoreKey | undefined;
  #working = false;

  constructor(env: Env) {
    this.#env = env;
  }

  get task(): VaultTask {
    switch (this.#state.kind) {
      case "idle":
        return { kind: "idle" };
      case "expect-new-passphrase":
        return { kind: "create-passphrase" };
      case "expect-passphrase":
        return { kind: "unlock", failures: this.#state.failures };
      case "expect-change":
        return { kind: "change-passphrase", next: this.#state.next, failures: this.#state.failures };
    }
  }

  onTask(listener: (task: VaultTask) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Makes a key and holds it. Without a keychain it waits for `createPassphrase`. */
  async newKey(wrap: "keychain" | "passphrase", signal: AbortSignal): Promise<NewKey> {
    this.#giveUp();
    const key = Secret.take(this.#env.randomBytes(32), "store-key");
    if (wrap === "keychain") {
      this.#hold(key);
      return forKeychain(key);
    }
    return this.#wrapByPassphrase(key, true, signal);
  }

  /**
   * Wraps the key of the open store anew. A wrapped one waits for `changePassphrase`, one out of the keychain for `createPassphrase`. The key itself stays
   * as it is, so that the old wrapping is as good as before until whoever keeps it has let it go. `store-wrong-key` for a key that is not the store's: its
   * wrapping would lock the person out.
   */
  async rewrap({ from, to }: ParamsOf<ControlContract["rewrapStoreKey"]>, opens: OpensStore, signal: AbortSignal): Promise<NewKey> {
    this.#giveUp();
    if (from.wrap === "keychain") {
      const key = Secret.take(from.storeKey, "store-key");
      const failure = opens(key) ? (to === "keychain" ? "conflict" : undefined) : "store-wrong-key";
      if (failure === undefined) return this.#wrapByPassphrase(key, false, signal);
      key[Symbol.dispose]();
      throw new CodedError(failure);
    }
    const { wrapped } = from;
    const result = await new Promise<NewKey | CodedError>((settle) => {
      this.#enter({ kind: "expect-change", wrapped, next: to === "passphrase", failures: 0, opens, settle });
      this.#onAbort(signal);
    });
    if (result instanceof CodedError) throw result;
    return result;
  }

  /** Takes the key of an existing store. A wrapped one waits for `unlock`. */
  async takeKey(params: ParamsOf<ControlContract["takeStoreKey"]>, signal: AbortSignal): Promise<void> {
    this.#giveUp();
    if (params.wrap === "keychain") {
      this.#hold(Secret.take(params.storeKey, "store-key"));
      return;
    }
    const result = await new Promise<undefined | CodedError>((settle) => {
      this.#enter({ kind: "expect-passphrase", wrapped: params.wrapped, failures: 0, settle });
      this.#onAbort(signal);
    });
    if (result instanceof CodedError) throw result;
  }

  /** From the vault: the passphrase that wraps the new key. */
  async createPassphrase(passphrase: string): Promise<void> {
    const state = this.#state;
    if (state.kind !== "expect-new-passphrase") throw new CodedError("conflict");
    if (isWeakPassphrase(passphrase)) throw new CodedError("weak-passphrase");
    // A copy: where the matter is given up meanwhile, the key itself is wiped at once.
    using copy = state.key.use((bytes) => Secret.from(bytes, "store-key"));
    const wrapped = await this.#exclusively(() => wrapStoreKey(copy, passphrase, this.#env));
    if (this.#state !== state) throw new CodedError("cancelled");
    if (state.hold) this.#hold(state.key);
    else state.key[Symbol.dispose]();
    this.#enter({ kind: "idle" });
    state.settle(wrapped);
  }

  /** From the vault: the present passphrase, and the one that is to take its place, or null where the keychain is. */
  async changePassphrase(current: string, next: string | null): Promise<void> {
    const state = this.#state;
    if (state.kind !== "expect-change") throw new CodedError("conflict");
    if (state.next !== (next !== null)) throw new CodedError("invalid-request");
    if (next !== null && isWeakPassphrase(next)) throw new CodedError("weak-passphrase");
    const result = await this.#exclusively(() => this.#change(state, current, next));
    if (this.#state !== state) {
      if (typeof result === "object" && result.wrap === "keychain") result.storeKey.fill(0);
      throw new CodedError("cancelled");
    }
    if (result === "wrong-passphrase") {
      this.#enter({ ...state, failures: state.failures + 1 });
      throw new CodedError(result);
    }
    this.#enter({ kind: "idle" });
    if (typeof result !== "string") return state.settle(result);
    const failure = new CodedError(result);
    state.settle(failure);
    throw failure;
  }

  /** From the vault: another time. Only for what concerns a store that is open; without one there is nothing to go back to. */
  cancelTask(): void {
    const state = this.#state;
    if (state.kind === "expect-change" || (state.kind === "expect-new-passphrase" && !state.hold)) this.#giveUp();
    else throw new CodedError("conflict");
  }

  /** From the vault: the passphrase of an existing key. */
  async unlock(passphrase: string): Promise<void> {
    const state = this.#state;
    if (state.kind !== "expect-passphrase") throw new CodedError("conflict");
    const key = await this.#exclusively(() => unwrapStoreKey(state.wrapped, passphrase));
    if (this.#state !== state) throw new CodedError("cancelled");
    if (!key.ok && key.error === "malformed") {
      this.#enter({ kind: "idle" });
      state.settle(new CodedError("store-corrupt"));
      throw new CodedError("store-corrupt");
    }
    if (!key.ok) {
      this.#enter({ ...state, failures: state.failures + 1 });
      throw new CodedError("wrong-passphrase");
    }
    this.#hold(key.value);
    this.#enter({ kind: "idle" });
    state.settle(undefined);
  }

  /** Lends the held key to whoever opens the store; throws `locked` where there is none. It is kept until `release`. */
  use<T>(open: (key: Uint8Array) => T): T {
    if (this.#held === undefined) throw new CodedError("locked");
    return this.#held.use(open);
  }

  release(): void {
    this.#held?.[Symbol.dispose]();
    this.#held = undefined;
  }

  async #wrapByPassphrase(key: StoreKey, hold: boolean, signal: AbortSignal): Promise<NewKey> {
    const result = await new Promise<WrappedKey | CodedError>((settle) => {
      this.#enter({ kind: "expect-new-passphrase", key, hold, settle });
      this.#onAbort(signal);
    });
    if (result instanceof CodedError) throw result;
    return { wrap: "passphrase", wrapped: result };
  }

  async #change({ wrapped, opens }: Extract<State, { kind: "expect-change" }>, current: string, next: string | null): Promise<Changed> {
    const unwrapped = await unwrapStoreKey(wrapped, current);
    if (!unwrapped.ok) return unwrapped.error === "malformed" ? "store-corrupt" : unwrapped.error;
    using key = unwrapped.value;
    if (!opens(key)) return "store-wrong-key";
    return next === null ? forKeychain(key) : { wrap: "passphrase", wrapped: await wrapStoreKey(key, next, this.#env) };
  }

  #hold(key: StoreKey): void {
    this.release();
    this.#held = key;
  }

  #enter(state: State): void {
    this.#state = state;
    for (const listener of this.#listeners) listener(this.task);
  }

  #onAbort(signal: AbortSignal): void {
    const state = this.#state;
    if (signal.aborted) this.#giveUp();
    else signal.addEventListener("abort", () => this.#state === state && this.#giveUp(), { once: true });
  }

  #giveUp(): void {
    const state = this.#state;
    if (state.kind === "idle") return;
    this.#enter({ kind: "idle" });
    if (state.kind === "expect-new-passphrase") state.key[Symbol.dispose]();
    state.settle(new CodedError("cancelled"));
  }

  /** One KDF at a time: each takes 128 MiB. */
  async #exclusively<T>(work: () => Promise<T>): Promise<T> {
    if (this.#working) throw new CodedError("conflict");
    this.#working = true;
    try {
      return await work();
    } finally {
      this.#working = false;
    }
  }
}

/**
 * SECURITY: the one place where the store key leaves this process. The keychain is an API of main's; main seals the key and forgets it. What is returned
 * here is wiped as soon as the reply has been posted, which happens before any timer or immediate runs.
 */
function forKeychain(key: StoreKey): NewKey {
  const storeKey = key.use((bytes) => Uint8Array.from(bytes));
  setImmediate(() => storeKey.fill(0));
  return { wrap: "keychain", storeKey };
}
