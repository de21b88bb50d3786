import { randomBytes } from "node:crypto";
import type { Session } from "../../protocol/control.ts";
import { CodedError, type ErrorCode } from "../../protocol/errors.ts";
import type { AppState, Connection } from "../../protocol/shell.ts";
import { CryptoHost, type HostState } from "../crypto-host/crypto-host.ts";
import { Observed } from "../crypto-host/observed.ts";
import type { WorkerSpawner } from "../crypto-host/worker-process.ts";
import type { Log } from "../logging/log.ts";
import type { Clock } from "../matrix/clock.ts";
import { type Credentials, login } from "../matrix/login.ts";
import { serveHttp } from "../matrix/network-server.ts";
import type { Transport } from "../matrix/transport.ts";
import { mediaHandlers } from "../media/media-server.ts";
import { MediaSpool } from "../media/media-spool.ts";
import type { Keychain } from "../profile/keychain.ts";
import type { KeyWrap, Profile } from "../profile/profile.ts";
import type { ProfileFolder } from "../profile/profile-folder.ts";
import { OnlineSession } from "./online-session.ts";
import { StoreKeyExchange } from "./store-key-exchange.ts";

export type AccountDeps = {
  readonly folder: ProfileFolder;
  /** Undefined: the store key is wrapped by a passphrase, in the vault. */
  readonly keychain: Keychain | undefined;
  readonly spawner: WorkerSpawner;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly log: Log;
};

type SoftLoggedOut = Extract<AppState, { readonly phase: "soft-logged-out" }>;

/** The store is open, whatever the server thinks of the session. */
const OPEN_PHASES: ReadonlySet<AppState["phase"]> = new Set(["ready", "soft-logged-out", "logged-out-by-server"]);

/**
 * The one account of a profile, from signing in to signing out. It owns the worker's supervision and the session with the server, and needs no
 * Electron: the app and the headless client are both built on it.
 *
 * 1. Operations that change who is signed in run one after the other (`#exclusive`).
 * 2. Requests go out only while a session is in use, and that is only after the profile says `created`.
 * 3. Nothing here deletes a file except `logout`.
 */
export class Account {
  readonly state = new Observed<AppState>({ phase: "starting" });
  readonly connection: Observed<Connection>;
  readonly vaultWanted = new Observed<boolean>(false);
  /** How often the account was locked. Each time whoever shows anything of it has to forget that. */
  readonly locks = new Observed(0);
  readonly host: CryptoHost;
  readonly #deps: AccountDeps;
  readonly #log: Log;
  readonly #online: OnlineSession;
  readonly #keys: StoreKeyExchange;
  #profile: Profile | undefined;
  #queue: Promise<unknown> = Promise.resolve();
  #closing = false;

