import { expect, test } from "vitest";
import { PendingSignatures } from "./pending-signatures.ts";

/** Notes which signatures were made, and whether anybody left. */
function newRun(count: number) {
  const made: number[] = [];
  const state = { left: false };
  function* run(): Generator<string, void, undefined> {
    try {
      for (let i = 0; i < count; i++) {
        made.push(i);
        yield `signature ${i}`;
      }
    } finally {
      state.left = true;
    }
  }
  return { made, state, run: run() };
}

test("begin at once and are complete when they are asked for, however often", () => {
  const { made, state, run } = newRun(3);
  const signatures = new PendingSignatures(run, 3);
  expect(made).toEqual([0]);
  for (let i = 0; i < 2; i++) expect(signatures.all()).toEqual(["signature 0", "signature 1", "signature 2"]);
  expect(state.left).toBe(true);
  expect(new PendingSignatures(newRun(0).run, 0).all()).toEqual([]);
});

test("are all there or none: neither abandoned ones nor too few are given out", () => {
  const { made, state, run } = newRun(3);
  const abandoned = new PendingSignatures(run, 3);
  abandoned.abandon();
  expect([made, state.left]).toEqual([[0], true]);
  expect(() => abandoned.all()).toThrow("not everything was signed");
  expect(() => new PendingSignatures(newRun(2).run, 3).all()).toThrow("not everything was signed");
});
