import type { ControlContract } from "../../protocol/control.ts";
import type { ParamsOf } from "../../protocol/define.ts";
import { CodedError, type ErrorCode, type RpcError } from "../../protocol/errors.ts";
import { err, type Result } from "../../protocol/result.ts";
import type { CryptoHost } from "../crypto-host/crypto-host.ts";
import type { Keychain } from "../profile/keychain.ts";
import type { KeyWrap } from "../profile/profile.ts";

type HeldKey = ParamsOf<ControlContract["takeStoreKey"]>;

/**
 * How the store key gets into the profile and back to the worker. With a keychain it is in main's hands for a moment and then wiped; without one
 * main sees it only wrapped, and a person types the passphrase in the vault.
 */
export class StoreKeyExchange {
  readonly #host: CryptoHost;
  readonly #keychain: Keychain | undefined;
  /** Ends a call that waits for a person. */
  #wait: AbortController | undefined;

  constructor(host: CryptoHost, keychain: Keychain | undefined) {
    this.#host = host;
    this.#keychain = keychain;
  }

  /** Has a new key made for the next `createAccount`. `vault` is called where a person has to choose a passphrase. Throws `CodedError`. */
  async create(vault: () => void): Promise<KeyWrap> {
    if (this.#keychain === undefined) {
      vault();
      const made = await this.#waitForPerson((signal) => this.#host.call("newStoreKey", { wrap: "passphrase" }, { signal }));
      if (!made.ok) throw new CodedError(made.error.code);
      if (made.value.wrap !== "passphrase") throw new CodedError("internal");
      return made.value;
    }
    const made = await this.#host.call("newStoreKey", { wrap: "keychain" });
    if (!made.ok) throw new CodedError(made.error.code);
    if (made.value.wrap !== "keychain") throw new CodedError("internal");
    return seal(this.#keychain, made.value.storeKey);
  }

  /** Gives the worker the key for the next `openAccount`. `vault` is called where a person has to type the passphrase. */
  async give(key: KeyWrap, vault: () => void): Promise<"given" | ErrorCode> {
    const held = this.#open(key);
    if (held === undefined) return "keychain-unavailable";
    if (held.wrap === "passphrase") {
      vault();
      const taken = await this.#waitForPerson((signal) => this.#host.call("takeStoreKey", held, { signal }));
      return taken.ok ? "given" : taken.error.code;
    }
    const taken = await this.#host.call("takeStoreKey", held);
    held.storeKey.fill(0);
    return taken.ok ? "given" : taken.error.code;
  }

  /**
   * Has the key of the open store wrapped anew; the profile's own wrapping stays good. A person types the present passphrase, the next one, or both. Throws
   * `CodedError`, `cancelled` where `signal` or `giveUp` ended it.
   */
  async rewrap(key: KeyWrap, to: KeyWrap["wrap"], signal: AbortSignal): Promise<KeyWrap> {
    const keychain = this.#keychain;
    if (to === "keychain" && keychain === undefined) throw new CodedError("keychain-unavailable");
    const from = this.#open(key);
    if (from === undefined) throw new CodedError("keychain-unavailable");
    const wrapped = await this.#waitForPerson((waiting) =>
      this.#host.call("rewrapStoreKey", { from, to }, { signal: AbortSignal.any([waiting, signal]) }),
    );
    if (from.wrap === "keychain") from.storeKey.fill(0);
    if (!wrapped.ok) throw new CodedError(wrapped.error.code);
    if (wrapped.value.wrap === "passphrase") return wrapped.value;
    return seal(keychain, wrapped.value.storeKey);
  }

  /** Gives up waiting for a person: what waits ends as `cancelled`. */
  giveUp(): void {
    this.#wait?.abort();
  }

  /** As the worker takes it; undefined where the keychain does not give it now. A key that is in the clear is wiped by who has asked. */
  #open(key: KeyWrap): HeldKey | undefined {
    if (key.wrap === "passphrase") return { wrap: "passphrase", wrapped: key.wrapped };
    const storeKey = this.#keychain?.open(key.sealed);
    return storeKey === undefined ? undefined : { wrap: "keychain", storeKey };
  }

  /** However long that takes; given up at once, whether or not the worker answers. */
  async #waitForPerson<T>(call: (signal: AbortSignal) => Promise<Result<T, RpcError>>): Promise<Result<T, RpcError>> {
    const wait = new AbortController();
    this.#wait = wait;
    const { promise: givenUp, resolve } = Promise.withResolvers<Result<T, RpcError>>();
    wait.signal.addEventListener("abort", () => resolve(err({ code: "cancelled" })), { once: true });
    try {
      return await Promise.race([call(wait.signal), givenUp]);
    } finally {
      if (this.#wait === wait) this.#wait = undefined;
    }
  }
}

/** Seals the key for the profile and wipes it. */
function seal(keychain: Keychain | undefined, storeKey: Uint8Array): KeyWrap {
  try {
    if (keychain === undefined) throw new CodedError("keychain-unavailable");
    return { wrap: "keychain", sealed: keychain.seal(storeKey) };
  } catch {
    throw new CodedError("keychain-unavailable");
  } finally {
    storeKey.fill(0);
  }
}
