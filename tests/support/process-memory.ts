import { closeSync, openSync, readdirSync, readFileSync, readSync } from "node:fs";

const PAGE = 4096;
const PIECE = 4 * 1024 * 1024;

/** Whether this system lets us read the memory of processes that we started (Linux, and no tracing restrictions). */
export function canReadMemory(pid: number): boolean {
  try {
    closeSync(openSync(`/proc/${pid}/mem`, "r"));
    return true;
  } catch {
    return false;
  }
}

/** The processes below one, with itself. */
export function processTree(pid: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const parent = parentOf(Number(name));
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const tree = [pid];
  for (const each of tree) tree.push(...(children.get(each) ?? []));
  return tree;
}

export const commandOf = (pid: number): string => readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();

/**
 * Hands over everything that a process has written in memory, piece by piece: heap, stacks, buffers, also what was freed and not used again. Pieces overlap
 * by `overlap` bytes within a region. The buffer is used again for the next piece.
 */
export function readMemory(pid: number, overlap: number, use: (piece: Uint8Array) => void): void {
  const memory = openSync(`/proc/${pid}/mem`, "r");
  const pages = openSync(`/proc/${pid}/pagemap`, "r");
  try {
    for (const { start, end } of writableRegions(pid))
      for (const run of presentRuns(pages, start, end))
        for (let at = run.start; at < run.end; at += PIECE) {
          const from = Math.max(run.start, at - overlap);
          const bytes = Buffer.allocUnsafe(Math.min(run.end, at + PIECE) - from);
          const length = readAt(memory, bytes, from);
          if (length > 0) use(bytes.subarray(0, length));
        }
  } finally {
    closeSync(memory);
    closeSync(pages);
  }
}

type Range = { readonly start: number; readonly end: number };

function writableRegions(pid: number): Range[] {
  return readFileSync(`/proc/${pid}/maps`, "utf8")
    .split("\n")
    .flatMap((line) => {
      const [, start, end, name] = /^([0-9a-f]+)-([0-9a-f]+) rw\S* \S+ \S+ \S+\s*(.*)$/.exec(line) ?? [];
      return start === undefined || end === undefined || name === "[vvar]"
        ? []
        : [{ start: Number.parseInt(start, 16), end: Number.parseInt(end, 16) }];
    });
}

/** Pages that are in memory or swapped out; of a region that is mostly reserved these are few. */
function* presentRuns(pages: number, start: number, end: number): Generator<Range> {
  const entries = Buffer.allocUnsafe(8 * 65_536);
  let run: number | undefined;
  for (let from = start; from < end; from += 65_536 * PAGE) {
    const count = Math.min(65_536, (end - from) / PAGE);
    const length = readAt(pages, entries.subarray(0, count * 8), (from / PAGE) * 8);
    for (let index = 0; index < length / 8; index++) {
      const address = from + index * PAGE;
      // Bit 63: present, bit 62: swapped.
      const isHere = ((entries[index * 8 + 7] ?? 0) & 0xc0) !== 0;
      if (isHere) run ??= address;
      else if (run !== undefined) {
        yield { start: run, end: address };
        run = undefined;
      }
    }
  }
  if (run !== undefined) yield { start: run, end };
}

function readAt(file: number, into: Buffer, position: number): number {
  try {
    return readSync(file, into, 0, into.length, position);
  } catch {
    // A page that has gone meanwhile, or that a driver keeps to itself.
    return 0;
  }
}

function parentOf(pid: number): number | undefined {
  try {
    return Number(/^\d+ \(.*\) \S (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, "utf8"))?.[1]);
  } catch {
    return undefined;
  }
}
