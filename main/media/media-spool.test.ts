import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { MediaSpool } from "./media-spool.ts";

const ID = "0123456789abcdef0123456789abcdef";
const OTHER = "f".repeat(32);
const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

let folder: string;
let spool: MediaSpool;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "bulkhead-spool-"));
  spool = new MediaSpool(join(folder, "media"));
});
afterEach(() => rmSync(folder, { recursive: true }));

test("grows at its end only, and is for its owner only", async () => {
  expect(await spool.list()).toEqual([]);
  await spool.append(ID, 0, bytes(1, 2, 3), false);
  await spool.append(ID, 3, bytes(4, 5), true);
  for (const offset of [0, 2, 4, 6]) await expect(spool.append(ID, offset, bytes(9), false)).rejects.toMatchObject({ code: "conflict" });
  await expect(spool.append(OTHER, 1, bytes(9), false)).rejects.toMatchObject({ code: "not-found" });
  expect(await spool.read(ID, 0, 10)).toEqual(bytes(1, 2, 3, 4, 5));
  expect(await spool.read(ID, 4, 10)).toEqual(bytes(5));
  expect(await spool.read(ID, 5, 10)).toHaveLength(0);
  expect(await spool.list()).toEqual([ID]);
  if (process.platform !== "win32") {
    expect(statSync(join(folder, "media")).mode & 0o077).toBe(0);
    expect(statSync(join(folder, "media", `${ID}.part`)).mode & 0o077).toBe(0);
  }
});

test("an empty file is one", async () => {
  await spool.append(ID, 0, bytes(), false);
  await spool.append(ID, 0, bytes(), true);
  expect(await spool.read(ID, 0, 10)).toHaveLength(0);
  expect((await spool.source(ID, () => undefined)).size).toBe(0);
});

test.each(["", "..", "../profile", "0123456789abcdef0123456789abcdeF", `${ID}/x`, `${ID}\u0000`])("%j is no name", async (name) => {
  await expect(spool.append(name, 0, bytes(1), false)).rejects.toThrow();
  await expect(spool.read(name, 0, 1)).rejects.toThrow();
  await expect(spool.remove([name])).rejects.toThrow();
  expect(readdirSync(folder)).toEqual([]);
});

test("what comes from the server replaces what an earlier attempt has left", async () => {
  async function* chunks(...parts: Uint8Array[]): AsyncIterable<Uint8Array> {
    yield* parts;
  }
  const told: [number, number | null][] = [];
  const sink = spool.sink(ID, (done, total) => told.push([done, total]));
  await sink.write(chunks(bytes(1, 2, 3), bytes(4)), null);
  await sink.write(chunks(bytes(7), bytes(8)), 2);
  expect(await spool.read(ID, 0, 10)).toEqual(bytes(7, 8));
  expect(told.slice(-3)).toEqual([
    [0, 2],
    [1, 2],
    [2, 2],
  ]);
  await spool.remove([ID, OTHER]);
  expect(await spool.list()).toEqual([]);
});
