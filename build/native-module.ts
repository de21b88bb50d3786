import { createHash } from "node:crypto";
import { copyFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** What a native module is built for, as the package that brings SQLite names it. */
export type NativeTarget = `${"linux" | "linuxmusl" | "darwin" | "win32"}-${"x64" | "arm64"}`;

const PREBUILDS = ["node_modules", "better-sqlite3-multiple-ciphers", "prebuilds"] as const;

/**
 * Puts SQLite's native module for one target beside the worker's bundle, with its hash in a file of its own. In a package that file is in the archive,
 * whose integrity the system or Electron vouches for, and the module is not: the worker compares the two before it loads anything. `sign` may change the
 * file; the hash is that of the signed one.
 */
export function writeNativeModule(root: string, folder: string, target: NativeTarget, sign?: (file: string) => void): void {
  const source = join(root, ...PREBUILDS, `${target}.node`);
  if (!existsSync(source)) throw new Error(`There is no SQLite for ${target}`);
  const file = "sqlite.node";
  copyFileSync(source, join(folder, file));
  sign?.(join(folder, file));
  const sha256 = createHash("sha256")
    .update(readFileSync(join(folder, file)))
    .digest("hex");
  writeFileSync(join(folder, "native-module.json"), `${JSON.stringify({ file, sha256, target })}\n`);
}

/** The target of this machine. */
export function hostTarget(): NativeTarget {
  const arch = process.arch === "arm64" ? "arm64" : "x64";
  if (process.platform === "darwin" || process.platform === "win32") return `${process.platform}-${arch}`;
  return `${isMusl() ? "linuxmusl" : "linux"}-${arch}`;
}

function isMusl(): boolean {
  const report: unknown = process.report.getReport();
  const header = typeof report === "object" && report !== null && "header" in report ? report.header : undefined;
  return typeof header === "object" && header !== null && !("glibcVersionRuntime" in header);
}
