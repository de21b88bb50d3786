import { readFileSync } from "node:fs";
import { join } from "node:path";
import { sourceFiles } from "./source-files.ts";

const WARN_LINES = 400;
const MAX_LINES = 600;

/** Files that hold too many nouns. The worst file of every codebase that we admire is the one that nobody budgeted for. */
export function checkSizes(root: string): { problems: string[]; warnings: string[]; summary: string } {
  const sizes = sourceFiles(root)
    .filter((file) => !/\.test\.tsx?$/.test(file))
    .map((file) => ({ file, lines: readFileSync(join(root, file), "utf8").split("\n").length }))
    .sort((a, b) => a.lines - b.lines);
  const at = (share: number): number => sizes[Math.min(sizes.length - 1, Math.floor(sizes.length * share))]?.lines ?? 0;
  const list = (min: number, max: number): string[] =>
    sizes.filter(({ lines }) => lines > min && lines <= max).map(({ file, lines }) => `${file}: ${lines} lines`);
  return {
    problems: list(MAX_LINES, Infinity),
    warnings: list(WARN_LINES, MAX_LINES),
    summary: `${sizes.length} files, median ${at(0.5)} lines, p90 ${at(0.9)}, max ${at(1)}`,
  };
}
