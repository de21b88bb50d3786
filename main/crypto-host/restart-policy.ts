export type RestartDecision = { readonly restart: true; readonly afterMs: number } | { readonly restart: false };

const WINDOW_MS = 120_000;
const MAX_CRASHES = 6;
const DELAYS_MS: readonly number[] = [0, 250, 1000, 3000, 8000, 15_000];

/** What to do about a worker that has died: again at once after a first crash, ever later after more, and not at all once it is clear that it will not live. `crashes` are the times of the recent ones, this one last. */
export function decideRestart(crashes: readonly number[], now: number): RestartDecision {
  const recent = crashes.filter((at) => now - at < WINDOW_MS).length;
  if (recent > MAX_CRASHES) return { restart: false };
  return { restart: true, afterMs: DELAYS_MS[Math.max(0, recent - 1)] ?? 15_000 };
}
