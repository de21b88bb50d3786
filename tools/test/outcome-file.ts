import { writeFileSync } from "node:fs";
import type { Reporter, TestModule, TestRunEndReason } from "vitest/node";
import type { Outcome } from "./outcome.ts";

/** The environment variable that names the file. */
export const OUTCOME_FILE = "BULKHEAD_TEST_OUTCOME";

type Fault = { readonly message: string; readonly cause?: unknown };

/**
 * Reporter that writes what a run of vitest came to. vitest's own JSON leaves out what belongs to no test: a file that cannot be loaded, a hook that
 * throws, an error that nobody caught, a process that died.
 */
export default class OutcomeFile implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly Fault[], _reason: TestRunEndReason): void {
    const path = process.env[OUTCOME_FILE];
    if (path !== undefined) writeFileSync(path, JSON.stringify(outcomeOf(modules, unhandled)));
  }
}

function outcomeOf(modules: readonly TestModule[], unhandled: readonly Fault[]): Outcome {
  const tests = modules.flatMap((module) => [...module.children.allTests()].map((test) => ({ test, state: test.result().state })));
  const failures = [
    ...tests.filter(({ state }) => state === "failed").map(({ test }) => `${test.module.relativeModuleId}: ${test.fullName}`),
    ...modules.flatMap((module) =>
      [module, ...module.children.allSuites()].flatMap((part) =>
        part.errors().map((error) => `${module.relativeModuleId}: ${error.message}`),
      ),
    ),
    ...unhandled.map((error) => `caught by no test: ${describe(error)}`),
  ];
  return {
    passed: tests.filter(({ state }) => state === "passed").length,
    failures,
    skipped: tests.filter(({ state }) => state === "skipped").length,
  };
}

/** A process that died is told by the error's cause. */
const describe = ({ message, cause }: Fault): string =>
  typeof cause === "object" && cause !== null && "message" in cause ? `${message} ${String(cause.message)}` : message;
