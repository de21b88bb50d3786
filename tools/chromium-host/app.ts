import { mkdirSync, readFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { BrowserWindow } from "./browser-window.ts";
import { browser } from "./browser.ts";
import { LooseEmitter, emitPreventable } from "./emitter.ts";
import { decideLocale } from "./locale.ts";
import { menuEvents } from "./menu.ts";
import { SingleInstance } from "./single-instance.ts";
import { testLink } from "./test-link.ts";
import { utilityEvents } from "./utility-process.ts";
import { electronVersions, repositoryRoot } from "./versions.ts";
import { WebContents } from "./web-contents.ts";

/** As Chromium was told at its start. */
const locale = decideLocale(process.argv);
const manifest: { productName?: string; name?: string; version?: string } = JSON.parse(
  readFileSync(join(repositoryRoot, "package.json"), "utf8"),
);

/** Electron's command line switches; only recorded, Chromium's own are the host's business. */
class CommandLine {
  readonly #switches = new Map<string, string>();

  constructor() {
    for (const argument of process.argv.slice(2)) {
      const [, name, value] = /^--([^=]+)(?:=(.*))?$/s.exec(argument) ?? [];
      if (name !== undefined) this.#switches.set(name, value ?? "");
    }
  }

  appendSwitch(name: string, value = ""): void {
    this.#switches.set(name, value);
  }

  appendArgument(): void {}

  hasSwitch(name: string): boolean {
    return this.#switches.has(name);
  }

  getSwitchValue(name: string): string {
    return this.#switches.get(name) ?? "";
  }

  removeSwitch(name: string): void {
    this.#switches.delete(name);
  }
}

type Checked = Pick<
  Electron.App,
  | "whenReady"
  | "isReady"
  | "quit"
  | "exit"
  | "relaunch"
  | "focus"
  | "getAppPath"
  | "getPath"
  | "setPath"
  | "setAppLogsPath"
  | "getName"
  | "setName"
  | "getVersion"
  | "getLocale"
  | "getSystemLocale"
  | "getPreferredSystemLanguages"
  | "getLocaleCountryCode"
  | "requestSingleInstanceLock"
  | "hasSingleInstanceLock"
  | "releaseSingleInstanceLock"
  | "enableSandbox"
  | "disableHardwareAcceleration"
  | "setAsDefaultProtocolClient"
  | "removeAsDefaultProtocolClient"
  | "isDefaultProtocolClient"
  | "getApplicationNameForProtocol"
  | "setAboutPanelOptions"
  | "showAboutPanel"
  | "setAppUserModelId"
  | "setBadgeCount"
  | "getBadgeCount"
  | "setLoginItemSettings"
  | "isPackaged"
  | "name"
  | "commandLine"
  | "getAppMetrics"
>;

/** The module `app`. */
class App extends LooseEmitter implements Checked {
  readonly isPackaged = false;
  readonly dock = undefined;
  readonly commandLine = new CommandLine();
  readonly runningUnderARM64Translation = false;
  name = manifest.productName ?? manifest.name ?? "app";
  userAgentFallback = "";
  badgeCount = 0;
  readonly #paths = new Map<string, string>();
  #resolveReady: () => void = () => undefined;
  readonly #whenReady = new Promise<void>((resolve) => {
    this.#resolveReady = resolve;
  });
  #ready = false;
  #instance: SingleInstance | undefined;
  #quitting = false;
  #exiting = false;

  constructor() {
    super();
    BrowserWindow.lifecycle.on("created", (window: BrowserWindow) => this.emit("browser-window-created", {}, window));
    BrowserWindow.lifecycle.on("focus", (window: BrowserWindow) => this.emit("browser-window-focus", {}, window));
    BrowserWindow.lifecycle.on("blur", (window: BrowserWindow) => this.emit("browser-window-blur", {}, window));
    BrowserWindow.lifecycle.on("closed", () => this.#onWindowClosed());
    WebContents.created.on("created", (webContents: WebContents) => {
      this.emit("web-contents-created", {}, webContents);
      webContents.on("render-process-gone", (_event, details) => this.emit("render-process-gone", {}, webContents, details));
    });
    utilityEvents.on("gone", (details) => this.emit("child-process-gone", {}, details));
    menuEvents.on("role", (role: string) => {
      if (role === "quit") this.quit();
    });
    testLink.onOrder((order) => {
      if (order.t === "quit") this.quit();
    });
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => this.quit());
  }

  /** Used by the host once the entry module has run. Chromium may still be starting: what it is asked then waits in its pipe. */
  becomeReady(): void {
    if (this.#quitting || this.#exiting) return;
    const exited = browser.use();
    const onBrowserGone = (): void => {
      if (this.#exiting) return;
      console.error("[chromium-host] Chromium has ended; the app ends with it");
      this.exit(1);
    };
    exited.then(onBrowserGone, onBrowserGone);
    this.#ready = true;
    this.emit("will-finish-launching");
    this.emit("ready", {}, {});
    this.#resolveReady();
  }

  whenReady(): Promise<void> {
    return this.#whenReady;
  }

  isReady(): boolean {
    return this.#ready;
  }

  quit(): void {
    if (this.#quitting) return;
    if (emitPreventable(this, "before-quit")) return;
    this.#quitting = true;
    if (BrowserWindow.getAllWindows().length === 0) return this.#finishQuit();
    for (const window of BrowserWindow.getAllWindows()) {
      window.close();
      // A window that refused keeps the app alive, as in Electron.
      setImmediate(() => {
        if (!window.isDestroyed()) this.#quitting = false;
      });
    }
  }

  exit(code = 0): void {
    if (this.#exiting) return;
    this.#exiting = true;
    for (const window of BrowserWindow.getAllWindows()) window.destroy();
    this.emit("quit", {}, code);
    this.#instance?.release();
    const end = (): never => process.exit(code);
    browser.close().then(end, end);
  }

  relaunch(options: Electron.RelaunchOptions = {}): void {
    testLink.report({ t: "recorded", what: "relaunch", value: options });
  }

  focus(): void {
    BrowserWindow.getAllWindows()[0]?.focus();
  }

  show(): void {}
  hide(): void {}

  getAppPath(): string {
    return process.argv[1] ?? repositoryRoot;
  }

  getPath(name: string): string {
    const path = this.#paths.get(name) ?? this.#defaultPath(name);
    return path;
  }

  setPath(name: string, path: string): void {
    this.#paths.set(name, path);
  }

  setAppLogsPath(path?: string): void {
    this.setPath("logs", path ?? join(this.getPath("userData"), "logs"));
  }

  getName(): string {
    return this.name;
  }

  setName(name: string): void {
    this.name = name;
  }

  getVersion(): string {
    return manifest.version ?? electronVersions["electron"] ?? "0";
  }

  getLocale(): string {
    return locale;
  }

  getSystemLocale(): string {
    return this.getLocale();
  }

  getPreferredSystemLanguages(): string[] {
    return [this.getLocale()];
  }

  getLocaleCountryCode(): string {
    return this.getLocale().split("-")[1] ?? "";
  }

  requestSingleInstanceLock(additionalData?: Record<string, unknown>): boolean {
    this.#instance ??= new SingleInstance(this.getPath("userData"), ({ argv, cwd, data }) =>
      this.emit("second-instance", {}, argv, cwd, data),
    );
    return this.#instance.acquire(additionalData ?? null);
  }

  hasSingleInstanceLock(): boolean {
    return this.#instance?.held ?? false;
  }

  releaseSingleInstanceLock(): void {
    this.#instance?.release();
    this.#instance = undefined;
  }

  getAppMetrics(): Electron.ProcessMetric[] {
    return [];
  }

  /** Every page here is sandboxed already. */
  enableSandbox(): void {}
  disableHardwareAcceleration(): void {}

  setAsDefaultProtocolClient(protocol: string): boolean {
    testLink.report({ t: "recorded", what: "protocol-client", value: protocol });
    return false;
  }

  removeAsDefaultProtocolClient(): boolean {
    return false;
  }

  isDefaultProtocolClient(): boolean {
    return false;
  }

  getApplicationNameForProtocol(): string {
    return "";
  }

  setAboutPanelOptions(): void {}
  showAboutPanel(): void {
    testLink.report({ t: "recorded", what: "about-panel", value: true });
  }
  setAppUserModelId(id: string): void {
    testLink.report({ t: "recorded", what: "app-user-model-id", value: id });
  }
  setLoginItemSettings(settings: Electron.Settings): void {
    testLink.report({ t: "recorded", what: "login-item", value: settings });
  }
  getLoginItemSettings(): { openAtLogin: boolean; wasOpenedAtLogin: boolean } {
    return { openAtLogin: false, wasOpenedAtLogin: false };
  }

  setBadgeCount(count = 0): boolean {
    this.badgeCount = count;
    testLink.report({ t: "recorded", what: "badge", value: count });
    return false;
  }

  getBadgeCount(): number {
    return this.badgeCount;
  }

  #onWindowClosed(): void {
    if (BrowserWindow.getAllWindows().length > 0 || this.#exiting) return;
    if (this.#quitting) return this.#finishQuit();
    if (this.listenerCount("window-all-closed") === 0) return this.quit();
    this.emit("window-all-closed");
  }

  #finishQuit(): void {
    if (emitPreventable(this, "will-quit")) {
      this.#quitting = false;
      return;
    }
    this.exit(0);
  }

  #defaultPath(name: string): string {
    const home = homedir();
    const config = process.env["XDG_CONFIG_HOME"] ?? join(home, process.platform === "darwin" ? "Library/Application Support" : ".config");
    switch (name) {
      case "home":
        return home;
      case "appData":
        return config;
      case "userData": {
        const given = this.commandLine.getSwitchValue("user-data-dir");
        return given === "" ? join(config, this.name) : given;
      }
      case "sessionData":
        return this.getPath("userData");
      case "temp":
        return tmpdir();
      case "logs": {
        const logs = join(this.getPath("userData"), "logs");
        mkdirSync(logs, { recursive: true });
        return logs;
      }
      case "exe":
        return process.execPath;
      case "crashDumps":
        return join(this.getPath("userData"), "Crashpad");
      case "desktop":
      case "documents":
      case "downloads":
      case "music":
      case "pictures":
      case "videos":
        return join(home, `${name[0]?.toUpperCase()}${name.slice(1)}`);
      default:
        throw new Error(`Failed to get '${name}' path`);
    }
  }
}

export const app = new App();
