import { beforeEach, expect, test } from "vitest";
import { useClientWorld } from "../../../tests/support/client-world.ts";
import { InProcessClient } from "../../../tests/support/in-process-client.ts";
import { OlmMachine } from "../../machine/olm-machine.ts";
import { systemEnv } from "../../primitives/system-env.ts";

const PASSPHRASE = "a phrase for files";
const PIECE = 1 << 20;

const world = useClientWorld();
let client: InProcessClient;

beforeEach(async () => {
  client = await world.register("alice");
});

const files = () => client.client.keeping.keyFiles;

/** Keys of as many rooms, each with the ratchet of one that was made. */
function keys(count: number): Record<string, unknown>[] {
  const [made] = ownKeys(1);
  return Array.from({ length: count }, (_, i) => ({ ...made, room_id: `!room${i}:localhost` }));
}

function ownKeys(count: number): Record<string, unknown>[] {
  for (let i = 0; i < count; i++) {
    client.machine.shareRoomKey(`!own${i}:localhost`, []);
    client.machine.encryptRoomEvent(`!own${i}:localhost`, "m.room.message", { body: "" });
  }
  return client.machine.exportRoomKeys();
}

async function exported(passphrase: string): Promise<{ count: number; file: string; pieces: number }> {
  const { exportId, count } = await files().beginExport(passphrase);
  const pieces: string[] = [];
  for (let piece = files().readExport(exportId); piece !== null; piece = files().readExport(exportId)) pieces.push(piece);
  return { count, file: pieces.join(""), pieces: pieces.length };
}

function taken(file: string): string {
  const { importId } = files().beginImport();
  for (let at = 0; at < file.length; at += PIECE) files().appendImport(importId, file.slice(at, at + PIECE));
  return importId;
}

test("a file goes out and comes in, and is one that other programs read", async () => {
  expect(await exported(PASSPHRASE)).toMatchObject({ count: 0, pieces: 1 });
  client.machine.importRoomKeys(keys(1200));
  const { count, file, pieces } = await exported(PASSPHRASE);
  expect([count, pieces]).toEqual([1201, 3]);
  expect(OlmMachine.decryptExportedRoomKeys(file, PASSPHRASE)).toHaveLength(1201);
  expect(await files().importKeys(taken(file), PASSPHRASE)).toEqual({ count: 1201, imported: 0 });
});

test("what comes in while a file goes out is not in it, and the count holds", async () => {
  client.machine.importRoomKeys(keys(600));
  const { exportId, count } = await files().beginExport(PASSPHRASE);
  let file = files().readExport(exportId) ?? "";
  client.machine.importRoomKeys(keys(700));
  for (let piece = files().readExport(exportId); piece !== null; piece = files().readExport(exportId)) file += piece;
  expect(OlmMachine.decryptExportedRoomKeys(file, PASSPHRASE)).toHaveLength(count);
  expect(() => files().readExport(exportId)).toThrow("not-found");
});

test("a wrong passphrase imports nothing, and the right one may follow", async () => {
  const file = OlmMachine.encryptExportedRoomKeys([], PASSPHRASE, 1000).trim();
  const some = keys(3);
  const importId = taken(OlmMachine.encryptExportedRoomKeys(some as never, PASSPHRASE, 1000, systemEnv));
  await expect(files().importKeys(importId, "another phrase")).rejects.toMatchObject({ code: "wrong-passphrase" });
  expect(client.machine.exportRoomKeys()).toHaveLength(1);
  expect(await files().importKeys(importId, PASSPHRASE)).toEqual({ count: 3, imported: 3 });
  await expect(files().importKeys(importId, PASSPHRASE)).rejects.toMatchObject({ code: "not-found" });
  expect(await files().importKeys(taken(file), PASSPHRASE)).toEqual({ count: 0, imported: 0 });
});

test("bad entries are passed over; a file that is none is refused", async () => {
  const mixed = [null, 1, "x", {}, [], { algorithm: "m.other" }, ...keys(2)];
  const file = OlmMachine.encryptExportedRoomKeys(mixed as never, PASSPHRASE, 1000, systemEnv);
  expect(await files().importKeys(taken(file), PASSPHRASE)).toEqual({ count: 8, imported: 2 });
  const { importId } = files().beginImport();
  expect(() => files().appendImport(importId, "x".repeat(100_000))).toThrow("key-file-malformed");
  expect(() => files().appendImport(importId, "x")).toThrow("not-found");
  const half = taken(file.slice(0, file.length / 2));
  await expect(files().importKeys(half, PASSPHRASE)).rejects.toMatchObject({ code: "key-file-malformed" });
});

test("both can be stopped", async () => {
  client.machine.importRoomKeys(keys(1200));
  const { exportId } = await files().beginExport(PASSPHRASE);
  const first = files().readExport(exportId);
  expect(client.client.keeping.jobs.list()).toEqual([{ job: "export-keys", done: 500, total: 1201 }]);
  client.client.keeping.jobs.cancel("export-keys");
  expect(first).toContain("BEGIN MEGOLM");
  expect(() => files().readExport(exportId)).toThrow("cancelled");
  const { file } = await exported(PASSPHRASE);
  const importId = taken(file);
  const importing = files().importKeys(importId, PASSPHRASE);
  client.client.keeping.jobs.cancel("import-keys");
  await expect(importing).rejects.toMatchObject({ code: "cancelled" });
  expect(client.client.keeping.jobs.list()).toEqual([]);
});

// 100,000 keys: 120 MB. A fifth of them here, for the time that it takes to make them.
test("many keys neither hold everything else up nor fill the memory", { timeout: 60_000 }, async () => {
  const all = keys(20_000);
  for (let at = 0; at < all.length; at += 10_000) client.machine.importRoomKeys(all.slice(at, at + 10_000));
  all.length = 0;
  globalThis.gc?.();
  const before = process.memoryUsage().rss;
  let peak = 0;
  let longest = 0;
  let last = performance.now();
  const watch = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage().rss - before);
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  }, 5);
  const { exportId, count } = await files().beginExport(PASSPHRASE);
  const { importId } = files().beginImport();
  for (let piece = files().readExport(exportId); piece !== null; piece = files().readExport(exportId)) {
    files().appendImport(importId, piece);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(await files().importKeys(importId, PASSPHRASE)).toEqual({ count, imported: 0 });
  clearInterval(watch);
  expect(count).toBe(20_001);
  expect(Math.round(peak / 1_048_576)).toBeLessThan(100);
  expect(longest).toBeLessThan(1000);
});
