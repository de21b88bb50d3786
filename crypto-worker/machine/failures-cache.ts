import type { Env } from "./env.ts";
import { LruMap } from "./lru-map.ts";

const FIRST_DELAY_MS = 15_000;
const MAX_DELAY_MS = 15 * 60_000;
const MAX_ENTRIES = 10_000;

type Failure = { readonly count: number; readonly failedTs: number };

/** Who failed lately and is not to be asked again for a while: 15 s, doubled with each failure up to 15 min. In memory only. */
export class FailuresCache<Key extends string> {
  readonly #env: Env;
  readonly #failures = new LruMap<Key, Failure>(MAX_ENTRIES);

  constructor(env: Env) {
    this.#env = env;
  }

  isDelayed(key: Key): boolean {
    const failure = this.#failures.get(key);
    if (failure === undefined) return false;
    const elapsed = this.#env.now() - failure.failedTs;
    // A clock that went backwards must not make the delay longer.
    return elapsed >= 0 && elapsed < Math.min(FIRST_DELAY_MS * 2 ** (failure.count - 1), MAX_DELAY_MS);
  }

  fail(key: Key): void {
    const count = (this.#failures.get(key)?.count ?? 0) + 1;
    this.#failures.set(key, { count, failedTs: this.#env.now() });
  }

  succeed(key: Key): void {
    this.#failures.delete(key);
  }
}
