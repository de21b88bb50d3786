import { utilityProcess } from "electron";
import type { Log } from "../logging/log.ts";
import { workerForkOptions, workerOf } from "./utility-worker.ts";
import type { WorkerSpawner } from "./worker-process.ts";

/** Forks the worker as Electron's utility process. `modulePath` is its bundle. */
export const electronWorkerSpawner = (modulePath: string, log: Log): WorkerSpawner => ({
  spawn: () => workerOf(utilityProcess.fork(modulePath, [], workerForkOptions), log),
});
