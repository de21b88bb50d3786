import { backOffMs, delay, type BackOff } from "../back-off.ts";
import { inBackground } from "../background.ts";
import type { ClientContext } from "../context.ts";
import type { HttpFailure } from "../http.ts";
import type { JobHandle, Jobs } from "../jobs.ts";
import type { RequestPump } from "../pump.ts";

/** New keys come in groups; many clients hear of the same one at the same moment. */
const START_JITTER_MS = 1000;
const BETWEEN_BATCHES_MS = 100;
const BACK_OFF: BackOff = { firstMs: 1000, maxMs: 256_000 };
/** From here on a person is shown how far it is. */
const WORTH_A_JOB = 200;
/** After a person has stopped it. */
const PAUSE_MS = 10 * 60_000;

/**
 * Puts room keys into the enabled backup, batch by batch, until all are there. What is left is in the store, so that it goes on after a restart.
 */
export class BackupUpload {
  readonly #context: ClientContext;
  readonly #pump: RequestPump;
  readonly #jobs: Jobs;
  readonly #onVersionGone: () => Promise<void>;
  readonly #onChange: () => void;
  #allowed = false;
  #running = false;
  #failures = 0;
  #notBefore = 0;
  #timer: NodeJS.Timeout | undefined;

  /** `onVersionGone`: the server no longer has the version that was written to. `onChange`: it has begun or ended. */
  constructor(context: ClientContext, pump: RequestPump, jobs: Jobs, onVersionGone: () => Promise<void>, onChange: () => void) {
    this.#context = context;
    this.#pump = pump;
    this.#jobs = jobs;
    this.#onVersionGone = onVersionGone;
    this.#onChange = onChange;
  }

  get isRunning(): boolean {
    return this.#running;
  }

  /** Whether there is a backup to write to, and a connection. */
  allow(allowed: boolean): void {
    if (allowed === this.#allowed) return;
    this.#allowed = allowed;
    if (allowed) this.#failures = 0;
    if (allowed) this.#schedule(0);
    else clearTimeout(this.#timer);
  }

  /** There may be new keys. */
  wake(): void {
    if (this.#running || this.#timer !== undefined || !this.#allowed) return;
    this.#schedule(Math.random() * START_JITTER_MS);
  }

  stop(): void {
    this.#allowed = false;
    clearTimeout(this.#timer);
  }

  #schedule(delayMs: number): void {
    clearTimeout(this.#timer);
    if (!this.#allowed) return;
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        if (!this.#running && this.#allowed && !this.#context.isClosed()) inBackground(this.#context, this.#run());
      },
      Math.max(delayMs, this.#notBefore - Date.now()),
    );
    this.#timer.unref();
  }

  async #run(): Promise<void> {
    const { backup } = this.#context.machine;
    let job: JobHandle | undefined;
    try {
      for (let first = true; this.#allowed; first = false) {
        if (!first) await delay(BETWEEN_BATCHES_MS);
        if (!this.#allowed || this.#context.isClosed()) return;
        const request = backup.backupRoomKeys();
        if (request === undefined) return;
        if (!this.#running) this.#begin();
        const { total, backedUp } = backup.counts();
        if (job === undefined && total - backedUp >= WORTH_A_JOB) job = this.#jobs.start("backup-upload");
        job?.progress(backedUp, total);
        const answer = await this.#pump.send(request);
        if (job?.signal.aborted === true) return this.#backOff(PAUSE_MS);
        if (!answer.ok) return await this.#failed(answer.error);
        this.#failures = 0;
      }
    } finally {
      job?.end();
      this.#end();
    }
  }

  #begin(): void {
    this.#running = true;
    this.#onChange();
  }

  #end(): void {
    if (!this.#running) return;
    this.#running = false;
    this.#onChange();
  }

  async #failed({ code, errcode }: HttpFailure): Promise<void> {
    this.#failures += 1;
    const delayMs = backOffMs(BACK_OFF, this.#failures - 1);
    this.#backOff(delayMs);
    if (code === "not-found" || errcode === "M_WRONG_ROOM_KEYS_VERSION") await this.#onVersionGone();
  }

  #backOff(delayMs: number): void {
    this.#notBefore = Date.now() + delayMs;
    this.#schedule(delayMs);
  }
}
