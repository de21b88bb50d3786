import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { hashInputs, isFresh, markFresh } from "./freshness.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "freshness-"));
  mkdirSync(join(root, "source", "deep"), { recursive: true });
  mkdirSync(join(root, "dist", "main"), { recursive: true });
  writeFileSync(join(root, "source", "deep", "a.ts"), "1");
  writeFileSync(join(root, "lock.json"), "{}");
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const inputs = ["source", "lock.json", "absent"];

test("an output is fresh until an input changes, appears or goes, or it is deleted", () => {
  const hash = hashInputs(root, inputs);
  expect(isFresh(root, "dist/main", hash)).toBe(false);
  markFresh(root, "dist/main", hash);
  expect(isFresh(root, "dist/main", hashInputs(root, inputs))).toBe(true);
  expect(isFresh(root, "dist/renderer", hash)).toBe(false);

  writeFileSync(join(root, "source", "deep", "a.ts"), "2");
  expect(isFresh(root, "dist/main", hashInputs(root, inputs))).toBe(false);
  writeFileSync(join(root, "source", "deep", "a.ts"), "1");
  expect(isFresh(root, "dist/main", hashInputs(root, inputs))).toBe(true);
  writeFileSync(join(root, "source", "b.ts"), "");
  expect(isFresh(root, "dist/main", hashInputs(root, inputs))).toBe(false);
  rmSync(join(root, "source", "b.ts"));
  rmSync(join(root, "dist", "main"), { recursive: true });
  expect(isFresh(root, "dist/main", hashInputs(root, inputs))).toBe(false);
});

test("tests are no inputs", () => {
  const hash = hashInputs(root, inputs);
  writeFileSync(join(root, "source", "a.test.ts"), "");
  expect(hashInputs(root, inputs)).toBe(hash);
});
