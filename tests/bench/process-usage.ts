import { readFileSync } from "node:fs";
import { commandOf } from "../support/process-memory.ts";

const MS_PER_TICK = 10;

export type Usage = { readonly name: string; readonly cpuMs: number; readonly kilobytes: number };

/** What processes have used so far (Linux only), by what they are; memory is each one's proportional share. Those that have ended are left out. */
export function usageOf(pids: readonly number[]): ReadonlyMap<number, Usage> {
  return new Map(
    pids.flatMap((pid) => {
      const usage = read(pid);
      return usage === undefined ? [] : [[pid, usage] as const];
    }),
  );
}

function read(pid: number): Usage | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ");
    const pss = /^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1];
    return { name: kindOf(commandOf(pid)), cpuMs: (Number(stat[11]) + Number(stat[12])) * MS_PER_TICK, kilobytes: Number(pss ?? 0) };
  } catch {
    // It has ended meanwhile.
    return undefined;
  }
}

function kindOf(command: string): string {
  if (command.includes("utility-bootstrap")) return "crypto worker";
  if (command.includes("chromium-host/host")) return "main";
  const [, type] = /--type=([\w-]+)/.exec(command) ?? [];
  const [, service] = /--utility-sub-type=\w+\.mojom\.(\w+)/.exec(command) ?? [];
  return service ?? type ?? "browser";
}
