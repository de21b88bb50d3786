// `npm start [-- --profile-dir=DIR] [--homeserver=URL]`: builds what changed and opens the app.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { BuildFailed, bundle } from "../build/bundle.ts";
import { compileCache } from "./chromium-host/versions.ts";
import { chooseRuntime, type AppRuntime } from "./electron-binary.ts";

const root = join(import.meta.dirname, "..");

/** The command line that runs the built app. Chromium, inside Electron too, refuses its sandbox to root. */
function commandOf(runtime: AppRuntime, args: readonly string[]): [string, string[]] {
  if (runtime.kind === "chromium-host") return [process.execPath, ["--disable-warning=ExperimentalWarning", runtime.host, ...args]];
  const sandbox = process.platform === "linux" && process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  return [runtime.path, [root, ...sandbox, ...args]];
}

async function main(args: readonly string[]): Promise<number> {
  await bundle();
  const runtime = await chooseRuntime();
  if (runtime.note !== "") console.error(runtime.note);
  if (process.platform === "linux" && !process.env["DISPLAY"] && !process.env["WAYLAND_DISPLAY"])
    console.error("There is no display: the app runs without one.");
  const [command, parameters] = commandOf(runtime, args);
  const child = spawn(command, parameters, {
    stdio: "inherit",
    env: { ...process.env, ...(runtime.kind === "chromium-host" ? compileCache : {}), ELECTRON_RUN_AS_NODE: undefined },
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => child.kill(signal));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => resolve(signal === null ? (code ?? 1) : 1));
  });
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(
    error instanceof BuildFailed ? `The app does not build.\n${error.message}` : error instanceof Error ? error.message : error,
  );
  process.exitCode = 1;
}
