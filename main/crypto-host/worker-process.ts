import type { Channel } from "../../protocol/rpc.ts";

/** A crypto worker process that was started. */
export interface WorkerProcess {
  /** Both contracts run on it: `control` towards the worker and `network` back. Requests and replies of the two cannot be mistaken for one another. */
  readonly channel: Channel;
  /** Called once, whatever the reason. */
  onExit(listener: (code: number) => void): void;
  /** Ends it at once. */
  kill(): void;
}

/** Starts workers: Electron's `utilityProcess` in the app, a plain child process in the headless client. */
export interface WorkerSpawner {
  spawn(): WorkerProcess;
}
