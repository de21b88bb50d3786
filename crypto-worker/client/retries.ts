import { backOffMs, type BackOff } from "./back-off.ts";

type Failure = { readonly count: number; readonly notBefore: number };

/** What has failed, how often in a row, and when it may be tried again; one timer for the earliest of those that are waited for. */
export class Retries<Key> {
  readonly #backOff: BackOff;
  readonly #failures = new Map<Key, Failure>();
  #timer: NodeJS.Timeout | undefined;
  #earliest = Number.POSITIVE_INFINITY;

  constructor(backOff: BackOff) {
    this.#backOff = backOff;
  }

  /** Of this key in a row. */
  countOf(key: Key): number {
    return this.#failures.get(key)?.count ?? 0;
  }

  /** Whether it has to wait; if so, the timer counts for it too. */
  mustWait(key: Key): boolean {
    const notBefore = this.#failures.get(key)?.notBefore ?? 0;
    if (notBefore <= Date.now()) return false;
    this.#earliest = Math.min(this.#earliest, notBefore);
    return true;
  }

  /** Answers how often it has failed by now. */
  failed(key: Key): number {
    const count = this.countOf(key);
    this.#failures.set(key, { count: count + 1, notBefore: Date.now() + backOffMs(this.#backOff, count) });
    return count + 1;
  }

  succeeded(key: Key): void {
    this.#failures.delete(key);
  }

  /** Everything may be tried at once: the network has come back. */
  clear(): void {
    this.#failures.clear();
  }

  /** Looks once more at the earliest time that `mustWait` has seen since `stopTimer`, if it has seen one. Does not keep the process alive. */
  startTimer(look: () => void): void {
    if (!Number.isFinite(this.#earliest)) return;
    this.#timer = setTimeout(look, Math.max(50, this.#earliest - Date.now()));
    this.#timer.unref();
  }

  stopTimer(): void {
    clearTimeout(this.#timer);
    this.#earliest = Number.POSITIVE_INFINITY;
  }
}
