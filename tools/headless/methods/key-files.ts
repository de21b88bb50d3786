import { rename, rm, type FileHandle } from "node:fs/promises";
import { z } from "zod";
import type { HeadlessApp } from "../headless-app.ts";
import { withFile } from "../with-file.ts";
import { method, type Methods } from "./method.ts";

const file = z.strictObject({ path: z.string().min(1).max(4096), passphrase: z.string().min(1).max(1024) });
/** Half of what the worker takes at once. */
const PIECE = 2 * 1024 * 1024;

export const keyFileMethods: Methods = {
  exportKeys: method(file, async (app, { path, passphrase }) => {
    const { exportId, count } = await app.askVault("exportKeys", { passphrase });
    // Whole or not at all: what was exported before stays until then.
    const unfinished = `${path}.new`;
    await withFile(unfinished, "w", async (handle) => {
      for (;;) {
        const { piece } = await app.askVault("readExport", { exportId });
        if (piece === null) return handle.sync();
        await handle.writeFile(piece);
      }
    }).catch(async (error: unknown) => {
      await rm(unfinished, { force: true });
      throw error;
    });
    await rename(unfinished, path);
    return { count };
  }),
  importKeys: method(file, async (app, { path, passphrase }) => {
    const importId = await withFile(path, "r", (handle) => upload(app, handle));
    const { count, imported } = await app.askVault("importKeys", { importId, passphrase });
    return { count, imported };
  }),
};

async function upload(app: HeadlessApp, handle: FileHandle): Promise<string> {
  const { importId } = await app.askVault("beginImport", {});
  const stream = handle.createReadStream({ encoding: "utf8", highWaterMark: PIECE, autoClose: false });
  for await (const piece of stream) await app.askVault("appendImport", { importId, piece: String(piece) });
  return importId;
}
