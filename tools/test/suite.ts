import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = join(import.meta.dirname, "..", "..");

export type Counts = { readonly passed: number; readonly failed: number; readonly skipped: number };

export const suites = ["unit", "scenarios", "e2e", "interop"] as const;
export type SuiteName = (typeof suites)[number];

/**
 * Runs one suite's vitest project with its output shown, and counts what it says. A runner that dies without a report, or one that finds no test,
 * counts as a failure: silence is not success.
 */
export async function runSuite(name: SuiteName, args: readonly string[] = []): Promise<Counts> {
  const folder = mkdtempSync(join(tmpdir(), "bulkhead-report-"));
  const report = join(folder, "report.json");
  try {
    const code = await vitest([
      "run",
      "--project",
      name,
      "--passWithNoTests=false",
      "--reporter=default",
      "--reporter=json",
      `--outputFile=${report}`,
      ...args,
    ]);
    const counts = countsOf(report);
    return code !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Prints the line that CI reads, last, and sets the exit code. */
export function conclude(counts: Counts): void {
  process.exitCode = counts.failed > 0 || counts.passed === 0 ? 1 : 0;
  console.log(`${counts.passed} passed, ${counts.failed} failed${counts.skipped > 0 ? `, ${counts.skipped} skipped` : ""}`);
}

export const add = (a: Counts, b: Counts): Counts => ({
  passed: a.passed + b.passed,
  failed: a.failed + b.failed,
  skipped: a.skipped + b.skipped,
});

function vitest(args: readonly string[]): Promise<number> {
  const program = join(root, "node_modules", "vitest", "vitest.mjs");
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [program, ...args], { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
    child.on("exit", (code) => resolve(code ?? 1));
  });
}

function countsOf(report: string): Counts {
  try {
    const { numPassedTests, numFailedTests, numPendingTests }: Record<string, unknown> = JSON.parse(readFileSync(report, "utf8"));
    return { passed: Number(numPassedTests), failed: Number(numFailedTests), skipped: Number(numPendingTests) };
  } catch {
    return { passed: 0, failed: 1, skipped: 0 };
  }
}