  constructor(deps: AccountDeps) {
    this.#deps = deps;
    this.#log = deps.log.named("account");
    this.#online = new OnlineSession({
      transport: deps.transport,
      clock: deps.clock,
      log: deps.log,
      host: () => this.host,
      ended: (session, soft) => this.#sessionEnded(session, soft),
      storeFailed: (code) => this.#failed(code),
    });
    this.connection = this.#online.connection;
    const spool = new MediaSpool(deps.folder.mediaPath);
    this.host = new CryptoHost({
      spawner: deps.spawner,
      clock: deps.clock,
      log: deps.log.named("host"),
      network: (transferred) => ({
        http: (request, { signal }) => serveHttp(this.#online.client, request, signal),
        ...mediaHandlers(this.#online.client, spool, transferred),
      }),
    });
    this.#keys = new StoreKeyExchange(this.host, deps.keychain);
    this.host.state.watch((state) => this.#hostChanged(state));
    this.host.on("vaultWanted", ({ wanted }) => this.vaultWanted.set(wanted));
  }

  /** Reads the profile and starts the worker; from then on `state` tells. */
  start(): void {
    const profile = this.#deps.folder.read();
    if (!profile.ok) {
      this.state.set({ phase: "failed", code: "store-corrupt", userId: null });
    } else {
      this.#profile = profile.value;
      this.state.set(profile.value === undefined ? { phase: "signed-out" } : { phase: "opening", userId: profile.value.userId });
    }
    this.host.start();
  }

  /** Whether a person will be asked for a passphrase before the account of the profile opens. */
  get needsPassphrase(): boolean {
    return this.#profile?.key.wrap === "passphrase";
  }

  /** Signs in with whatever `obtain` brings back from the server, and makes the store of the new device. */
  signIn(obtain: () => Promise<Session>): Promise<{ userId: string; deviceId: string }> {
    return this.#exclusive(async () => {
      if (this.state.value.phase !== "signed-out") throw new CodedError("already-signed-in");
      await this.host.untilUp();
      const session = await obtain();
      try {
        await this.#establish(session);
      } catch (error) {
        // Without a profile the device is of no use to anyone: it is ended rather than left behind in the person's device list.
        if (this.#profile === undefined) {
          await this.#online.endOnServer(session);
          this.state.set({ phase: "signed-out" });
        }
        throw error;
      }
      return { userId: session.userId, deviceId: session.deviceId };
    });
  }

  /** After a soft logout: the same device, a new token, every key still there. `prove` brings what the server wants to see, however long that takes a person. */
  async reauthenticate(prove: (account: SoftLoggedOut) => Promise<Credentials>): Promise<void> {
    const before = this.state.value;
    if (before.phase !== "soft-logged-out") throw new CodedError("conflict");
    const credentials = await prove(before);
    await this.#exclusive(async () => {
      const state = this.state.value;
      if (state.phase !== "soft-logged-out") throw new CodedError("conflict");
      const session = await login(this.#deps.transport, {
        server: state.homeserver,
        credentials,
        deviceName: "Bulkhead",
        deviceId: state.deviceId,
      });
      if (session.userId !== state.userId) {
        // In a browser one may be signed in as somebody else: their account is left as it was.
        await this.#online.endOnServer(session);
        throw new CodedError("wrong-credentials");
      }
      if (session.deviceId !== state.deviceId) throw new CodedError("server-garbage");
      await this.#online.store(session);
      this.#goOnline(session);
    });
  }

  /** Ends the session on the server and deletes everything local; with `force` also where the server cannot be told. */
  logout(force: boolean): Promise<void> {
    this.#keys.giveUp();
    return this.#exclusive(async () => {
      if (this.state.value.phase === "signed-out") return;
      const { phase } = this.state.value;
      const session = phase === "ready" ? this.#online.current : undefined;
      const overAlready = phase === "logged-out-by-server";
      if (session !== undefined) {
        const ended = await this.#online.endOnServer(session);
        if (!ended && !force) throw new CodedError("offline");
      } else if (!overAlready && !force) {
        throw new CodedError("locked");
      }
      await this.#online.stop();
      await this.host.call("deleteAccount", {});
      // A fresh process: nothing of the old account is left in its memory.
      await this.host.stop();
      this.#deps.folder.delete();
      this.#profile = undefined;
      this.state.set({ phase: "signed-out" });
      this.host.start();
    });
  }

  /** Tries again to open an account that could not be opened. */
  async retryOpen(): Promise<void> {
    if (this.state.value.phase !== "failed") return;
    const profile = this.#deps.folder.read();
    if (!profile.ok) throw new CodedError("store-corrupt");
    this.#profile = profile.value;
    this.state.set(profile.value === undefined ? { phase: "signed-out" } : { phase: "opening", userId: profile.value.userId });
    if (this.host.state.value.phase === "up") await this.#exclusive(() => this.#open());
    else this.host.start();
  }

  /** Moves the account's files into a folder of their own and starts afresh. */
  setAside(): Promise<string> {
    this.#keys.giveUp();
    return this.#exclusive(async () => {
      await this.#online.stop();
      await this.host.stop();
      const folder = this.#deps.folder.setAside(new Date(this.#deps.clock.now()));
      this.#profile = undefined;
      this.state.set({ phase: "signed-out" });
      this.host.start();
      return folder;
    });
  }

  /** Whether there is something that `lock` could lock. */
  get lockable(): boolean {
    return this.needsPassphrase && OPEN_PHASES.has(this.state.value.phase);
  }

  /**
   * Ends the worker, so that no key is in memory any more, and starts one that waits for the passphrase. Throws `conflict` where no passphrase protects the
   * key, or nothing is open.
   */
  async lock(): Promise<void> {
    if (!this.lockable) throw new CodedError("conflict");
    this.#keys.giveUp();
    await this.#exclusive(async () => {
      const profile = this.#profile;
      if (profile === undefined || !this.lockable) throw new CodedError("conflict");
      const stopped = this.host.stop();
      this.locks.set(this.locks.value + 1);
      this.state.set({ phase: "vault", task: "unlock", userId: profile.userId });
      await this.#online.stop();
      await stopped;
      this.#log.info("account.locked", {});
      if (!this.#closing) this.host.start();
    });
  }

  /**
   * Has the store key wrapped by a passphrase that the vault asks for, or by the keychain. The key stays the same and the profile's old wrapping good until the
   * new one is on disk in its place. `cancelled` where the person, `signal` or a lock gave it up.
   */
  changeAppLock(to: KeyWrap["wrap"], signal: AbortSignal): Promise<void> {
    return this.#exclusive(async () => {
      const profile = this.#profile;
      if (profile === undefined || !OPEN_PHASES.has(this.state.value.phase)) throw new CodedError("not-signed-in");
      if (to === "keychain" && profile.key.wrap === "keychain") return;
      const key = await this.#keys.rewrap(profile.key, to, signal);
      this.#writeProfile({ ...profile, key });
      const state = this.state.value;
      if (state.phase === "ready") this.state.set({ ...state, appLock: this.needsPassphrase });
    });
  }

  /** The network may be back. */
  wake(): void {
    this.#online.wake();
  }

  /** Stops everything in order: no more requests, then the store closed, then the process gone. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#keys.giveUp();
    await this.#online.stop();
    await this.host.stop();
  }

  async #establish(session: Session): Promise<void> {
    const { userId } = session;
    const key = await this.#keys.create(() => this.state.set({ phase: "vault", task: "create-passphrase", userId }));
    this.state.set({ phase: "opening", userId: session.userId });
    const profile: Profile = {
      format: 1,
      stage: "creating",
      userId: session.userId,
      deviceId: session.deviceId,
      homeserver: session.homeserver,
      // Unique, so that files left by an interrupted sign-in are never in the way and never touched.
      store: `account-${randomBytes(8).toString("hex")}.db`,
      key,
    };
    this.#deps.folder.write(profile);
    this.#profile = profile;
    const created = await this.host.call("createAccount", { path: this.#deps.folder.file(profile.store), session });
    if (!created.ok) {
      // A worker that died may have got as far as committing: the restart will open the store and find out.
      if (created.error.code !== "worker-gone") {
        this.#deps.folder.setAside(new Date(this.#deps.clock.now()));
        this.#profile = undefined;
      }
      throw new CodedError(created.error.code);
    }
    this.#markCreated(profile);
    this.#goOnline(session);
  }

  /** Opens the account of the profile. Whatever goes wrong leaves every file as it is. */
  async #open(): Promise<void> {
    const profile = this.#profile;
    if (profile === undefined || this.#closing || this.host.state.value.phase !== "up") return;
    if (profile.stage === "creating" && !this.#deps.folder.hasStore(profile)) return this.#abandonCreation();
    const { userId } = profile;
    const key = await this.#keys.give(profile.key, () => this.state.set({ phase: "vault", task: "unlock", userId }));
    if (key === "worker-gone" || key === "cancelled") return;
    if (key !== "given") return this.#failed(key);
    if (this.state.value.phase !== "ready") this.state.set({ phase: "opening", userId: profile.userId });
    const path = this.#deps.folder.file(profile.store);
    const opened = await this.host.call("openAccount", { path, userId: profile.userId, deviceId: profile.deviceId });
    if (!opened.ok) {
      if (opened.error.code === "worker-gone") return;
      if (profile.stage === "creating") return this.#abandonCreation();
      return this.#failed(opened.error.code);
    }
    const { session } = opened.value;
    if (session.userId !== profile.userId || session.deviceId !== profile.deviceId) return this.#failed("store-other-account");
    if (profile.stage === "creating") this.#markCreated(profile);
    this.#goOnline(session);
  }

  /** The device never got as far as sending its keys, so nothing can be lost with it; its files are kept all the same. */
  #abandonCreation(): void {
    this.#log.warn("creation.abandoned", {});
    this.#deps.folder.setAside(new Date(this.#deps.clock.now()));
    this.#profile = undefined;
    this.state.set({ phase: "signed-out" });
  }

  #markCreated(profile: Profile): void {
    this.#writeProfile({ ...profile, stage: "created" });
  }

  #writeProfile(profile: Profile): void {
    try {
      this.#deps.folder.write(profile);
    } catch (error) {
      this.#log.bug("profile.not-written", error);
      throw new CodedError("store-failed");
    }
    this.#profile = profile;
  }

  #goOnline(session: Session): void {
    if (this.#closing) return;
    this.#online.start(session);
    this.state.set({ phase: "ready", userId: session.userId, deviceId: session.deviceId, appLock: this.needsPassphrase });
    this.#online.sync();
  }

  #sessionEnded({ userId, deviceId, homeserver }: Session, soft: boolean): void {
    this.state.set(soft ? { phase: "soft-logged-out", userId, deviceId, homeserver } : { phase: "logged-out-by-server", userId });
  }

  #failed(code: ErrorCode): void {
    this.#log.error("open.failed", { code });
    this.#online.giveUp();
    this.state.set({ phase: "failed", code, userId: this.#profile?.userId ?? null });
  }

  #hostChanged(state: HostState): void {
    switch (state.phase) {
      case "up":
        if (this.#profile !== undefined) void this.#exclusive(() => this.#open());
        return;
      case "down":
        return this.#online.pause(this.#profile !== undefined);
      case "failed":
        return this.#failed(state.code);
      case "starting":
      case "stopping":
      case "stopped":
        return;
    }
  }

  #exclusive<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(work);
    this.#queue = result.catch(() => undefined);
    return result;
  }
}
