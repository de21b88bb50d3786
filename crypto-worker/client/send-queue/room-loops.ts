import type { RoomId } from "../../../protocol/ids.ts";
import { backOffMs, type BackOff } from "../back-off.ts";
import { inBackground } from "../background.ts";
import type { ClientContext } from "../context.ts";

/** What one step came to. `progress`: how far an attempt got that is to be made again later. */
export type Step = "done" | "nothing-to-do" | { readonly progress: number };

const BACK_OFF: BackOff = { firstMs: 1000, maxMs: 60_000 };

/** For each room a loop of steps, one at a time, until there is nothing to do; what failed for now is waited out. */
export class RoomLoops {
  readonly #context: ClientContext;
  readonly #step: (roomId: RoomId) => Promise<Step>;
  readonly #running = new Set<RoomId>();
  /** Rooms that were woken while their loop ran: it may have looked before there was something. */
  readonly #again = new Set<RoomId>();
  /** Rooms that wait before the next attempt. */
  readonly #retries = new Map<RoomId, NodeJS.Timeout>();
  /** In a row, without getting any further. */
  readonly #failures = new Map<RoomId, { readonly count: number; readonly progress: number }>();
  #online = true;
  #stopped = false;

  constructor(context: ClientContext, step: (roomId: RoomId) => Promise<Step>) {
    this.#context = context;
    this.#step = step;
  }

  /** Has no effect on a room that waits before its next attempt. */
  wake(roomId: RoomId): void {
    if (this.#stopped || !this.#online || this.#retries.has(roomId)) return;
    if (this.#running.has(roomId)) return void this.#again.add(roomId);
    this.#running.add(roomId);
    inBackground(this.#context, this.#run(roomId));
  }

  /** The next attempt is not waited for any longer, and counts as a first one. */
  forgetDelay(roomId: RoomId): void {
    clearTimeout(this.#retries.get(roomId));
    this.#retries.delete(roomId);
    this.#failures.delete(roomId);
  }

  setOnline(online: boolean): void {
    this.#online = online;
    if (online) for (const roomId of this.#retries.keys()) this.forgetDelay(roomId);
  }

  stop(): void {
    this.#stopped = true;
    for (const timer of this.#retries.values()) clearTimeout(timer);
    this.#retries.clear();
  }

  async #run(roomId: RoomId): Promise<void> {
    let step: Step = "done";
    try {
      while (step === "done" && !this.#stopped && this.#online) {
        this.#again.delete(roomId);
        step = await this.#step(roomId);
        if (step === "done") this.#failures.delete(roomId);
      }
    } catch (error) {
      // The store cannot be written now: a full disk, for example. The queue is as it was.
      step = { progress: 0 };
      throw error;
    } finally {
      this.#running.delete(roomId);
      if (typeof step === "object" && !this.#stopped) this.#delay(roomId, step.progress);
    }
    if (this.#again.delete(roomId)) this.wake(roomId);
  }

  /** Waits the longer the more often the same has failed: an attempt that got further than the one before it is a first one. */
  #delay(roomId: RoomId, progress: number): void {
    const before = this.#failures.get(roomId);
    const count = before === undefined || progress > before.progress ? 1 : before.count + 1;
    this.#failures.set(roomId, { count, progress });
    const timer = setTimeout(
      () => {
        this.#retries.delete(roomId);
        this.wake(roomId);
      },
      backOffMs(BACK_OFF, count - 1),
    );
    this.#retries.set(roomId, timer);
  }
}
