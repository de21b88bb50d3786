import { spawn } from "node:child_process";

/** Starts a program that goes on when this one has ended. */
export function startDetached(program: string, args: readonly string[]): void {
  const started = spawn(program, [...args], { detached: true, stdio: "ignore" });
  // The app is ending, and nobody is left to be told: whoever starts it again finds what is there by then.
  started.once("error", () => undefined);
  started.unref();
}
