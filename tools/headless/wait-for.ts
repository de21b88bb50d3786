/** Looks, and looks again after each change, until there is something or the deadline (ms since the epoch) has passed. */
export function waitFor<T>(
  look: () => T | undefined,
  onChange: (changed: () => void) => () => void,
  deadline: number,
): Promise<T | undefined> {
  return new Promise((resolve) => {
    let timer: NodeJS.Timeout | undefined;
    let stop: (() => void) | undefined;
    const end = (value: T | undefined): void => {
      clearTimeout(timer);
      stop?.();
      resolve(value);
    };
    const check = (): void => {
      const value = look();
      if (value !== undefined) end(value);
    };
    const first = look();
    if (first !== undefined) return resolve(first);
    stop = onChange(check);
    // Timers cannot be longer than 2^31 ms; that is as good as never.
    timer = setTimeout(() => end(undefined), Math.min(2 ** 31 - 1, Math.max(0, deadline - Date.now())));
  });
}
