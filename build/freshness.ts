import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** A hash over files and folders, relative to the root. Tests do not count. */
export function hashInputs(root: string, inputs: readonly string[]): string {
  const hash = createHash("sha256");
  for (const file of inputs.flatMap((input) => filesUnder(root, input)).toSorted()) {
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(root, file)))
      .update("\0");
  }
  return hash.digest("hex");
}

/** Whether the output is there and was made from inputs of this hash. */
export function isFresh(root: string, output: string, inputsHash: string): boolean {
  const stamp = stampOf(root, output);
  return existsSync(join(root, output)) && existsSync(stamp) && readFileSync(stamp, "utf8") === inputsHash;
}

/** Records the hash that the inputs had before the output was made from them. */
export function markFresh(root: string, output: string, inputsHash: string): void {
  const stamp = stampOf(root, output);
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, inputsHash);
}

function stampOf(root: string, output: string): string {
  return join(root, "dist", ".stamps", output.replace(/[^a-z-]+/g, "-"));
}

function filesUnder(root: string, path: string): string[] {
  if (!existsSync(join(root, path))) return [];
  if (statSync(join(root, path)).isFile()) return /\.test\.tsx?$/.test(path) ? [] : [path];
  return readdirSync(join(root, path)).flatMap((name) => filesUnder(root, join(path, name)));
}
