/** Signatures that other threads make while this one goes on. Must be collected, all of them, or abandoned. */
export class PendingSignatures {
  readonly #signatures: string[] = [];
  readonly #run: Generator<string, void, undefined>;
  readonly #count: number;

  /** `run` gives `count` signatures. It begins at once. */
  constructor(run: Generator<string, void, undefined>, count: number) {
    this.#run = run;
    this.#count = count;
    this.#takeNext();
  }

  /** In their order; waits for those that are not made yet, or makes them. Throws when they were abandoned before. */
  all(): readonly string[] {
    while (this.#takeNext());
    if (this.#signatures.length !== this.#count) throw new Error("not everything was signed");
    return this.#signatures;
  }

  /** Nobody wants them any more. */
  abandon(): void {
    this.#run.return();
  }

  #takeNext(): boolean {
    const next = this.#run.next();
    if (next.done !== true) this.#signatures.push(next.value);
    return next.done !== true;
  }
}
