import type { Channel } from "../../protocol/rpc.ts";
import type { Log } from "../logging/log.ts";
import { pipeToLog } from "../logging/process-output.ts";
import type { WorkerProcess } from "./worker-process.ts";

/** How a worker is forked: with nothing of our environment, and its output piped to us. */
export const workerForkOptions = {
  serviceName: "Bulkhead Crypto Worker",
  // Not even PATH: the worker starts no programs. Windows cannot load system libraries without its root.
  env: process.platform === "win32" ? { SystemRoot: process.env["SystemRoot"] ?? "" } : {},
  execArgv: [],
  stdio: ["ignore" as const, "pipe" as const, "pipe" as const],
};

/** The part of Electron's `UtilityProcess` that supervision needs; what ports are is the business of whoever forked it. */
export interface UtilityChild {
  readonly stdout: NodeJS.ReadableStream | null;
  readonly stderr: NodeJS.ReadableStream | null;
  postMessage(message: unknown, transfer?: readonly unknown[]): void;
  kill(): boolean;
  on(event: "message", listener: (message: unknown) => void): unknown;
  on(event: "exit", listener: (code: number) => void): unknown;
}

/** A utility process as the host sees it. Its output goes to the log. */
export function workerOf(child: UtilityChild, log: Log): WorkerProcess {
  if (child.stdout !== null) pipeToLog(child.stdout, log);
  if (child.stderr !== null) pipeToLog(child.stderr, log);
  let gone = false;
  const exits: ((code: number) => void)[] = [];
  const closes: (() => void)[] = [];
  const channel: Channel = {
    post(message, transfer) {
      if (!gone) child.postMessage(message, transfer);
    },
    onMessage(listener) {
      child.on("message", (message) => listener(message, []));
    },
    onClose(listener) {
      closes.push(listener);
    },
    close() {
      for (const listener of closes.splice(0)) listener();
    },
  };
  child.on("exit", (code) => {
    gone = true;
    for (const listener of closes.splice(0)) listener();
    for (const listener of exits.splice(0)) listener(code);
  });
  return {
    channel,
    onExit(listener) {
      if (gone) listener(0);
      else exits.push(listener);
    },
    kill() {
      child.kill();
    },
  };
}
