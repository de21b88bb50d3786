import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable, Writable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { CdpConnection } from "./cdp.ts";

const profilePrefix = "bulkhead-chromium-";
/** What an earlier run left behind can wait until the start is over. */
const TIDY_AFTER_MS = 5000;
/** Chromium tells the person that it has no keys for its maker's services unless it is told so. */
const withoutKeys = { GOOGLE_API_KEY: "no", GOOGLE_DEFAULT_CLIENT_ID: "no", GOOGLE_DEFAULT_CLIENT_SECRET: "no" };

/** What a browser has and an app does not; the last group costs every start or window a page of Chromium's own, or a process that nothing ever uses. */
const withoutFeatures = [
  "Translate",
  "MediaRouter",
  "OptimizationHints",
  "AutofillServerCommunication",
  "InterestFeedContentSuggestions",
  "CertificateTransparencyComponentUpdater",
  "DialMediaRouteProvider",
  "GlobalMediaControls",
  "HttpsUpgrades",
  "PaintHolding",
  "WebUIOmniboxPopup",
  "WebUIOmniboxAimPopup",
  "WebUIOmniboxFullPopup",
  "PreloadTopChromeWebUI",
  "InitialWebUI",
  "WebUIReloadButton",
  "SpareRendererForSitePerProcess",
] as const;

export type ChromiumOptions = {
  readonly headless: boolean;
  readonly locale: string;
  /** Also opens a DevTools port on loopback, for Playwright. Tests only. */
  readonly debuggingPort: boolean;
  /** Schemes that links may name but Chromium must not hand to the desktop by itself. */
  readonly blockedSchemes: readonly string[];
};

export type Chromium = {
  /** Takes commands at once; Chromium answers them when it has started. */
  readonly connection: CdpConnection;
  readonly ready: Promise<void>;
  /** WebSocket address for Playwright; only with `debuggingPort`. */
  readonly endpoint: Promise<string> | undefined;
  readonly exited: Promise<void>;
  /** Ends it in order, or at once where it has not started yet. */
  close(): Promise<void>;
  /** For `process.on("exit")`: ends the browser without waiting. */
  killNow(): void;
};

/**
 * The system's Chromium, or undefined. `CHROMIUM_PATH` overrides the search. Debian's program is preferred to its launcher, a shell script that starts a
 * dozen others for a browser's needs: extensions, flags of the desktop.
 */
export function findChromium(): string | undefined {
  const fromPath = (process.env["PATH"] ?? "")
    .split(":")
    .flatMap((folder) => ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"].map((name) => join(folder, name)));
  const macOs = ["/Applications/Chromium.app/Contents/MacOS/Chromium", "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"];
  return [process.env["CHROMIUM_PATH"] ?? "", "/usr/lib/chromium/chromium", "/usr/bin/chromium", ...fromPath, ...macOs].find(
    (path) => path !== "" && existsSync(path),
  );
}

/** Throws where there is no Chromium; one that does not come up shows in `ready`. */
export function launchChromium(options: ChromiumOptions): Chromium {
  const executable = findChromium();
  if (executable === undefined) throw new Error("No Chromium found: install the package `chromium` or set CHROMIUM_PATH");
  const profile = makeProfile(options.blockedSchemes);
  const child = spawn(executable, chromiumArguments(profile, options), {
    stdio: ["ignore", "ignore", process.env["CHROMIUM_HOST_VERBOSE"] === undefined ? "ignore" : "inherit", "pipe", "pipe"],
    env: { ...process.env, ...withoutKeys, LANGUAGE: options.locale },
  });
  const [output, input] = [child.stdio[3], child.stdio[4]];
  if (!(output instanceof Writable) || !(input instanceof Readable)) throw new Error("The debugging pipe was not opened");
  const connection = new CdpConnection(output, input);
  const exited = once(child, "exit").then(() => rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }));
  let isReady = false;
  const ready = connection.browser.send("Browser.getVersion").then(() => {
    isReady = true;
    setTimeout(removeAbandonedProfiles, TIDY_AFTER_MS).unref();
  });
  // Who ends it before that does not ask.
  ready.catch(() => undefined);
  return {
    connection,
    ready,
    endpoint: options.debuggingPort ? ready.then(() => readEndpoint(profile)) : undefined,
    exited,
    close: async () => {
      if (isReady) return closeChromium(connection, child, exited);
      child.kill("SIGKILL");
      await exited;
    },
    killNow: () => {
      child.kill("SIGKILL");
      rmSync(profile, { recursive: true, force: true });
    },
  };
}

