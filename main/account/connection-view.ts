import type { Connection } from "../../protocol/shell.ts";
import { Observed } from "../crypto-host/observed.ts";
import type { Connectivity } from "../matrix/connectivity.ts";

/** What the windows are told about the connection, put together from the sync loop and the worker's supervision. */
export class ConnectionView {
  readonly connection = new Observed<Connection>({ state: "idle", retryAt: null, workerRestarting: false });

  connectivity(state: Connectivity): void {
    this.#set({ ...this.connection.value, state: state.phase, retryAt: "retryAt" in state ? state.retryAt : null });
  }

  workerRestarting(workerRestarting: boolean): void {
    this.#set({ ...this.connection.value, workerRestarting });
  }

  #set(next: Connection): void {
    const now = this.connection.value;
    const same = now.state === next.state && now.retryAt === next.retryAt && now.workerRestarting === next.workerRestarting;
    if (!same) this.connection.set(next);
  }
}
