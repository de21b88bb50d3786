import { useCallback, useSyncExternalStore } from "react";

/** One observable value. Values are replaced, never mutated, so identity tells whether something changed. */
export class Store<T> {
  #value: T;
  readonly #listeners = new Set<() => void>();

  constructor(value: T) {
    this.#value = value;
  }

  get value(): T {
    return this.#value;
  }

  set(value: T): void {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    for (const listener of this.#listeners) listener();
  }

  update(change: (value: T) => T): void {
    this.set(change(this.#value));
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
}

/** Renders again when what `select` picks has another identity; so it must pick, not build. */
export function useStore<T, S>(store: Store<T>, select: (value: T) => S): S {
  const snapshot = useCallback(() => select(store.value), [store, select]);
  return useSyncExternalStore(store.subscribe, snapshot);
}

export function useValue<T>(store: Store<T>): T {
  const snapshot = useCallback(() => store.value, [store]);
  return useSyncExternalStore(store.subscribe, snapshot);
}
