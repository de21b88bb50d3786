import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["{protocol,main,preload,renderer,crypto-worker,build,tools}/**/*.test.{ts,tsx}", "tests/{fuzz,vectors}/**/*.test.ts"],
    pool: "forks",
    testTimeout: 30_000,
  },
});
