/** A demo step that did not hold. What went wrong is its cause. */
export class StepFailed extends Error {
  constructor(name: string, cause: unknown) {
    super(`${name}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.name = "StepFailed";
  }
}

/** Runs steps one after the other, with a line and the time for each. */
export class Steps {
  readonly #started = performance.now();
  #count = 0;

  async run<T>(name: string, work: () => Promise<T>): Promise<T> {
    const started = performance.now();
    this.#count++;
    try {
      const value = await work();
      console.log(`ok    ${seconds(started)}  ${name}`);
      return value;
    } catch (error) {
      console.log(`FAIL  ${seconds(started)}  ${name}`);
      throw new StepFailed(name, error);
    }
  }

  summary(): string {
    return `${this.#count} steps in ${seconds(this.#started).trim()}`;
  }
}

const seconds = (since: number): string => `${((performance.now() - since) / 1000).toFixed(2)} s`.padStart(8);
