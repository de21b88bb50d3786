import { fork, type ChildProcess } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { chromium, type Browser, type Page } from "playwright";
import { isAlive } from "./chromium.ts";
import { HostDialogs } from "./host-dialogs.ts";
import type { HostReport, TestOrder } from "./test-link.ts";
import { compileCache, repositoryRoot } from "./versions.ts";

export type LaunchOptions = {
  /** The profile folder; passed on as `--profile-dir`. */
  readonly userData: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Default true: tests run alike with and without a display. */
  readonly headless?: boolean;
  /** Size of the pages of windows without a parent, instead of what the app asks for. */
  readonly viewport?: { readonly width: number; readonly height: number };
  /** Another main bundle than `dist/main/entry.js`. */
  readonly entry?: string;
  /** How long to leave the app to itself before Playwright attaches, which costs the start as much as a page does. For measurements. */
  readonly attachAfterMs?: number;
  /** Also copy the app's output to stderr as it comes. */
  readonly echo?: boolean;
};

export type Exit = { readonly code: number | null; readonly signal: NodeJS.Signals | null };
export type Recorded = { readonly what: string; readonly value: unknown };

/** Starts the built app on this host and attaches Playwright to its pages. Answers once the browser can be driven, not when a window is there. */
export async function launchApp(options: LaunchOptions): Promise<HostApp> {
  const { userData, args = [], env = {}, headless = true, viewport, entry } = options;
  mkdirSync(userData, { recursive: true });
  const child = fork(
    join(import.meta.dirname, "host.ts"),
    [...(entry === undefined ? [] : [`--entry=${entry}`]), `--profile-dir=${userData}`, ...args],
    {
      cwd: repositoryRoot,
      execPath: process.execPath,
      execArgv: ["--disable-warning=ExperimentalWarning"],
      serialization: "advanced",
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      env: {
        ...process.env,
        ...compileCache,
        CHROMIUM_HOST_TEST: "1",
        ...(headless ? { CHROMIUM_HOST_HEADLESS: "1" } : {}),
        ...(viewport === undefined ? {} : { CHROMIUM_HOST_VIEWPORT: `${viewport.width}x${viewport.height}` }),
        ...env,
      },
    },
  );
  const app = new HostApp(child, options.echo === true);
  if (options.attachAfterMs !== undefined) await delay(options.attachAfterMs);
  await app.connect();
  return app;
}

/** A running app under test. */
export class HostApp {
  /** Answers to native dialogs, and what was asked. */
  readonly dialogs: HostDialogs;
  /** Addresses given to `shell.openExternal`, oldest first. */
  readonly openedExternal: string[] = [];
  /** Badge counts, tray, notifications and other desktop calls, oldest first. */
  readonly recorded: Recorded[] = [];
  readonly exited: Promise<Exit>;
  readonly #child: ChildProcess;
  readonly #utilities = new Map<number, string>();
  readonly #endpoint: Promise<string>;
  #browser: Browser | undefined;
  #logs = "";
  #running = true;

  constructor(child: ChildProcess, echo: boolean) {
    this.#child = child;
    this.dialogs = new HostDialogs((order) => this.#order(order));
    this.exited = new Promise((resolve) => {
      child.once("close", (code, signal) => {
        this.#running = false;
        resolve({ code, signal });
      });
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on("data", (chunk: Buffer) => {
        this.#logs += chunk.toString("utf8");
        if (echo) process.stderr.write(chunk);
      });
    }
    this.#endpoint = new Promise((resolve, reject) => {
      child.on("message", (report: HostReport) => {
        if (report.t === "endpoint") resolve(report.url);
        else this.#onReport(report);
      });
      void this.exited.then(({ code, signal }) =>
        reject(new Error(`The app ended before it could be driven (${signal ?? code}):\n${this.#logs}`)),
      );
    });
    // A second instance ends without ever having a browser; whoever waits for it hears of it through `exited`.
    this.#endpoint.catch(() => undefined);
  }

  /** Process id of the main process. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get running(): boolean {
    return this.#running;
  }

  /** Everything the main process, the workers and the pages' consoles wrote so far. */
  get logs(): string {
    return this.#logs;
  }

  /** Used by `launchApp`. */
  async connect(): Promise<void> {
    const endpoint = await this.#endpoint;
    try {
      // The app's own emulation of theme and focus must not be overridden.
      this.#browser = await chromium.connectOverCDP(endpoint, { noDefaults: true, timeout: 30_000 });
    } catch (error) {
      const exit = await Promise.race([this.exited, delay(2000, undefined, { ref: false })]);
      if (exit === undefined) throw error;
      throw new Error(`The app ended before it could be driven (${exit.signal ?? exit.code}):\n${this.#logs}`, { cause: error });
    }
  }

