import { defineConfig } from "vitest/config";

/** A machine of two cores would get a single one. */
const twoFiles = { pool: "forks", fileParallelism: true, maxWorkers: 2 } as const;
/** These start processes and servers. Much of their time is waiting: for a server that fails, a process that starts, a page that settles. */
const slow = { ...twoFiles, testTimeout: 120_000, hookTimeout: 300_000 } as const;

export default defineConfig({
  test: {
    // matrix-js-sdk logs every request; what a failed test printed is shown, the rest is not.
    silent: "passed-only",
    projects: [
      {
        test: {
          ...twoFiles,
          name: "unit",
          testTimeout: 30_000,
          include: [
            "{protocol,main,preload,renderer,crypto-worker,build,tools,docs}/**/*.test.{ts,tsx}",
            "tests/{fuzz,vectors,differential,packaging,support}/**/*.test.ts",
          ],
        },
      },
      { test: { ...slow, maxConcurrency: 3, name: "scenarios", include: ["tests/scenarios/**/*.test.ts"] } },
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
