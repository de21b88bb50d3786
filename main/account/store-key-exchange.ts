import { CodedError, type ErrorCode, type RpcError } from "../../protocol/errors.ts";
import { err, type Result } from "../../protocol/result.ts";
import type { CryptoHost } from "../crypto-host/crypto-host.ts";
import type { Keychain } from "../profile/keychain.ts";
import type { KeyWrap } from "../profile/profile.ts";

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
    try {
      return { wrap: "keychain", sealed: this.#keychain.seal(made.value.storeKey) };
    } catch {
      throw new CodedError("keychain-unavailable");
    } finally {
      made.value.storeKey.fill(0);
    }
  }

  /** Gives the worker the key for the next `openAccount`. `vault` is called where a person has to type the passphrase. */
  async give(key: KeyWrap, vault: () => void): Promise<"given" | ErrorCode> {
    if (key.wrap === "passphrase") {
      vault();
      const { wrapped } = key;
      const taken = await this.#waitForPerson((signal) => this.#host.call("takeStoreKey", { wrap: "passphrase", wrapped }, { signal }));
      return taken.ok ? "given" : taken.error.code;
    }
    const storeKey = this.#keychain?.open(key.sealed);
    if (storeKey === undefined) return "keychain-unavailable";
    const taken = await this.#host.call("takeStoreKey", { wrap: "keychain", storeKey });
    storeKey.fill(0);
    return taken.ok ? "given" : taken.error.code;
  }

  /** Gives up waiting for a person: what waits ends as `cancelled`. */
  giveUp(): void {
    this.#wait?.abort();
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
