import { backOffMs, type BackOff } from "./back-off.ts";
import { beginInBackground } from "./background.ts";
import type { ClientContext } from "./context.ts";

type Failure = { readonly count: number; readonly notBefore: number };

/** Less would only look before the time has come. */
const MIN_DELAY_MS = 50;

/**
 * What has failed, how often in a row, and when it may be tried again. `look` is called each time that something may; no other timer is needed, and this one
 * does not keep the process alive. A single thing that is tried has the key `undefined` (`Retries<void>`).
 */
export class Retries<Key> {
  readonly #context: Pick<ClientContext, "isClosed" | "log">;
  readonly #backOff: BackOff;
  readonly #look: () => void;
  readonly #failures = new Map<Key, Failure>();
  #timer: NodeJS.Timeout | undefined;

  constructor(context: Pick<ClientContext, "isClosed" | "log">, backOff: BackOff, look: () => void) {
    this.#context = context;
    this.#backOff = backOff;
    this.#look = look;
  }

  /** Of this key in a row. */
  countOf(key: Key): number {
    return this.#failures.get(key)?.count ?? 0;
  }

  mustWait(key: Key): boolean {
    return (this.#failures.get(key)?.notBefore ?? 0) > Date.now();
  }

  /** Answers how often it has failed by now. */
  failed(key: Key): number {
    const count = this.countOf(key);
    this.#failures.set(key, { count: count + 1, notBefore: Math.ceil(Date.now() + backOffMs(this.#backOff, count)) });
    this.#setTimer();
    return count + 1;
  }

  succeeded(key: Key): void {
    this.#failures.delete(key);
    if (this.#failures.size === 0) clearTimeout(this.#timer);
  }

  /** Everything may be tried at once, as the network has come back; nobody is told any more of what failed before. */
  clear(): void {
    this.#failures.clear();
    clearTimeout(this.#timer);
  }

  #setTimer(): void {
    clearTimeout(this.#timer);
    const now = Date.now();
    const next = Math.min(...[...this.#failures.values()].flatMap(({ notBefore }) => (notBefore > now ? [notBefore] : [])));
    if (!Number.isFinite(next)) return;
    this.#timer = setTimeout(
      () => {
        this.#setTimer();
        beginInBackground(this.#context, this.#look);
      },
      Math.max(MIN_DELAY_MS, next - now),
    );
    this.#timer.unref();
  }
}
