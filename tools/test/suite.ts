import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Outcome } from "./outcome.ts";
import { OUTCOME_FILE } from "./outcome-file.ts";

const root = join(import.meta.dirname, "..", "..");

export const suites = ["unit", "scenarios", "e2e", "interop"] as const;
export type SuiteName = (typeof suites)[number];

/**
 * Runs one suite's vitest project with its output shown, and returns what it came to. A runner that dies without saying so, or one that finds no test,
 * counts as a failure: silence is not success.
 */
export async function runSuite(name: SuiteName, args: readonly string[] = []): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), "bulkhead-outcome-"));
  const file = join(folder, "outcome.json");
  try {
    const code = await vitest(
      [
        "run",
        "--project",
        name,
        "--passWithNoTests=false",
        "--reporter=default",
        `--reporter=${join(import.meta.dirname, "outcome-file.ts")}`,
        ...args,
      ],
      file,
    );
    const outcome = readOutcome(file);
    const silent = code !== 0 && outcome.failures.length === 0;
    return silent ? { ...outcome, failures: [`${name}: vitest ended with code ${code} and did not say why`] } : outcome;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function vitest(args: readonly string[], outcomeFile: string): Promise<number> {
  const program = join(root, "node_modules", "vitest", "vitest.mjs");
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [program, ...args], {
      cwd: root,
      env: { ...process.env, [OUTCOME_FILE]: outcomeFile },
      stdio: ["ignore", "inherit", "inherit"],
    });
    child.on("exit", (code) => resolve(code ?? 1));
  });
}

function readOutcome(file: string): Outcome {
  try {
    const outcome: Outcome = JSON.parse(readFileSync(file, "utf8"));
    return outcome;
  } catch {
    return { passed: 0, skipped: 0, failures: ["vitest ended without a report"] };
  }
}
