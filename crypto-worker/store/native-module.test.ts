import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { sqliteBinding, verifiedNativeModule } from "./native-module.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "native-module-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const manifest = (text: string, at = folder): void => writeFileSync(join(at, "native-module.json"), text);
const goodManifest = (bytes: string): string =>
  JSON.stringify({ file: "sqlite.node", sha256: createHash("sha256").update(bytes).digest("hex"), target: "linux-x64" });
const damaged = expect.objectContaining({ code: "program-damaged" });

test("the module that was packed is found by its hash", () => {
  manifest(goodManifest("native code"));
  writeFileSync(join(folder, "sqlite.node"), "native code");
  expect(verifiedNativeModule(folder)).toBe(join(folder, "sqlite.node"));
});

test("in a package it lies beside the archive, and the hash in it", () => {
  const inside = join(folder, "app.asar", "dist", "crypto-worker");
  const beside = join(folder, "app.asar.unpacked", "dist", "crypto-worker");
  mkdirSync(inside, { recursive: true });
  mkdirSync(beside, { recursive: true });
  manifest(goodManifest("native code"), inside);
  writeFileSync(join(inside, "sqlite.node"), "not this one");
  writeFileSync(join(beside, "sqlite.node"), "native code");
  expect(verifiedNativeModule(inside)).toBe(join(beside, "sqlite.node"));
});

test("another module is not taken, nor is one that is gone", () => {
  manifest(goodManifest("native code"));
  expect(() => verifiedNativeModule(folder)).toThrow(damaged);
  writeFileSync(join(folder, "sqlite.node"), "native cod€");
  expect(() => verifiedNativeModule(folder)).toThrow(damaged);
});

test.each(["", "{}", "[]", '{"file":"../../evil.node","sha256":""}', '{"file":"sqlite.node","sha256":1}'])(
  "a list that says nothing of use (%s) is damage, and no reason to go without",
  (text) => {
    manifest(text);
    writeFileSync(join(folder, "sqlite.node"), "native code");
    expect(() => verifiedNativeModule(folder)).toThrow(damaged);
  },
);

test("from the sources the driver finds its own module", () => {
  expect(verifiedNativeModule(folder)).toBeUndefined();
  expect(sqliteBinding()).toBeNull();
});
