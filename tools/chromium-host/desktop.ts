import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { basename } from "node:path";
import { isHeadless } from "./browser.ts";
import { LooseEmitter } from "./emitter.ts";
import type { Menu } from "./menu.ts";
import { testLink } from "./test-link.ts";

/** The module `shell`. In a test the address is reported and nothing is opened. */
export const shell = {
  openExternal(url: string): Promise<void> {
    testLink.report({ t: "opened-external", url });
    if (!testLink.connected && !isHeadless) openOnDesktop(url);
    return Promise.resolve();
  },
  openPath(path: string): Promise<string> {
    testLink.report({ t: "recorded", what: "open-path", value: path });
    if (!testLink.connected && !isHeadless) openOnDesktop(path);
    return Promise.resolve("");
  },
  showItemInFolder(path: string): void {
    testLink.report({ t: "recorded", what: "show-item", value: path });
  },
  beep(): void {},
} satisfies Pick<Electron.Shell, "openExternal" | "openPath" | "showItemInFolder" | "beep">;

/** The module `safeStorage`: there is no keychain here, so the app must take its way without one. */
export const safeStorage = {
  isEncryptionAvailable: () => false,
  getSelectedStorageBackend: () => "basic_text" as const,
  setUsePlainTextEncryption(): void {},
  encryptString(): Buffer {
    throw new Error("Encryption is not available");
  },
  decryptString(): string {
    throw new Error("Decryption is not available");
  },
} satisfies Pick<
  Electron.SafeStorage,
  "isEncryptionAvailable" | "getSelectedStorageBackend" | "setUsePlainTextEncryption" | "encryptString" | "decryptString"
>;

let clipboardText = "";

/** The module `clipboard`: of this process only, except that text written under X11 or Wayland is handed to the desktop too. */
export const clipboard = {
  writeText(text: string): Promise<void> {
    clipboardText = text;
    if (!isHeadless) handToDesktop(text);
    return Promise.resolve();
  },
  readText: () => Promise.resolve(clipboardText),
  clear(): void {
    clipboardText = "";
  },
} satisfies Pick<Electron.Clipboard, "writeText" | "readText" | "clear">;

const display: Pick<
  Electron.Display,
  "id" | "bounds" | "workArea" | "size" | "workAreaSize" | "scaleFactor" | "rotation" | "internal" | "label"
> = {
  id: 1,
  label: "",
  bounds: { x: 0, y: 0, width: 1920, height: 1080 },
  workArea: { x: 0, y: 0, width: 1920, height: 1080 },
  size: { width: 1920, height: 1080 },
  workAreaSize: { width: 1920, height: 1080 },
  scaleFactor: 1,
  rotation: 0,
  internal: false,
};

/** The module `screen`: one display of a common size. */
class Screen extends LooseEmitter {
  getPrimaryDisplay(): typeof display {
    return display;
  }
  getAllDisplays(): (typeof display)[] {
    return [display];
  }
  getDisplayMatching(): typeof display {
    return display;
  }
  getDisplayNearestPoint(): typeof display {
    return display;
  }
  getCursorScreenPoint(): Electron.Point {
    return { x: 0, y: 0 };
  }
}
export const screen = new Screen();

type CheckedPowerMonitor = Pick<Electron.PowerMonitor, "getSystemIdleTime" | "getSystemIdleState" | "isOnBatteryPower">;

/** The module `powerMonitor`: a test raises its events and says how long nobody has been there. */
class PowerMonitor extends LooseEmitter implements CheckedPowerMonitor {
  #idleSeconds = 0;
  constructor() {
    super();
    testLink.onOrder((order) => {
      if (order.t === "power") this.emit(order.event);
      else if (order.t === "idle") this.#idleSeconds = order.seconds;
    });
  }
  getSystemIdleTime(): number {
    return this.#idleSeconds;
  }
  getSystemIdleState(): "active" {
    return "active";
  }
  isOnBatteryPower(): boolean {
    return false;
  }
}
export const powerMonitor = new PowerMonitor();

export const powerSaveBlocker = {
  start: () => 1,
  stop: () => true,
  isStarted: () => false,
} satisfies Pick<Electron.PowerSaveBlocker, "start" | "stop" | "isStarted">;

export const crashReporter = { start(): void {}, getParameters: () => ({}), addExtraParameter(): void {}, removeExtraParameter(): void {} };

/** The module `net`, without its own network stack: the app brings its HTTP client. */
export const net = { isOnline: () => true, online: true, fetch: (...args: Parameters<typeof fetch>): Promise<Response> => fetch(...args) };

