import type { ControlContract, Session } from "../../protocol/control.ts";
import type { ParamsOf } from "../../protocol/define.ts";
import { CodedError } from "../../protocol/errors.ts";
import type { Seal } from "../../protocol/vault.ts";
import type { Log } from "../log.ts";
import type { Env } from "../machine/env.ts";
import { OlmMachine } from "../machine/olm-machine.ts";
import type { StoreFiles } from "../store/store-files.ts";
import type { CryptoStore } from "../store/store.ts";
import { Client } from "./client.ts";
import type { Network } from "./http.ts";
import { ensureSealSecret, loadSeal } from "./keys/seal.ts";
import type { StoreKeyCustody } from "./keys/store-key-custody.ts";
import { codedStoreError } from "./store-errors.ts";

export type AccountHostOptions = {
  readonly custody: StoreKeyCustody;
  readonly stores: StoreFiles;
  readonly network: Network;
  readonly env: Env;
  readonly log: Log;
};

type Open = { readonly path: string; readonly store: CryptoStore; readonly machine: OlmMachine; readonly client: Client };

/** The life of the process's one account: its store, its machine, its client. */
export class AccountHost {
  readonly #options: AccountHostOptions;
  readonly #listeners = new Set<(client: Client | undefined) => void>();
  #open: Open | undefined;

  constructor(options: AccountHostOptions) {
    this.#options = options;
  }

  /** Throws `not-signed-in` while no account is open. */
  get client(): Client {
    if (this.#open === undefined) throw new CodedError(this.#options.custody.task.kind === "idle" ? "not-signed-in" : "locked");
    return this.#open.client;
  }

  get seal(): Seal | null {
    return this.#open === undefined ? null : loadSeal(this.#open.store);
  }

  /** Told of the client that is open now, at once and after every change. */
  onClient(listener: (client: Client | undefined) => void): () => void {
    this.#listeners.add(listener);
    listener(this.#open?.client);
    return () => this.#listeners.delete(listener);
  }

  /** A new store with the held key: session, seal and device keys are one commit. Then the client runs. */
  async create({ path, session }: ParamsOf<ControlContract["createAccount"]>): Promise<void> {
    if (this.#open !== undefined) throw new CodedError("already-signed-in");
    await OlmMachine.ready();
    const store = this.#openStore(path, "create");
    this.#start(path, store, session, () => store.session.save(session));
    this.#options.log.info("account.created");
  }

  /** An existing store with the held key. Asked again for the account that is open, it answers the same. */
  async open({ path, userId, deviceId }: ParamsOf<ControlContract["openAccount"]>): Promise<{ session: Session }> {
    if (this.#open !== undefined) {
      const session = this.#open.store.session.load();
      if (this.#open.path !== path || session?.userId !== userId || session.deviceId !== deviceId)
        throw new CodedError("already-signed-in");
      return { session };
    }
    await OlmMachine.ready();
    const store = this.#openStore(path, "open");
    const session = store.session.load();
    if (session === undefined || session.userId !== userId || session.deviceId !== deviceId) {
      store.close();
      throw new CodedError(session === undefined ? "store-corrupt" : "store-other-account");
    }
    this.#start(path, store, session, () => undefined);
    this.#options.log.info("account.opened");
    return { session };
  }

  close(): void {
    const open = this.#open;
    if (open === undefined) return;
    open.client.stop();
    this.#open = undefined;
    this.#tell();
    try {
      // Gives reserved message indices back, which a full disk can refuse: they are skipped then.
      open.machine.close();
    } finally {
      open.store.close();
    }
    this.#options.log.info("account.closed");
  }

  /** After a logout that the server has confirmed. */
  delete(): void {
    const path = this.#open?.path;
    if (path === undefined) throw new CodedError("not-signed-in");
    this.close();
    this.#options.stores.remove(path);
    this.#options.log.info("account.deleted");
  }

  #openStore(path: string, mode: "create" | "open"): CryptoStore {
    try {
      return this.#options.custody.use((key) => this.#options.stores.open({ path, key, mode }));
    } catch (error) {
      throw codedStoreError(error);
    }
  }

  #start(path: string, store: CryptoStore, session: Session, first: () => void): void {
    const { env, log, network, custody } = this.#options;
    let machine: OlmMachine | undefined;
    try {
      machine = store.transaction(() => {
        first();
        ensureSealSecret(store, env);
        store.requireDurability();
        return OlmMachine.open({ userId: session.userId, deviceId: session.deviceId, store, env });
      });
      const client = new Client({ session, store, machine, network, env, log });
      this.#open = { path, store, machine, client };
    } catch (error) {
      machine?.close();
      store.close();
      throw codedStoreError(error);
    }
    custody.release();
    this.#open.client.start();
    this.#tell();
  }

  #tell(): void {
    for (const listener of this.#listeners) listener(this.#open?.client);
  }
}
