import type { Session } from "../../protocol/control.ts";
import { CodedError, type ErrorCode } from "../../protocol/errors.ts";
import type { Connection } from "../../protocol/shell.ts";
import type { CryptoHost } from "../crypto-host/crypto-host.ts";
import type { Observed } from "../crypto-host/observed.ts";
import type { Log } from "../logging/log.ts";
import type { Clock } from "../matrix/clock.ts";
import { HomeserverClient } from "../matrix/homeserver-client.ts";
import { logout } from "../matrix/login.ts";
import { SyncLoop } from "../matrix/sync-loop.ts";
import type { Transport } from "../matrix/transport.ts";
import { ConnectionView } from "./connection-view.ts";

export type OnlineSessionDeps = {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly log: Log;
  /** The worker, which has the session on disk and takes what a sync brings. */
  readonly host: () => Pick<CryptoHost, "call">;
  /** The server ended the session that was in use; with `soft` the device lives on. */
  readonly ended: (session: Session, soft: boolean) => void;
  readonly storeFailed: (code: ErrorCode) => void;
};

/** The account's session with its homeserver while it is in use: requests with its token, the sync loop, and how the connection stands. */
export class OnlineSession {
  /** Requests are refused while no session is in use. */
  readonly client: HomeserverClient;
  readonly connection: Observed<Connection>;
  readonly #deps: OnlineSessionDeps;
  readonly #view = new ConnectionView();
  readonly #loop: SyncLoop;
  #session: Session | undefined;

  constructor(deps: OnlineSessionDeps) {
    this.#deps = deps;
    this.connection = this.#view.connection;
    this.client = new HomeserverClient(deps.transport, deps.clock, deps.log.named("http"), {
      refreshed: (session) => this.store(session),
      ended: (soft) => this.#ended(soft),
    });
    this.#loop = new SyncLoop(this.client, this.#syncTarget(), deps.clock, deps.log.named("sync"), (state) =>
      this.#view.connectivity(state),
    );
  }

  /** Undefined where none is in use. */
  get current(): Session | undefined {
    return this.#session;
  }

  start(session: Session): void {
    this.#session = session;
    this.client.useSession(session);
    this.#view.workerRestarting(false);
  }

  /** Asks the server for news, from where the worker is. */
  sync(): void {
    // The worker's requests find a session from here on.
    void this.#deps.host().call("connectivity", { online: true });
    this.#loop.start();
  }

  async stop(): Promise<void> {
    this.client.useSession(undefined);
    this.#session = undefined;
    await this.#loop.stop();
  }

  /** The worker is gone: nothing is asked until there is one again. */
  pause(isRestarting: boolean): void {
    this.client.useSession(undefined);
    void this.#loop.stop();
    if (isRestarting) this.#view.workerRestarting(true);
  }

  /** The account cannot be opened. */
  giveUp(): void {
    this.client.useSession(undefined);
    this.#view.workerRestarting(false);
  }

  /** The network may be back. */
  wake(): void {
    this.#loop.wake();
  }

  /** Puts a session's new tokens on disk. Throws what the worker says. */
  async store(session: Session): Promise<void> {
    const stored = await this.#deps.host().call("updateSession", { session });
    if (!stored.ok) throw new CodedError(stored.error.code);
    this.#session = session;
  }

  /** Whether the server has ended it. */
  async endOnServer(session: Session): Promise<boolean> {
    try {
      return await logout(this.#deps.transport, session);
    } catch (error) {
      if (error instanceof CodedError) return false;
      throw error;
    }
  }

  #ended(soft: boolean): void {
    const session = this.#session;
    this.#session = undefined;
    void this.#deps.host().call("sessionEnded", { soft });
    if (session !== undefined) this.#deps.ended(session, soft);
  }

  #syncTarget(): ConstructorParameters<typeof SyncLoop>[1] {
    const { host, storeFailed } = this.#deps;
    return {
      syncPosition: () => host().call("syncPosition", {}),
      receiveSync: (since, body) => host().call("receiveSync", { since, body }),
      storeFailed,
      tellConnectivity: (online) => void host().call("connectivity", { online }),
    };
  }
}
