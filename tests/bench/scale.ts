import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export type ScaleResult = {
  readonly name: string;
  readonly ms: number;
  readonly peakMemoryMb: number;
  readonly megabytesPerSecond?: number;
};

/** What is made first, in a process of its own, so that the peak memory of the second is that of the case alone. */
const CASES = ["open100kSessions", "sync1000RoomKeys", "share2000Devices", "search1MMessages", "encryptFile1GB", "decryptFile1GB"] as const;
export type ScaleCase = (typeof CASES)[number];

export function runScaleCases(): readonly ScaleResult[] {
  return CASES.map((name) => {
    const directory = mkdtempSync(join(tmpdir(), "bulkhead-scale-"));
    try {
      runStep(name, "prepare", directory);
      const result = JSON.parse(runStep(name, "measure", directory)) as Omit<ScaleResult, "name">;
      const speed = result.megabytesPerSecond === undefined ? "" : `${result.megabytesPerSecond.toFixed(0).padStart(7)} MB/s`;
      console.log(`${name.padEnd(24)}${result.ms.toFixed(1).padStart(9)} ms${result.peakMemoryMb.toFixed(0).padStart(7)} MB peak${speed}`);
      return { name, ...result };
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });
}

function runStep(name: ScaleCase, step: "prepare" | "measure", directory: string): string {
  const script = fileURLToPath(new URL("./scale-case.ts", import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, name, step, directory], { encoding: "utf8", maxBuffer: 1 << 20 });
  if (status !== 0) throw new Error(`scale case ${name} failed to ${step}: ${stderr}`);
  return stdout;
}
