/** Chance that can be had again: mulberry32 over a seed that the test prints. */
export class Seeded {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** 0 ≤ x < 1 */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let x = this.#state;
    x = Math.imul(x ^ (x >>> 15), x | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from `from` up to and with `to`. */
  int(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from + 1));
  }

  pick<T>(first: T, ...rest: readonly T[]): T {
    return [first, ...rest][this.int(0, rest.length)] ?? first;
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** A stream of its own, so that one user of chance does not disturb another. */
  fork(): Seeded {
    return new Seeded(this.int(0, 2 ** 32 - 1));
  }
}

/** From the environment variable, or new; say it where a failure is reported. */
export function seedOf(variable: string): number {
  const given = process.env[variable];
  return given === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(given);
}
