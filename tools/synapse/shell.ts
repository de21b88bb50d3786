import { spawn, spawnSync } from "node:child_process";
import { closeSync, openSync } from "node:fs";

export type Command = { file: string; args: readonly string[]; env?: Readonly<Record<string, string>> };

/** Whether the command can be started and exits with 0. */
export function succeeds(file: string, args: readonly string[], timeoutMs = 20_000): boolean {
  return spawnSync(file, args, { stdio: "ignore", timeout: timeoutMs }).status === 0;
}

/** The command's standard output, or undefined if it could not be run or failed. */
export function output(file: string, args: readonly string[], timeoutMs = 20_000): string | undefined {
  const result = spawnSync(file, args, { encoding: "utf8", timeout: timeoutMs, stdio: ["ignore", "pipe", "ignore"] });
  return result.status === 0 ? result.stdout : undefined;
}

/** Runs a command to its end with its output appended to a log file; false if it failed or took too long. */
export function runLogged(command: Command, logFile: string, timeoutMs: number): Promise<boolean> {
  const log = openSync(logFile, "a");
  return new Promise((resolve) => {
    const child = spawn(command.file, command.args, { stdio: ["ignore", log, log], env: { ...process.env, ...command.env } });
    const timer = setTimeout(() => child.kill("SIGKILL"), timeoutMs);
    const settle = (ok: boolean) => {
      clearTimeout(timer);
      closeSync(log);
      resolve(ok);
    };
    child.once("error", () => settle(false));
    child.once("exit", (code) => settle(code === 0));
  });
}

/** Starts a command that outlives this program and returns its process id. */
export function startDetached(command: Command, logFile: string): Promise<number | undefined> {
  const log = openSync(logFile, "a");
  return new Promise((resolve) => {
    const child = spawn(command.file, command.args, {
      detached: true,
      stdio: ["ignore", log, log],
      env: { ...process.env, ...command.env },
    });
    child.once("error", () => resolve(undefined));
    child.once("spawn", () => {
      closeSync(log);
      child.unref();
      resolve(child.pid);
    });
  });
}
