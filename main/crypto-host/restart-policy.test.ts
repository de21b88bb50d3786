import { expect, test } from "vitest";
import { decideRestart } from "./restart-policy.ts";

test("a first crash is mended at once, more of them ever later, and a worker that will not live is given up", () => {
  const crashes: number[] = [];
  const delays: number[] = [];
  for (let n = 0; n < 20; n++) {
    crashes.push(n * 1000);
    const decision = decideRestart(crashes, n * 1000);
    if (!decision.restart) break;
    delays.push(decision.afterMs);
  }
  expect(delays).toEqual([0, 250, 1000, 3000, 8000, 15_000]);
});

test("crashes of long ago are forgotten", () => {
  expect(decideRestart([0, 1, 2, 3, 4, 5, 6, 500_000], 500_000)).toEqual({ restart: true, afterMs: 0 });
});
