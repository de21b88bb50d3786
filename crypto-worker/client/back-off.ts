/** How long to wait for the n-th time in a row. Milliseconds. */
export type BackOff = { readonly firstMs: number; readonly maxMs: number };

/**
 * Twice as long with every failure before this one (`failures` counts those; 0 for the first), up to a limit; a quarter more or less, so that clients that
 * failed together do not come back together.
 */
export function backOffMs({ firstMs, maxMs }: BackOff, failures: number): number {
  return Math.min(maxMs, firstMs * 2 ** failures) * (0.75 + Math.random() / 2);
}

/** Does not keep the process alive. */
export const delay = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)).unref());
