import { appendFileSync, mkdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname } from "node:path";
import type { LogSink } from "./log.ts";

const MAX_BYTES = 2 * 1024 * 1024;
const KEPT = 3;

/** Appends to a file, and starts a new one when it is full; the last few are kept. A disk that cannot be written loses log lines, nothing else. */
export function openLogFile(path: string, maxBytes = MAX_BYTES): LogSink {
  let size = 0;
  let broken = false;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  } catch {
    broken = true;
  }
  return (line) => {
    if (broken) return;
    try {
      if (size > maxBytes) {
        rotate(path);
        size = 0;
      }
      appendFileSync(path, `${line}\n`, { mode: 0o600 });
      size += Buffer.byteLength(line) + 1;
    } catch {
      // Logging about failing to log helps nobody; the app goes on without.
      broken = true;
    }
  };
}

/** The newest lines of the log, oldest first, from as many of its files as it takes to fill `maxBytes`. */
export function readLogLines(path: string, maxBytes: number): readonly string[] {
  const lines: string[] = [];
  let left = maxBytes;
  for (let n = 0; n <= KEPT && left > 0; n++) {
    for (const line of linesOf(n === 0 ? path : `${path}.${n}`).toReversed()) {
      left -= Buffer.byteLength(line) + 1;
      if (left < 0) break;
      lines.push(line);
    }
  }
  return lines.reverse();
}

function linesOf(path: string): readonly string[] {
  try {
    return readFileSync(path, "utf8")
      .split("\n")
      .filter((line) => line !== "");
  } catch {
    // Not there yet, or not readable: what cannot be shown is not in the report.
    return [];
  }
}

function rotate(path: string): void {
  rmSync(`${path}.${KEPT}`, { force: true });
  for (let n = KEPT - 1; n >= 1; n--) {
    if (statSync(`${path}.${n}`, { throwIfNoEntry: false }) !== undefined) renameSync(`${path}.${n}`, `${path}.${n + 1}`);
  }
  renameSync(path, `${path}.1`);
}
