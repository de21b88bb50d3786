import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { StoreError } from "./types.ts";

let loaded: object | null | undefined;

/**
 * SQLite's native module, for the driver; null where the driver is to find its own, which is when the worker runs from its sources. A module that is
 * not the one that was packed is never loaded.
 * @throws StoreError `program-damaged`
 */
export function sqliteBinding(): object | null {
  if (loaded !== undefined) return loaded;
  const path = verifiedNativeModule(import.meta.dirname);
  loaded = path === undefined ? null : load(path);
  return loaded;
}

/**
 * The native module beside a bundle, after its bytes were compared with the hash that the build wrote down. Undefined where there is no such hash.
 * SECURITY: native code is the one thing that an archive cannot hold, so nobody else vouches for this file.
 */
export function verifiedNativeModule(folder: string): string | undefined {
  const manifest = join(folder, "native-module.json");
  if (!existsSync(manifest)) return undefined;
  try {
    const { file, sha256 } = parseManifest(readFileSync(manifest, "utf8"));
    const path = join(besideTheArchive(folder), file);
    if (createHash("sha256").update(readFileSync(path)).digest("hex") === sha256) return path;
  } catch {
    throw new StoreError("program-damaged");
  }
  throw new StoreError("program-damaged");
}

function load(path: string): object {
  try {
    const module: unknown = createRequire(import.meta.url)(path);
    if (typeof module === "object" && module !== null) return module;
  } catch {
    throw new StoreError("program-damaged");
  }
  throw new StoreError("program-damaged");
}

/** Where an archive's files lie that are not in it. */
const besideTheArchive = (folder: string): string => folder.replace(/app\.asar(?=[\\/]|$)/, "app.asar.unpacked");

function parseManifest(text: string): { readonly file: string; readonly sha256: string } {
  const parsed: unknown = JSON.parse(text);
  if (typeof parsed !== "object" || parsed === null || !("file" in parsed) || !("sha256" in parsed)) throw new SyntaxError("no manifest");
  const { file, sha256 } = parsed;
  if (typeof file !== "string" || !/^[a-z0-9-]+\.node$/.test(file) || typeof sha256 !== "string") throw new SyntaxError("no manifest");
  return { file, sha256 };
}
