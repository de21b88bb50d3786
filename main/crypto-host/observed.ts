/** A value that others may watch. Listeners hear of changes, in order, after the value is set. */
export class Observed<T> {
  #value: T;
  readonly #listeners = new Set<(value: T) => void>();

  constructor(value: T) {
    this.#value = value;
  }

  get value(): T {
    return this.#value;
  }

  set(value: T): void {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    // A listener may set the value again; those after it must not then hear the older value last.
    for (const listener of this.#listeners) if (Object.is(this.#value, value)) listener(value);
  }

  /** Returns how to stop. */
  watch(listener: (value: T) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
