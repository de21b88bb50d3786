const EVERY_MS = 100;

/** Tells of what changes fast at most ten times a second, and of the last change always. Does not keep the process alive. */
export class Throttle {
  readonly #tell: () => void;
  #timer: NodeJS.Timeout | undefined;
  #toldAt = 0;

  constructor(tell: () => void) {
    this.#tell = tell;
  }

  changed(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        this.#toldAt = Date.now();
        this.#tell();
      },
      Math.max(0, this.#toldAt + EVERY_MS - Date.now()),
    );
    this.#timer.unref();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
