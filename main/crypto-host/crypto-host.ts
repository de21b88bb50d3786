import { type ControlContract, controlContract } from "../../protocol/control.ts";
import type { CallsOf, EventsOf, ParamsOf, PayloadOf, ResultOf } from "../../protocol/define.ts";
import { CodedError, type ErrorCode, type RpcError } from "../../protocol/errors.ts";
import { type NetworkContract, networkContract } from "../../protocol/network.ts";
import { err, type Result } from "../../protocol/result.ts";
import { type Client, connect, type Handlers, serve } from "../../protocol/rpc.ts";
import { PROTOCOL_VERSION } from "../../protocol/version.ts";
import type { Log } from "../logging/log.ts";
import type { Clock } from "../matrix/clock.ts";
import { Observed } from "./observed.ts";
import { decideRestart } from "./restart-policy.ts";
import { schemaHash } from "./schema-hash.ts";
import type { WorkerProcess, WorkerSpawner } from "./worker-process.ts";

/** `stopping` until the process has ended; `down` between a crash and the next start; `failed` when no further start will be tried by itself. */
export type HostState =
  | { readonly phase: "stopped" }
  | { readonly phase: "starting" }
  | { readonly phase: "up"; readonly generation: number }
  | { readonly phase: "stopping" }
  | { readonly phase: "down" }
  | { readonly phase: "failed"; readonly code: ErrorCode };

export type HostDeps = {
  readonly spawner: WorkerSpawner;
  readonly clock: Clock;
  readonly log: Log;
  /** Serves the `network` contract of a worker; `transferred` tells it how far its transfers are. */
  readonly network: (transferred: (progress: Progress) => void) => Handlers<NetworkContract>;
};

type Progress = PayloadOf<NetworkContract["transferred"]>;

const HELLO_MS = 30_000;
const CLOSE_MS = 8_000;

/** Keeps one crypto worker running: starts it, checks that both sides are of one build, restarts it when it dies. */
export class CryptoHost {
  readonly state = new Observed<HostState>({ phase: "stopped" });
  readonly #deps: HostDeps;
  readonly #listeners: { [K in keyof EventsOf<ControlContract>]: Set<(payload: PayloadOf<ControlContract[K]>) => void> } = {
    unread: new Set(),
    vaultWanted: new Set(),
  };
  #worker: { readonly process: WorkerProcess; readonly control: Client<ControlContract> } | undefined;
  #generation = 0;
  #crashes: number[] = [];
  #stopping = false;

  constructor(deps: HostDeps) {
    this.#deps = deps;
  }

  /** Starts the worker, also again after `failed`. Watch `state` for how it goes. */
  start(): void {
    const { phase } = this.state.value;
    if (phase !== "stopped" && phase !== "failed") return;
    this.#stopping = false;
    this.#crashes = [];
    this.#spawn();
  }

  /** Lets the worker close its store, then ends it. From now on it is asked nothing more. */
  async stop(): Promise<void> {
    this.#stopping = true;
    const worker = this.#worker;
    if (worker !== undefined) {
      this.state.set({ phase: "stopping" });
      const exited = new Promise<void>((resolve) => worker.process.onExit(() => resolve()));
      const closed = await Promise.race([worker.control.call("close", {}), this.#deps.clock.sleep(CLOSE_MS)]);
      if (closed?.ok !== true) this.#deps.log.warn("worker.close-unanswered", {});
      worker.process.kill();
      await Promise.race([exited, this.#deps.clock.sleep(2000)]);
    }
    this.state.set({ phase: "stopped" });
  }

  /** Asks the worker. `worker-gone` where there is none, or it dies meanwhile. */
  call<K extends keyof CallsOf<ControlContract>>(
    method: K,
    params: ParamsOf<ControlContract[K]>,
    options?: { readonly signal?: AbortSignal; readonly transfer?: readonly unknown[] },
  ): Promise<Result<ResultOf<ControlContract[K]>, RpcError>> {
    if (this.#worker === undefined || this.state.value.phase !== "up") return Promise.resolve(err({ code: "worker-gone" }));
    return this.#worker.control.call(method, params, options);
  }

  /** Resolves once there is a worker; rejects where none will be started any more. */
  async untilUp(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const look = (state: HostState): void => {
      if (state.phase === "up") resolve();
      if (state.phase === "failed") reject(new CodedError(state.code));
    };
    const stop = this.state.watch(look);
    look(this.state.value);
    try {
      await promise;
    } finally {
      stop();
    }
  }

  /** Listens across restarts. */
  on<K extends keyof EventsOf<ControlContract>>(name: K, listener: (payload: PayloadOf<ControlContract[K]>) => void): void {
    this.#listeners[name].add(listener);
  }

  #spawn(): void {
    this.state.set({ phase: "starting" });
    const process = this.#deps.spawner.spawn();
    const control = connect(controlContract, process.channel);
    const handlers = this.#deps.network((progress) => network.emit("transferred", progress));
    const network = serve(networkContract, handlers, process.channel, {
      onBug: (method, error) => this.#deps.log.bug("network.bug", error, { method }),
    });
    this.#worker = { process, control };
    control.on("unread", (payload) => this.#emit("unread", payload));
    control.on("vaultWanted", (payload) => this.#emit("vaultWanted", payload));
    process.onExit((code) => {
      network.close();
      control.close();
      this.#exited(process, code);
    });
    void this.#greet(process, control);
  }

  #emit<K extends keyof EventsOf<ControlContract>>(name: K, payload: PayloadOf<ControlContract[K]>): void {
    for (const listener of this.#listeners[name]) listener(payload);
  }

  async #greet(process: WorkerProcess, control: Client<ControlContract>): Promise<void> {
    const startedAt = this.#deps.clock.now();
    const ours = { version: PROTOCOL_VERSION, schemaHash: schemaHash() };
    const theirs = await Promise.race([control.call("hello", ours), this.#deps.clock.sleep(HELLO_MS)]);
    if (this.#worker?.process !== process || this.#stopping) return;
    if (theirs === undefined) {
      this.#deps.log.error("worker.silent", {});
      process.kill();
      return;
    }
    if (!theirs.ok && theirs.error.code === "worker-gone") return;
    const code = theirs.ok
      ? theirs.value.schemaHash === ours.schemaHash && theirs.value.version === ours.version
        ? undefined
        : "protocol-mismatch"
      : theirs.error.code;
    if (code !== undefined) {
      // The same program will not do better the next time.
      this.#fail(code);
      process.kill();
      return;
    }
    this.#generation++;
    this.#deps.log.info("worker.up", { ms: this.#deps.clock.now() - startedAt, count: this.#generation });
    this.state.set({ phase: "up", generation: this.#generation });
  }

  #exited(process: WorkerProcess, exitCode: number): void {
    if (this.#worker?.process !== process) return;
    this.#worker = undefined;
    if (this.#stopping || this.state.value.phase === "failed") return;
    const now = this.#deps.clock.now();
    this.#crashes = [...this.#crashes.slice(-20), now];
    const decision = decideRestart(this.#crashes, now);
    this.#deps.log.error("worker.exited", { exitCode, count: this.#crashes.length });
    if (!decision.restart) return this.#fail("worker-gone");
    this.state.set({ phase: "down" });
    void this.#spawnAfter(decision.afterMs);
  }

  async #spawnAfter(ms: number): Promise<void> {
    await this.#deps.clock.sleep(ms);
    if (!this.#stopping && this.state.value.phase === "down") this.#spawn();
  }

  #fail(code: ErrorCode): void {
    this.#deps.log.error("worker.failed", { code });
    this.state.set({ phase: "failed", code });
  }
}
