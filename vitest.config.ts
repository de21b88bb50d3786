import { defineConfig } from "vitest/config";

/** Scenario and end-to-end tests start processes and servers; two cores carry one file of them at a time. */
const slow = { pool: "forks", fileParallelism: false, testTimeout: 120_000, hookTimeout: 300_000 } as const;

export default defineConfig({
  test: {
    // matrix-js-sdk logs every request; what a failed test printed is shown, the rest is not.
    silent: "passed-only",
    projects: [
      {
        test: {
          name: "unit",
          pool: "forks",
          testTimeout: 30_000,
          include: [
            "{protocol,main,preload,renderer,crypto-worker,build,tools,docs}/**/*.test.{ts,tsx}",
            "tests/{fuzz,vectors,differential,packaging,support}/**/*.test.ts",
          ],
        },
      },
      // Much of a scenario is waiting, for a server that fails or a process that starts.
      {
        test: {
          ...slow,
          fileParallelism: true,
          maxWorkers: 2,
          maxConcurrency: 3,
          name: "scenarios",
          include: ["tests/scenarios/**/*.test.ts"],
        },
      },
      {
        test: {
          ...slow,
          name: "e2e",
          include: ["tests/e2e/**/*.test.ts"],
          globalSetup: ["tests/e2e/global-setup.ts"],
          setupFiles: ["tests/e2e/failure-picture.ts"],
        },
      },
      { test: { ...slow, name: "interop", include: ["tests/interop/**/*.test.ts"] } },
    ],
  },
});
