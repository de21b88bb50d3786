import { useMemo } from "react";
import type { ErrorCode, RpcError } from "../../../protocol/errors.ts";
import type { Result } from "../../../protocol/result.ts";
import { Store, useValue } from "../../ui/store.ts";

/** Something asked of the worker. While it is asked for again, or after that failed, the last value stays. */
export type Loadable<T> = { readonly value: T | null; readonly error: ErrorCode | null; readonly loading: boolean };

const MAX_ENTRIES = 200;
const EMPTY: Loadable<never> = { value: null, error: null, loading: true };

/** Answers of one verb by key, asked for once when first looked at and again when told that they changed. */
export class Lookup<T> {
  readonly #load: (key: string) => Promise<Result<T, RpcError>>;
  readonly #entries = new Map<string, Store<Loadable<T>>>();
  readonly #generation = new Map<string, number>();

  constructor(load: (key: string) => Promise<Result<T, RpcError>>) {
    this.#load = load;
  }

  of(key: string): Store<Loadable<T>> {
    const known = this.#entries.get(key);
    if (known !== undefined) return known;
    const oldest = this.#entries.keys().next().value;
    if (this.#entries.size >= MAX_ENTRIES && oldest !== undefined) this.#entries.delete(oldest);
    const store = new Store<Loadable<T>>(EMPTY);
    this.#entries.set(key, store);
    void this.#fetch(key, store);
    return store;
  }

  /** The last answer for a key, if there is one; asks nobody. */
  known(key: string): T | null {
    return this.#entries.get(key)?.value.value ?? null;
  }

  /** Asks again for a key that was looked at before. */
  refresh(key: string): void {
    const store = this.#entries.get(key);
    if (store !== undefined) void this.#fetch(key, store);
  }

  refreshAll(): void {
    for (const key of this.#entries.keys()) this.refresh(key);
  }

  clear(): void {
    this.#entries.clear();
  }

  async #fetch(key: string, store: Store<Loadable<T>>): Promise<void> {
    const generation = (this.#generation.get(key) ?? 0) + 1;
    this.#generation.set(key, generation);
    store.update((now) => ({ ...now, loading: true }));
    const answer = await this.#load(key);
    // An answer that a newer question has overtaken is old news.
    if (this.#generation.get(key) !== generation) return;
    store.update((now) =>
      answer.ok ? { value: answer.value, error: null, loading: false } : { value: now.value, error: answer.error.code, loading: false },
    );
  }
}

const nothing = new Store<Loadable<never>>({ value: null, error: null, loading: false });

export function useLookup<T>(lookup: Lookup<T>, key: string | null): Loadable<T> {
  const store: Store<Loadable<T>> = useMemo(() => (key === null ? nothing : lookup.of(key)), [lookup, key]);
  return useValue(store);
}
