import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { findChromium } from "./chromium-host/chromium.ts";

const root = join(import.meta.dirname, "..");
const packageFolder = join(root, "node_modules", "electron");
/** How long an unreachable release server is taken for unreachable without asking again. */
const rememberMs = 60 * 60 * 1000;
const probeMs = 5000;
const installMs = 10 * 60 * 1000;

/** What runs the built app on this machine. `note` is for the person who started it; empty where there is nothing to say. */
export type AppRuntime =
  | { readonly kind: "electron"; readonly path: string; readonly note: string }
  | { readonly kind: "chromium-host"; readonly host: string; readonly note: string };

/**
 * Electron where its binary is installed or can be; otherwise the host on the system's Chromium. `BULKHEAD_RUNTIME=electron` or `=chromium`
 * decides by hand. Throws where neither can run.
 */
export async function chooseRuntime(): Promise<AppRuntime> {
  const wish = process.env["BULKHEAD_RUNTIME"];
  const host = { kind: "chromium-host", host: join(import.meta.dirname, "chromium-host", "host.ts") } as const;
  if (wish === "chromium") return { ...host, note: "" };
  const installed = findElectron();
  if (installed !== undefined) return { kind: "electron", path: installed, note: "" };
  const failure = await installElectron(wish === "electron");
  const path = findElectron();
  if (path !== undefined) return { kind: "electron", path, note: "Electron's binary has been installed." };
  if (wish === "electron") throw new Error(`Electron cannot be installed: ${failure}`);
  if (findChromium() === undefined) {
    throw new Error(`Electron cannot be installed (${failure}) and there is no Chromium either: install the package \`chromium\``);
  }
  return { ...host, note: `Electron's binary cannot be had here (${failure}); running on the system's Chromium instead.` };
}

/** The installed binary of exactly the version that package.json names, or undefined. */
export function findElectron(): string | undefined {
  const override = process.env["ELECTRON_OVERRIDE_DIST_PATH"];
  const pathFile = join(packageFolder, "path.txt");
  const versionFile = join(override ?? join(packageFolder, "dist"), "version");
  if (!existsSync(pathFile) && override === undefined) return undefined;
  const name = existsSync(pathFile) ? readFileSync(pathFile, "utf8") : "electron";
  const path = join(override ?? join(packageFolder, "dist"), name);
  const isWanted = existsSync(versionFile) && readFileSync(versionFile, "utf8").trim().replace(/^v/, "") === electronVersion();
  return isWanted && existsSync(path) ? path : undefined;
}

/** Runs Electron's own installer if its server answers at once. Returns what went wrong, if anything did. */
async function installElectron(always: boolean): Promise<string> {
  const stamp = join(root, ".cache", "electron-unreachable");
  const isRemembered = existsSync(stamp) && Date.now() - statSync(stamp).mtimeMs < rememberMs;
  if (isRemembered && !always) return readFileSync(stamp, "utf8");
  if (!(await answers(`${releaseServer()}v${electronVersion()}/SHASUMS256.txt`))) {
    const failure = `${new URL(releaseServer()).host} is out of reach`;
    mkdirSync(dirname(stamp), { recursive: true });
    writeFileSync(stamp, failure);
    return failure;
  }
  console.error("Installing Electron's binary…");
  const code = await run(join(packageFolder, "install.js"), [], installMs);
  return code === 0 ? "" : "its installer failed";
}

/** A proxy of the environment is honoured, which a running Node cannot be told to do; hence the child. */
async function answers(url: string): Promise<boolean> {
  const probe = `fetch(process.argv[1], { method: "HEAD", signal: AbortSignal.timeout(${probeMs}) }).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))`;
  return (await run("--use-env-proxy", ["--input-type=module", "-e", probe, url], probeMs * 2)) === 0;
}

function run(program: string, args: readonly string[], timeout: number): Promise<number | null> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [program, ...args], { cwd: root, stdio: ["ignore", 2, 2], timeout });
    child.once("error", () => resolve(null));
    child.once("exit", resolve);
  });
}

function releaseServer(): string {
  const mirror =
    process.env["ELECTRON_MIRROR"] ??
    process.env["npm_config_electron_mirror"] ??
    "https://github.com/electron/electron/releases/download/";
  return mirror.endsWith("/") ? mirror : `${mirror}/`;
}

function electronVersion(): string {
  const { version } = JSON.parse(readFileSync(join(packageFolder, "package.json"), "utf8"));
  return String(version);
}
