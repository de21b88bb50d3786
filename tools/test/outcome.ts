/** What running tests came to. */
export type Outcome = {
  readonly passed: number;
  readonly skipped: number;
  /** A line for each test that failed, and for each error that belongs to no test. */
  readonly failures: readonly string[];
};

export const NOTHING: Outcome = { passed: 0, skipped: 0, failures: [] };

export const add = (a: Outcome, b: Outcome): Outcome => ({
  passed: a.passed + b.passed,
  skipped: a.skipped + b.skipped,
  failures: [...a.failures, ...b.failures],
});

/** The line that CI reads. */
export const countsOf = ({ passed, failures, skipped }: Outcome): string =>
  `${passed} passed, ${failures.length} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;

/** Prints what failed and then the counts, last, and sets the exit code. */
export function conclude(outcome: Outcome): void {
  process.exitCode = outcome.failures.length > 0 || outcome.passed === 0 ? 1 : 0;
  for (const failure of outcome.failures) console.log(`failed: ${failure}`);
  console.log(countsOf(outcome));
}
