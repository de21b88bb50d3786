import type { ErrorCode, RpcError } from "../../protocol/errors.ts";
import { err, ok, type Result } from "../../protocol/result.ts";
import type { Log } from "../logging/log.ts";
import type { Clock } from "./clock.ts";
import { type Connectivity, type ConnectivityInput, initialConnectivity, stepConnectivity, type SyncFailure } from "./connectivity.ts";
import type { HomeserverClient } from "./homeserver-client.ts";
import { decodeText, parseMatrixError } from "./matrix-error.ts";
import { parseRetryAfter } from "./retry.ts";

/** The worker as the loop sees it. */
export interface SyncTarget {
  syncPosition(): Promise<Result<{ readonly since: string | null; readonly filter: string }, RpcError>>;
  /** Commits one response; answers the position to go on from. */
  receiveSync(since: string | null, body: string): Promise<Result<{ readonly since: string }, RpcError>>;
  tellConnectivity(online: boolean): void;
  /** Nothing can be written any more, and trying again by itself would not help. */
  storeFailed(code: ErrorCode): void;
}

const LONG_POLL_MS = 30_000;
/** On top of the server's own waiting. The first sync of a large account takes minutes to compute. */
const GRACE_MS = 30_000;
const FIRST_SYNC_MS = 300_000;
const STORE_FAILURES: ReadonlySet<ErrorCode> = new Set(["store-disk-full", "store-read-only", "store-corrupt"]);
const MAX_SYNC_BYTES = 200 * 1024 * 1024;

type Outcome =
  | { readonly kind: "synced" }
  | { readonly kind: "failed"; readonly failure: SyncFailure; readonly retryAfterMs?: number | undefined }
  /** Nothing to go on with: the worker is gone, or the session is over. Whoever mends that starts the loop again. */
  | { readonly kind: "over" };

/** The `/sync` long poll. The next request is made only after the last answer is committed in the store. */
export class SyncLoop {
  readonly #client: HomeserverClient;
  readonly #target: SyncTarget;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #changed: (state: Connectivity) => void;
  #state: Connectivity = initialConnectivity;
  #stop: AbortController | undefined;
  #wake = new AbortController();
  #running: Promise<void> = Promise.resolve();
  /** The server waits for news only when we have caught up; the first answer after a start or a gap is wanted at once. */
  #caughtUp = false;

  constructor(client: HomeserverClient, target: SyncTarget, clock: Clock, log: Log, changed: (state: Connectivity) => void) {
    this.#client = client;
    this.#target = target;
    this.#clock = clock;
    this.#log = log;
    this.#changed = changed;
  }

  start(): void {
    if (this.#stop !== undefined) return;
    const stop = new AbortController();
    this.#stop = stop;
    this.#running = this.#running.then(() => this.#run(stop));
  }

  /** Resolves once nothing of the loop runs any more. */
  async stop(): Promise<void> {
    this.#stop?.abort();
    this.#stop = undefined;
    await this.#running;
  }

  /** A person, or the end of a suspension, says that trying makes sense now. */
  wake(): void {
    this.#caughtUp = false;
    this.#wake.abort();
  }

  async #run(stop: AbortController): Promise<void> {
    this.#caughtUp = false;
    this.#step({ kind: "started" });
    while (!stop.signal.aborted) {
      this.#wake = new AbortController();
      const signal = AbortSignal.any([stop.signal, this.#wake.signal]);
      const outcome = await this.#syncOnce(signal);
      if (stop.signal.aborted) break;
      if (outcome.kind === "over") break;
      if (outcome.kind === "synced") {
        this.#step({ kind: "succeeded" });
        continue;
      }
      this.#caughtUp = false;
      // Interrupted on purpose: no failure, and no reason to wait.
      if (signal.aborted) continue;
      const waitMs = this.#step({ kind: "failed", failure: outcome.failure, retryAfterMs: outcome.retryAfterMs });
      this.#log.info("sync.failed", { code: outcome.failure, ms: waitMs });
      await this.#clock.sleep(waitMs, signal);
    }
    if (this.#stop === stop) this.#stop = undefined;
    this.#step({ kind: "stopped" });
  }

  async #syncOnce(signal: AbortSignal): Promise<Outcome> {
    const position = await this.#target.syncPosition();
    if (!position.ok) return this.#workerFailure(position.error);
    const { since, filter } = position.value;
    const startedAt = this.#clock.now();
    const answer = await this.#request(since, filter, signal);
    if (!answer.ok) return answer.error;
    const fetchedAt = this.#clock.now();
    // Even when asked to stop: what has arrived is committed, so that it need not be sent again.
    const committed = await this.#target.receiveSync(since, answer.value);
    if (!committed.ok) return this.#workerFailure(committed.error);
    if (this.#state.phase !== "online") {
      this.#log.info("sync.caught-up", { ms: fetchedAt - startedAt, bytes: answer.value.length, commitMs: this.#clock.now() - fetchedAt });
    }
    this.#caughtUp = true;
    return { kind: "synced" };
  }

  async #request(since: string | null, filter: string, signal: AbortSignal): Promise<Result<string, Outcome>> {
    const waitMs = since !== null && this.#caughtUp ? LONG_POLL_MS : 0;
    const query = new URLSearchParams({ filter, timeout: String(waitMs), ...(since === null ? {} : { since }) });
    const answer = await this.#client.send({
      method: "GET",
      path: `/_matrix/client/v3/sync?${query.toString()}`,
      accept: "json",
      auth: true,
      timeoutMs: since === null || waitMs === 0 ? FIRST_SYNC_MS : waitMs + GRACE_MS,
      maxBytes: MAX_SYNC_BYTES,
      retry: "caller",
      signal,
    });
    if (!answer.ok) {
      if (answer.error === "token-expired" || answer.error === "no-session") return err({ kind: "over" });
      return err({
        kind: "failed",
        failure: answer.error === "offline" || answer.error === "no-such-host" ? "offline" : "server-unreachable",
      });
    }
    const { status, body, retryAfter } = answer.value;
    if (status === 429) {
      const retryAfterMs = parseRetryAfter(retryAfter, parseMatrixError(body)?.retry_after_ms, this.#clock.now());
      return err({ kind: "failed", failure: "rate-limited", retryAfterMs });
    }
    if (status !== 200) return err({ kind: "failed", failure: "server-unreachable" });
    return ok(decodeText(body));
  }

  #workerFailure(error: RpcError): Outcome {
    this.#log.error("sync.not-committed", { code: error.code });
    if (error.code === "worker-gone" || error.code === "not-signed-in" || error.code === "locked") return { kind: "over" };
    if (STORE_FAILURES.has(error.code)) {
      this.#target.storeFailed(error.code);
      return { kind: "over" };
    }
    return { kind: "failed", failure: "server-unreachable" };
  }

  /** Steps the machine, does its effects, and answers how long to wait. */
  #step(input: ConnectivityInput): number {
    const { state, effects } = stepConnectivity(this.#state, input, { now: this.#clock.now(), random: this.#clock.random() });
    this.#state = state;
    let waitMs = 0;
    for (const effect of effects) {
      if (effect.kind === "wait") waitMs = effect.ms;
      else this.#target.tellConnectivity(effect.online);
    }
    this.#changed(state);
    return waitMs;
  }
}