async function closeChromium(connection: CdpConnection, child: ChildProcess, exited: Promise<void>): Promise<void> {
  connection.browser.post("Browser.close");
  const late = new AbortController();
  const forced = delay(3000, undefined, { signal: late.signal, ref: false }).then(
    () => child.kill("SIGKILL"),
    () => undefined,
  );
  await exited;
  late.abort();
  await forced;
}

/** A profile of its own for every run, named after its owner so that one left behind by a killed run can be told. */
function makeProfile(blockedSchemes: readonly string[]): string {
  const profile = mkdtempSync(join(tmpdir(), `${profilePrefix}${process.pid}-`));
  mkdirSync(join(profile, "Default"));
  const excluded = Object.fromEntries(blockedSchemes.map((scheme) => [scheme, true]));
  writeFileSync(join(profile, "Default", "Preferences"), JSON.stringify({ protocol_handler: { excluded_schemes: excluded } }));
  return profile;
}

function removeAbandonedProfiles(): void {
  for (const name of readdirSync(tmpdir())) {
    const owner = Number(new RegExp(`^${profilePrefix}(\\d+)-`).exec(name)?.[1] ?? NaN);
    if (Number.isNaN(owner) || isAlive(owner)) continue;
    rmSync(join(tmpdir(), name), { recursive: true, force: true });
  }
}

/** Whether a process runs. One that has ended and only waits to be collected by its parent does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return process.platform !== "linux" || !/^\d+ \(.*\) Z /s.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

async function readEndpoint(profile: string): Promise<string> {
  const file = join(profile, "DevToolsActivePort");
  for (let tries = 0; tries < 200; tries++) {
    const [port, path] = existsSync(file) ? readFileSync(file, "utf8").split("\n") : [];
    if (port !== undefined && path !== undefined && path !== "") return `ws://127.0.0.1:${port}${path}`;
    await delay(25);
  }
  throw new Error("Chromium opened no debugging port");
}

function chromiumArguments(profile: string, options: ChromiumOptions): string[] {
  const asRoot = process.getuid?.() === 0;
  return [
    `--user-data-dir=${profile}`,
    "--remote-debugging-pipe",
    ...(options.debuggingPort ? ["--remote-debugging-port=0", "--remote-debugging-address=127.0.0.1"] : []),
    ...(options.headless ? ["--headless=new", "--hide-scrollbars", "--mute-audio"] : []),
    // Chromium refuses its sandbox to root; everyone else gets it.
    ...(asRoot ? ["--no-sandbox", "--test-type"] : []),
    "--no-startup-window",
    "--no-first-run",
    "--no-default-browser-check",
    // No name leads anywhere, whatever a page tries. Addresses of this computer do: what keeps a page from them is to be the app's own doing.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    // What an app asks for with `setWebRTCIPHandlingPolicy` (which is recorded); Chromium takes it at its start only.
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--force-webrtc-ip-handling-policy",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-client-side-phishing-detection",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-extensions",
    "--disable-sync",
    "--disable-breakpad",
    "--disable-search-engine-choice-screen",
    "--disable-dev-shm-usage",
    // Electron has this event on web ports too; Chromium hides it behind a flag.
    "--enable-blink-features=MessagePortCloseEvent",
    "--disable-prompt-on-repost",
    "--metrics-recording-only",
    "--no-pings",
    "--no-service-autorun",
    "--password-store=basic",
    "--use-mock-keychain",
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    "--disable-ipc-flooding-protection",
    `--disable-features=${withoutFeatures.join(",")}`,
    // There is no network that it would have to be kept apart for, and a process less to start.
    "--enable-features=NetworkServiceInProcess2",
    `--lang=${options.locale}`,
    "--force-color-profile=srgb",
  ];
}