/** The module `autoUpdater`, which exists on every system and works on macOS and Windows only. */
class AutoUpdater extends LooseEmitter {
  setFeedURL(): void {}
  getFeedURL(): string {
    return "";
  }
  checkForUpdates(): void {
    this.emit("error", new Error("Auto update feature is not supported"));
  }
  quitAndInstall(): void {}
}
export const autoUpdater = new AutoUpdater() satisfies Pick<
  Electron.AutoUpdater,
  "setFeedURL" | "getFeedURL" | "checkForUpdates" | "quitAndInstall"
>;

/** An image that is never drawn. */
class NativeImage {
  /** Where it came from; empty for one without a file. */
  readonly path: string;
  constructor(path = "") {
    this.path = path;
  }
  static createEmpty(): NativeImage {
    return new NativeImage();
  }
  static createFromPath(path: string): NativeImage {
    return new NativeImage(existsSync(path) ? path : "");
  }
  static createFromBuffer(): NativeImage {
    return new NativeImage();
  }
  static createFromDataURL(): NativeImage {
    return new NativeImage();
  }
  isEmpty(): boolean {
    return this.path === "";
  }
  resize(): NativeImage {
    return this;
  }
  setTemplateImage(): void {}
  addRepresentation(): void {}
  getSize(): Electron.Size {
    return { width: 0, height: 0 };
  }
}
export const nativeImage = NativeImage;

/** `Tray`: recorded, and clicked by tests. */
export class Tray extends LooseEmitter {
  #destroyed = false;
  #menu: Menu | null = null;
  constructor(image: NativeImage | string) {
    super();
    testLink.report({ t: "recorded", what: "tray", value: true });
    this.setImage(image);
    testLink.onOrder((order) => {
      if (this.#destroyed) return;
      if (order.t === "tray-click") this.emit("click", {});
      else if (order.t === "tray-menu")
        this.#menu
          ?.all()
          .find(({ label }) => label === order.label)
          ?.trigger(null);
    });
  }
  setToolTip(text: string): void {
    testLink.report({ t: "recorded", what: "tray-tooltip", value: text });
  }
  setContextMenu(menu: Menu | null): void {
    this.#menu = menu;
    const entries = menu?.all().flatMap(({ label, enabled, type }) => (type === "separator" ? [] : [{ label, enabled }]));
    testLink.report({ t: "recorded", what: "tray-menu", value: entries ?? [] });
  }
  setImage(image: NativeImage | string): void {
    testLink.report({ t: "recorded", what: "tray-image", value: basename(typeof image === "string" ? image : image.path) });
  }
  setTitle(): void {}
  destroy(): void {
    if (this.#destroyed) return;
    this.#destroyed = true;
    testLink.report({ t: "recorded", what: "tray", value: false });
  }
  isDestroyed(): boolean {
    return this.#destroyed;
  }
}

/** `Notification` of the main process: recorded. */
export class Notification extends LooseEmitter {
  static isSupported(): boolean {
    return true;
  }
  readonly title: string;
  readonly body: string;
  constructor(options: Electron.NotificationConstructorOptions = {}) {
    super();
    this.title = options.title ?? "";
    this.body = options.body ?? "";
  }
  show(): void {
    testLink.report({ t: "recorded", what: "notification", value: { title: this.title, body: this.body } });
    this.emit("show", {});
  }
  close(): void {
    this.emit("close", {});
  }
}

function openOnDesktop(target: string): void {
  const opener = process.platform === "darwin" ? "open" : "xdg-open";
  const child = spawn(opener, [target], { stdio: "ignore", detached: true });
  child.on("error", (error) => console.error(`[chromium-host] ${opener}: ${error.message}`));
  child.unref();
}

/** Which of the small clipboard programs exist differs by desktop; without one the text stays in this app. */
function handToDesktop(text: string): void {
  const [command, args]: [string, string[]] =
    process.env["WAYLAND_DISPLAY"] === undefined ? ["xclip", ["-selection", "clipboard"]] : ["wl-copy", []];
  const child = spawn(process.platform === "darwin" ? "pbcopy" : command, process.platform === "darwin" ? [] : args, {
    stdio: ["pipe", "ignore", "ignore"],
  });
  child.on("error", () => console.error(`[chromium-host] ${command} is not installed, so copied text stays in this app`));
  child.stdin.on("error", () => undefined);
  child.stdin.end(text);
}