  /** The pages of all windows; addresses are those of the page origins, see `pageUrl`. */
  pages(): Page[] {
    return (this.#browser?.contexts() ?? []).flatMap((context) => context.pages());
  }

  /** The first page that satisfies the predicate, now or within the time limit. */
  async waitForPage(predicate: (page: Page) => boolean | Promise<boolean>, timeoutMs = 15_000): Promise<Page> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      for (const page of this.pages()) if (!page.isClosed() && (await predicate(page))) return page;
      if (!this.#running) throw new Error(`The app ended while waiting for a page:\n${this.#logs}`);
      if (Date.now() > deadline)
        throw new Error(
          `No such page; there are: ${
            this.pages()
              .map((page) => page.url())
              .join(", ") || "none"
          }\n${this.#logs}`,
        );
      await delay(20);
    }
  }

  /** The page served under `app://HOST/`, once it has loaded. */
  async appPage(host: string, timeoutMs?: number): Promise<Page> {
    const page = await this.waitForPage((candidate) => candidate.url().startsWith(`https://${host}.app.invalid/`), timeoutMs);
    await page.waitForLoadState("load");
    return page;
  }

  chatPage(timeoutMs?: number): Promise<Page> {
    return this.appPage("chat", timeoutMs);
  }

  vaultPage(timeoutMs?: number): Promise<Page> {
    return this.appPage("vault", timeoutMs);
  }

  /** Process id of the running worker (or of another utility process, by its service name). */
  workerPid(service?: string): number | undefined {
    return [...this.#utilities].find(([, name]) => service === undefined || name === service)?.[0];
  }

  /** Clicks an item of the application menu by its label or id. */
  clickMenu(label: string): void {
    this.#order({ t: "menu", label });
  }

  clickTray(): void {
    this.#order({ t: "tray-click" });
  }

  /** Clicks an item of the menu of the icon beside the clock. */
  clickTrayMenu(label: string): void {
    this.#order({ t: "tray-menu", label });
  }

  /** Closes the window in front by the button of its frame. */
  closeWindow(): void {
    this.#order({ t: "close-window" });
  }

  /** Raises an event of `powerMonitor`. */
  power(event: "suspend" | "resume" | "lock-screen" | "unlock-screen"): void {
    this.#order({ t: "power", event });
  }

  /** How long nobody has touched the computer, from now on, in seconds. */
  setIdle(seconds: number): void {
    this.#order({ t: "idle", seconds });
  }

  /** What the desktop's own theme is, which counts while `nativeTheme.themeSource` is `system`. */
  setSystemDark(dark: boolean): void {
    this.#order({ t: "system-dark", dark });
  }

  /** Saves a picture of a page as `DIR/NAME.png` and returns its path. */
  async screenshot(page: Page, name: string, directory = join(repositoryRoot, "test-output", "screenshots")): Promise<string> {
    mkdirSync(directory, { recursive: true });
    const path = join(directory, `${name}.png`);
    await page.screenshot({ path });
    return path;
  }

  /** Kills the main process at once. Chromium and the workers follow by themselves; answers when the workers are gone, so that their files are free. */
  async kill(signal: NodeJS.Signals = "SIGKILL"): Promise<Exit> {
    this.#child.kill(signal);
    const exit = await this.exited;
    await this.#disconnect();
    for (let tries = 0; tries < 500 && [...this.#utilities.keys()].some(isAlive); tries++) await delay(10);
    return exit;
  }

  /** Quits the app as its menu would; kills it if it does not end within ten seconds. */
  async close(): Promise<Exit> {
    if (this.#running) this.#order({ t: "quit" });
    const late = setTimeout(() => this.#child.kill("SIGKILL"), 10_000);
    const exit = await this.exited;
    clearTimeout(late);
    await this.#disconnect();
    return exit;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #disconnect(): Promise<void> {
    if (this.#browser?.isConnected() === true) await this.#browser.close();
  }

  #onReport(report: Exclude<HostReport, { t: "endpoint" }>): void {
    switch (report.t) {
      case "opened-external":
        this.openedExternal.push(report.url);
        return;
      case "recorded":
        this.recorded.push({ what: report.what, value: report.value });
        return;
      case "dialog":
        this.dialogs.onAsked(report);
        return;
      case "utility":
        if (report.running) this.#utilities.set(report.pid, report.service);
        else this.#utilities.delete(report.pid);
    }
  }

  #order(order: TestOrder): void {
    if (this.#child.connected) this.#child.send(order, () => undefined);
  }
}

/** The address that a page of `app://HOST/PATH` has in Chromium, for predicates and assertions. */
export function pageUrl(appUrl: string): string {
  return appUrl.replace(/^app:\/\/([^/]+)/, "https://$1.app.invalid");
}
