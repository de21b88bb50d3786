import type { ControlContract, Session } from "../../protocol/control.ts";
import type { ParamsOf } from "../../protocol/define.ts";
import { CodedError } from "../../protocol/errors.ts";
import type { Seal } from "../../protocol/vault.ts";
import type { Log } from "../log.ts";
import type { Env } from "../machine/env.ts";
import { OlmMachine } from "../machine/olm-machine.ts";
import type { Crew } from "../primitives/crew/crew.ts";
import { hkdfSha256 } from "../primitives/hkdf.ts";
import type { Secret } from "../primitives/secret.ts";
import type { StoreFiles } from "../store/store-files.ts";
import type { CryptoStore } from "../store/store.ts";
import { Client } from "./client.ts";
import type { Network } from "./http.ts";
import { ensureSealSecret, loadSeal } from "./keys/seal.ts";
import type { StoreKeyCustody } from "./keys/store-key-custody.ts";
import type { StoreKey } from "./keys/wrapped-key.ts";
import { codedStoreError } from "./store-errors.ts";

export type AccountHostOptions = {
  readonly custody: StoreKeyCustody;
  readonly stores: StoreFiles;
  readonly network: Network;
  readonly env: Env;
  readonly log: Log;
  readonly crew: Crew;
};

type KeyPrint = Secret<"store-key-print">;
type OpenedStore = { readonly path: string; readonly store: CryptoStore; readonly keyPrint: KeyPrint };
type Open = OpenedStore & { readonly machine: OlmMachine; readonly client: Client };

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
    return this.#require().client;
  }

  get seal(): Seal | null {
    return this.#open === undefined ? null : loadSeal(this.#open.store);
  }

  /** Tells the key of the store that is open from any other. Throws `not-signed-in` while none is. */
  keyCheck(): (key: StoreKey) => boolean {
    const { keyPrint } = this.#require();
    return (key) => {
      using print = key.use(printOf);
      return print.equals(keyPrint);
    };
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
    const opened = this.#openStore(path, "create");
    this.#start(opened, session, () => opened.store.session.save(session));
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
    const opened = this.#openStore(path, "open");
    const { store } = opened;
    const session = store.session.load();
    if (session === undefined || session.userId !== userId || session.deviceId !== deviceId) {
      store.close();
      throw new CodedError(session === undefined ? "store-corrupt" : "store-other-account");
    }
    this.#start(opened, session, () => undefined);
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

  #require(): Open {
    if (this.#open === undefined) throw new CodedError(this.#options.custody.task.kind === "idle" ? "not-signed-in" : "locked");
    return this.#open;
  }

  #openStore(path: string, mode: "create" | "open"): OpenedStore {
    try {
      return this.#options.custody.use((key) => ({ path, store: this.#options.stores.open({ path, key, mode }), keyPrint: printOf(key) }));
    } catch (error) {
      throw codedStoreError(error);
    }
  }

  #start(opened: OpenedStore, session: Session, first: () => void): void {
    const { store } = opened;
    const { env, log, network, custody, crew } = this.#options;
    let machine: OlmMachine | undefined;
    try {
      machine = store.transaction(() => {
        first();
        ensureSealSecret(store, env);
        store.requireDurability();
        return OlmMachine.open({ userId: session.userId, deviceId: session.deviceId, store, env, crew });
      });
      const client = new Client({ session, store, machine, network, env, log });
      this.#open = { ...opened, machine, client };
    } catch (error) {
      machine?.close();
      store.close();
      throw codedStoreError(error);
    }
    custody.release();
    // Main has the session only from our answer: until it says so, nothing would get anywhere.
    this.#open.client.setOnline(false);
    this.#open.client.start();
    this.#tell();
  }

  #tell(): void {
    for (const listener of this.#listeners) listener(this.#open?.client);
  }
}

/** Tells keys apart without keeping one: the store key itself is wiped as soon as the store is open. */
const printOf = (key: Uint8Array): KeyPrint => hkdfSha256(key, new Uint8Array(0), "bulkhead store key print v1", 32, "store-key-print");
