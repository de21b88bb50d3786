import { type MessagePortMain, utilityProcess } from "electron";
import type { Channel } from "../../protocol/rpc.ts";
import type { Log } from "../logging/log.ts";
import { pipeToLog } from "../logging/process-output.ts";
import type { WorkerSpawner } from "./worker-process.ts";

/** Forks the worker as a utility process, with nothing of our environment. `modulePath` is its bundle. */
export function electronWorkerSpawner(modulePath: string, log: Log): WorkerSpawner {
  return {
    spawn() {
      const child = utilityProcess.fork(modulePath, [], {
        serviceName: "Bulkhead Crypto Worker",
        // Not even PATH: the worker starts no programs. Windows cannot load system libraries without its root.
        env: process.platform === "win32" ? { SystemRoot: process.env["SystemRoot"] ?? "" } : {},
        execArgv: [],
        stdio: ["ignore", "pipe", "pipe"],
      });
      if (child.stdout !== null) pipeToLog(child.stdout, log);
      if (child.stderr !== null) pipeToLog(child.stderr, log);
      let gone = false;
      const exits: ((code: number) => void)[] = [];
      const closes: (() => void)[] = [];
      const channel: Channel = {
        post(message, transfer) {
          if (!gone) child.postMessage(message, transfer?.filter(isPort));
        },
        onMessage(listener) {
          child.on("message", (message: unknown) => listener(message, []));
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
          exits.push(listener);
        },
        kill() {
          child.kill();
        },
      };
    },
  };
}

const isPort = (value: unknown): value is MessagePortMain =>
  typeof value === "object" && value !== null && "postMessage" in value && "start" in value;
