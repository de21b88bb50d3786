import { existsSync, mkdirSync, readFileSync, rmSync, rmdirSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { writeConfiguration } from "./configuration.ts";
import { findProgram, type Places } from "./program.ts";
import { output, startDetached } from "./shell.ts";

export type RunningSynapse = { url: string; serverName: string };

type RunRecord = RunningSynapse & { pid: number; kind: string; version: string };

const serverName = "localhost";
const repository = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const cacheDir = join(process.env["BULKHEAD_CACHE"] ?? join(repository, ".cache"), "synapse");
const recordFile = join(cacheDir, "run.json");
const logFile = join(cacheDir, "synapse.log");

/**
 * Gets a real Synapse by whichever way this machine has and runs it on loopback; answers at once with the running one if there is one.
 * It outlives the calling program: one Synapse serves all test files, which therefore register users with names of their own.
 * `fresh` stops a running one first and wipes its data.
 */
export async function startSynapse(
  options: { fresh?: boolean; say?: (line: string) => void } = {},
): Promise<RunningSynapse | { unavailable: string }> {
  return locked(async () => {
    const say = options.say ?? (() => undefined);
    const running = await findRunning();
    if (running !== undefined && options.fresh !== true) return { url: running.url, serverName: running.serverName };
    if (running !== undefined) await kill(running.pid);
    const places: Places = { cacheDir, logFile, say };
    const found = await findProgram(places);
    if ("reasons" in found) return { unavailable: found.reasons.join("; ") };
    const { program } = found;
    if (options.fresh === true) rmSync(program.dataDir, { recursive: true, force: true });
    const port = await freePort();
    writeConfiguration({
      serverName,
      port,
      bindAddress: program.bindAddress,
      dataDir: program.dataDir,
      innerDataDir: program.innerDataDir,
    });
    const configurationFlags = ["--config-path", `${program.innerDataDir}/homeserver.yaml`];
    // The signing key is written by a run of its own.
    const keys = program.command([...configurationFlags, "--generate-keys"], port);
    if (output(keys.file, keys.args, 120_000) === undefined) return { unavailable: `Synapse (${program.kind}) refuses its configuration` };
    say(`Starting Synapse ${program.version} (${program.kind})…`);
    const pid = await startDetached(program.command(configurationFlags, port), logFile);
    if (pid === undefined) return { unavailable: `Synapse (${program.kind}) cannot be started` };
    const url = `http://127.0.0.1:${port}`;
    const record: RunRecord = { url, serverName, pid, kind: program.kind, version: program.version };
    writeFileSync(recordFile, JSON.stringify(record));
    if (await untilHealthy(record, 90_000)) return { url, serverName };
    await kill(pid);
    rmSync(recordFile, { force: true });
    return { unavailable: `Synapse (${program.kind}) does not answer; see ${logFile}` };
  });
}

/** Stops the running Synapse; false if none was running. Its data stay. */
export async function stopSynapse(): Promise<boolean> {
  return locked(async () => {
    const running = await findRunning();
    if (running !== undefined) await kill(running.pid);
    rmSync(recordFile, { force: true });
    return running !== undefined;
  });
}

/** The running Synapse with its kind and version, or undefined. */
export async function synapseStatus(): Promise<(RunningSynapse & { kind: string; version: string }) | undefined> {
  return findRunning();
}

async function findRunning(): Promise<RunRecord | undefined> {
  if (!existsSync(recordFile)) return undefined;
  const record = JSON.parse(readFileSync(recordFile, "utf8")) as RunRecord;
  if (!isAlive(record.pid)) return undefined;
  // A process id may have been given to another program since, so its command line has to name Synapse.
  const commandLine = output("ps", ["-o", "args=", "-p", String(record.pid)]);
  if (commandLine === undefined) return (await isHealthy(record.url, 10_000)) ? record : undefined;
  if (!commandLine.includes("synapse")) return undefined;
  // On a busy machine it may take its time; two on one database would be worse than waiting.
  if (await untilHealthy(record, 30_000)) return record;
  await kill(record.pid);
  return undefined;
}

async function untilHealthy(record: RunRecord, timeoutMs: number): Promise<boolean> {
  const end = Date.now() + timeoutMs;
  while (Date.now() < end) {
    if (await isHealthy(record.url, 10_000)) return true;
    if (!isAlive(record.pid)) return false;
    await sleep(200);
  }
  return false;
}

async function isHealthy(url: string, timeoutMs: number): Promise<boolean> {
  const answer = fetch(`${url}/_matrix/client/versions`, { signal: AbortSignal.timeout(timeoutMs) });
  return answer.then(
    (response) => response.ok,
    () => false,
  );
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false; // no such process
  }
}

async function kill(pid: number): Promise<void> {
  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    if (!isAlive(pid)) return;
    process.kill(pid, signal);
    const end = Date.now() + 10_000;
    while (isAlive(pid) && Date.now() < end) await sleep(50);
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => (typeof address === "object" && address !== null ? resolve(address.port) : reject(new Error("no free port"))));
    });
  });
}

/** Only one program at a time installs, starts or stops; a lock whose owner died is taken over. */
async function locked<T>(work: () => Promise<T>): Promise<T> {
  mkdirSync(cacheDir, { recursive: true });
  const lock = join(cacheDir, "lock");
  const ownerFile = join(lock, "pid");
  for (;;) {
    try {
      mkdirSync(lock);
      writeFileSync(ownerFile, String(process.pid));
      break;
    } catch {
      // Somebody else holds it.
      const owner = existsSync(ownerFile) ? Number(readFileSync(ownerFile, "utf8")) : undefined;
      const age = existsSync(lock) ? Date.now() - statSync(lock).mtimeMs : 0;
      if (owner === undefined ? age > 5_000 : !isAlive(owner)) rmSync(lock, { recursive: true, force: true });
      else await sleep(200);
    }
  }
  try {
    return await work();
  } finally {
    rmSync(ownerFile, { force: true });
    rmdirSync(lock);
  }
}
