import type { ControlContract, WrappedKey } from "../../../protocol/control.ts";
import type { ParamsOf, ResultOf } from "../../../protocol/define.ts";
import { CodedError } from "../../../protocol/errors.ts";
import type { VaultTask } from "../../../protocol/vault.ts";
import type { Env } from "../../machine/env.ts";
import { Secret } from "../../primitives/secret.ts";
import { isWeakPassphrase } from "./passphrase-policy.ts";
import { unwrapStoreKey, wrapStoreKey, type StoreKey } from "./wrapped-key.ts";

type NewKey = ResultOf<ControlContract["newStoreKey"]>;

/** What a person has to do before there is a key. */
type State =
  | { readonly kind: "idle" }
  | { readonly kind: "expect-new-passphrase"; readonly key: StoreKey; readonly settle: (result: WrappedKey | CodedError) => void }
  | {
      readonly kind: "expect-passphrase";
      readonly wrapped: WrappedKey;
      readonly failures: number;
      readonly settle: (result: undefined | CodedError) => void;
    };

/** Holds the store key from the moment it is made or unwrapped until a store is opened with it. */
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
      // SECURITY: the one place where the store key leaves this process. The keychain is an API of main's; main wraps and forgets it.
      return { wrap, storeKey: key.use((bytes) => Uint8Array.from(bytes)) };
    }
    const result = await new Promise<WrappedKey | CodedError>((settle) => {
      this.#enter({ kind: "expect-new-passphrase", key, settle });
      this.#onAbort(signal);
    });
    if (result instanceof CodedError) throw result;
    return { wrap, wrapped: result };
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
    const wrapped = await this.#exclusively(() => wrapStoreKey(state.key, passphrase, this.#env));
    if (this.#state !== state) throw new CodedError("cancelled");
    this.#hold(state.key);
    this.#enter({ kind: "idle" });
    state.settle(wrapped);
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
