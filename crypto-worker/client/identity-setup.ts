import { describeError } from "../log.ts";
import type { ClientContext } from "./context.ts";
import type { RequestPump } from "./pump.ts";

const SIGNING_KEYS_PATH = "/_matrix/client/v3/keys/device_signing/upload";
/** Present from the commit that made the keys until the server has them: what is begun is finished after a crash. */
export const SETUP_STARTED = "identity-setup";
const SETTLE_MS = 15_000;

/**
 * Gives an account without a cross-signing identity one, as soon as it is certain that it has none. Without it every message that we send would be marked at its
 * recipients as coming from a device which its owner has not confirmed. It only happens where the server asks for no password for a first identity
 * (client-server API, POST keys/device_signing/upload); otherwise a person does it in the vault. It never replaces an identity.
 */
export class IdentitySetup {
  readonly #context: ClientContext;
  readonly #pump: RequestPump;
  #settled = false;

  constructor(context: ClientContext, pump: RequestPump) {
    this.#context = context;
    this.#pump = pump;
  }

  get isSettled(): boolean {
    return this.#settled;
  }

  /** Call after a sync, one at a time; does nothing once the question is settled. */
  async run(): Promise<void> {
    if (this.#settled) return;
    try {
      this.#settled = await this.#setUp();
    } catch (error) {
      // The next sync tries again. An identity that another device has published meanwhile is not ours to replace.
      this.#context.log.warn("identity.setup", describeError(error));
    }
  }

  /** Whether there is nothing left to do. */
  async #setUp(): Promise<boolean> {
    const { userId, machine, store } = this.#context;
    await this.#pump.settle("keys_upload", SETTLE_MS);
    await this.#pump.settle("keys_query", SETTLE_MS);
    if (machine.outdatedUsers([userId]).length > 0 || store.account.load()?.deviceKeysUploaded !== true) return false;
    const started = store.customValues.load(SETUP_STARTED) !== undefined;
    if (started && machine.crossSigningStatus().hasMaster) return this.#publish();
    if (started) this.#forgetStarted();
    // Whatever identity there is now was published by another device; it is not ours to replace.
    if (machine.getIdentity(userId) !== undefined) return true;
    switch (await this.#probe()) {
      case "open":
        return this.#publish();
      case "password":
        return true;
      case "unknown":
        return false;
    }
  }

  /** The server answers an upload of no keys as it would a real one: with 401 where it wants a password first. */
  async #probe(): Promise<"open" | "password" | "unknown"> {
    const probe = await this.#context.http.json({
      kind: "signing_keys_upload",
      method: "POST",
      path: SIGNING_KEYS_PATH,
      body: {},
      retry: "never",
    });
    if (probe.ok || probe.error.code === "invalid-request") return "open";
    return probe.error.permanent || probe.error.code === "interactive-auth-required" ? "password" : "unknown";
  }

  async #publish(): Promise<boolean> {
    const { machine, store, userId } = this.#context;
    const requests = this.#context.commit(() => {
      store.customValues.save(SETUP_STARTED, Uint8Array.of(1));
      store.requireDurability();
      return machine.bootstrapCrossSigning();
    });
    for (const request of requests) {
      const answer = await this.#pump.send(request);
      if (!answer.ok) return false;
    }
    this.#forgetStarted();
    this.#context.commit((changes) => changes.deviceOwners.add(userId));
    return true;
  }

  #forgetStarted(): void {
    const { store } = this.#context;
    store.transaction(() => store.customValues.remove(SETUP_STARTED));
  }
}
