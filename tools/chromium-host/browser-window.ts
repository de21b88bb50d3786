import { isHeadless } from "./browser.ts";
import { LooseEmitter, emitPreventable } from "./emitter.ts";
import { itemOfAccelerator } from "./menu.ts";
import { NativeWindow, type WindowState } from "./native-window.ts";
import { testLink } from "./test-link.ts";
import { WebContents } from "./web-contents.ts";

const windows = new Map<number, BrowserWindow>();
let lastId = 0;
let focusedId: number | undefined;

/**
 * A window with one page. With a display it is a Chromium window of its own; without one there is only the page, and focus, size and
 * visibility are kept here.
 */
export class BrowserWindow extends LooseEmitter {
  /** Used by the host: `created` and `closed`. */
  static readonly lifecycle = new LooseEmitter();

  readonly id = ++lastId;
  readonly webContents: WebContents;
  title: string;
  readonly #native: NativeWindow;
  #parent: BrowserWindow | null;
  readonly #modal: boolean;
  readonly #minimum: { width: number; height: number };
  #bounds: Electron.Rectangle;
  #normalBounds: Electron.Rectangle;
  #state: WindowState = "normal";
  #visible: boolean;
  #destroyed = false;
  #resizable: boolean;

  static getAllWindows(): BrowserWindow[] {
    return [...windows.values()];
  }

  static getFocusedWindow(): BrowserWindow | null {
    return focusedId === undefined ? null : (windows.get(focusedId) ?? null);
  }

  static fromWebContents(webContents: WebContents): BrowserWindow | null {
    return BrowserWindow.getAllWindows().find((window) => window.webContents === webContents) ?? null;
  }

  static fromId(id: number): BrowserWindow | null {
    return windows.get(id) ?? null;
  }

  constructor(options: Electron.BrowserWindowConstructorOptions = {}) {
    super();
    this.title = options.title ?? "";
    const { parent } = options;
    this.#parent = parent === undefined || parent === null ? null : (windows.get(parent.id) ?? null);
    this.#modal = options.modal ?? false;
    this.#minimum = { width: options.minWidth ?? 0, height: options.minHeight ?? 0 };
    this.#resizable = options.resizable ?? true;
    const forced = this.#parent === null ? forcedViewport() : undefined;
    this.#bounds = {
      x: options.x ?? 0,
      y: options.y ?? 0,
      width: forced?.width ?? options.width ?? 800,
      height: forced?.height ?? options.height ?? 600,
    };
    this.#normalBounds = this.#bounds;
    this.#visible = options.show ?? true;
    this.webContents = new WebContents({
      preferences: options.webPreferences ?? {},
      target: {
        width: this.#bounds.width,
        height: this.#bounds.height,
        x: options.x,
        y: options.y,
        minimized: !isHeadless && !this.#visible,
      },
    });
    this.#native = new NativeWindow(this.webContents);
    windows.set(this.id, this);
    this.#followPage();
    this.#native.resize(this.#bounds);
    // A window that is seen is there before its page.
    if (!isHeadless && this.#visible) this.webContents.makeEmpty();
    BrowserWindow.lifecycle.emit("created", this);
    if (!this.#visible) return;
    this.#parent?.applyModality();
    this.#takeFocus();
  }

  loadURL(url: string): Promise<void> {
    return this.webContents.loadURL(url);
  }

  show(): void {
    const wasVisible = this.#visible;
    this.#visible = true;
    if (!isHeadless) this.webContents.makeEmpty();
    if (!wasVisible) {
      testLink.report({ t: "recorded", what: "shown", value: this.title });
      this.emit("show", {});
    }
    this.#parent?.applyModality();
    this.#native.setState("normal");
    this.focus();
  }

  showInactive(): void {
    this.#visible = true;
    if (!isHeadless) this.webContents.makeEmpty();
    this.emit("show", {});
    this.#native.setState("normal");
  }

  hide(): void {
    if (!this.#visible) return;
    this.#visible = false;
    testLink.report({ t: "recorded", what: "hidden", value: this.title });
    // Chromium has no hidden windows.
    this.#native.setState("minimized");
    this.#loseFocus();
    this.#parent?.applyModality();
    this.emit("hide", {});
  }

  focus(): void {
    this.#native.bringToFront();
    this.#takeFocus();
  }

  blur(): void {
    this.#loseFocus();
  }

  isFocused(): boolean {
    return focusedId === this.id;
  }

  isVisible(): boolean {
    return this.#visible;
  }

  isModal(): boolean {
    return this.#modal;
  }

  isDestroyed(): boolean {
    return this.#destroyed;
  }

  getParentWindow(): BrowserWindow | null {
    return this.#parent;
  }

  setParentWindow(parent: BrowserWindow | null): void {
    this.#parent = parent;
  }

  getChildWindows(): BrowserWindow[] {
    return BrowserWindow.getAllWindows().filter((window) => window.#parent === this);
  }

  close(): void {
    if (this.#destroyed) return;
    // As in Electron the decision comes later than the call, so a listener may be added after it.
    process.nextTick(() => {
      if (!this.#destroyed && !emitPreventable(this, "close")) this.destroy();
    });
  }

  destroy(): void {
    if (this.#destroyed) return;
    for (const child of this.getChildWindows()) child.destroy();
    this.#destroyed = true;
    windows.delete(this.id);
    const wasFocused = this.isFocused();
    if (wasFocused) focusedId = undefined;
    void this.webContents.destroy();
    if (this.#parent?.isDestroyed() === false) this.#parent.applyModality();
    if (wasFocused) (this.#parent ?? BrowserWindow.getAllWindows().find((window) => window.#visible))?.focus();
    this.emit("closed");
    BrowserWindow.lifecycle.emit("closed", this);
  }

  getBounds(): Electron.Rectangle {
    return { ...this.#bounds };
  }

  getContentBounds(): Electron.Rectangle {
    return { ...this.#bounds };
  }

  getNormalBounds(): Electron.Rectangle {
    return { ...this.#normalBounds };
  }

  getSize(): [number, number] {
    return [this.#bounds.width, this.#bounds.height];
  }

  getPosition(): [number, number] {
    return [this.#bounds.x, this.#bounds.y];
  }

  setBounds(bounds: Partial<Electron.Rectangle>): void {
    const wanted = { ...this.#bounds, ...bounds };
    this.#moveTo({ ...wanted, width: Math.max(wanted.width, this.#minimum.width), height: Math.max(wanted.height, this.#minimum.height) });
    this.#native.resize(this.#bounds);
  }

  setSize(width: number, height: number): void {
    this.setBounds({ width, height });
  }

  setContentSize(width: number, height: number): void {
    this.setBounds({ width, height });
  }

  setPosition(x: number, y: number): void {
    this.setBounds({ x, y });
  }

  center(): void {}

  setMinimumSize(width: number, height: number): void {
    this.#minimum.width = width;
    this.#minimum.height = height;
  }

  getMinimumSize(): [number, number] {
    return [this.#minimum.width, this.#minimum.height];
  }

  setResizable(resizable: boolean): void {
    this.#resizable = resizable;
  }

  isResizable(): boolean {
    return this.#resizable;
  }

  maximize(): void {
    this.#changeState("maximized", "maximize");
  }

  unmaximize(): void {
    this.#changeState("normal", "unmaximize");
  }

  isMaximized(): boolean {
    return this.#state === "maximized";
  }

  minimize(): void {
    this.#changeState("minimized", "minimize");
    this.#loseFocus();
  }

  isMinimized(): boolean {
    return this.#state === "minimized";
  }

  restore(): void {
    this.#changeState("normal", "restore");
    this.focus();
  }

  setFullScreen(full: boolean): void {
    this.#changeState(full ? "fullscreen" : "normal", full ? "enter-full-screen" : "leave-full-screen");
  }

  isFullScreen(): boolean {
    return this.#state === "fullscreen";
  }

  isEnabled(): boolean {
    return !this.getChildWindows().some((child) => child.#modal && child.#visible);
  }

  /** Used by the host: takes input only while no modal child is shown. */
  applyModality(): void {
    this.webContents.ignoreInput(!this.isEnabled());
  }

  setTitle(title: string): void {
    this.title = title;
  }

  getTitle(): string {
    return this.title;
  }

  flashFrame(flash: boolean): void {
    testLink.report({ t: "recorded", what: "flash-frame", value: flash });
  }

  setProgressBar(progress: number): void {
    testLink.report({ t: "recorded", what: "progress-bar", value: progress });
  }

  setContentProtection(enabled: boolean): void {
    testLink.report({ t: "recorded", what: "content-protection", value: enabled });
  }

  setOverlayIcon(_overlay: unknown, description: string): void {
    testLink.report({ t: "recorded", what: "overlay", value: description });
  }
  setIcon(): void {}
  setMenu(): void {}
  removeMenu(): void {}
  setMenuBarVisibility(): void {}
  setAutoHideMenuBar(): void {}
  setBackgroundColor(): void {}
  setAlwaysOnTop(): void {}
  setSkipTaskbar(): void {}
  setEnabled(): void {}
  moveTop(): void {
    this.focus();
  }

  #followPage(): void {
    const page = this.webContents;
    page.once("did-finish-load", () => this.emit("ready-to-show", {}));
    page.on("accelerator", (name: string) => itemOfAccelerator(name)?.trigger(this));
    page.on("close-requested", () => this.close());
    page.on("gone", () => {
      // The person closed the native window; Chromium does not let that be prevented.
      emitPreventable(this, "close");
      this.destroy();
    });
    page.on("render-process-gone", () => this.emit("unresponsive-or-gone"));
    page.on("page-focus", (focused: boolean) => {
      if (isHeadless) return;
      if (focused) this.#takeFocus();
      else this.#loseFocus();
    });
    page.on("page-geometry", ({ x, y, width, height }: Electron.Rectangle) => {
      if (isHeadless) this.#moveTo({ ...this.#bounds, width, height });
      else this.#moveTo({ x, y, width, height });
    });
  }

  #takeFocus(): void {
    if (focusedId === this.id || !this.#visible) return;
    BrowserWindow.getFocusedWindow()?.blur();
    focusedId = this.id;
    this.webContents.emulateFocus(true);
    this.emit("focus", {});
    this.webContents.emit("focus", {});
    BrowserWindow.lifecycle.emit("focus", this);
  }

  #loseFocus(): void {
    if (focusedId !== this.id) return;
    focusedId = undefined;
    this.webContents.emulateFocus(false);
    this.emit("blur", {});
    this.webContents.emit("blur", {});
    BrowserWindow.lifecycle.emit("blur", this);
  }

  #moveTo(bounds: Electron.Rectangle): void {
    const before = this.#bounds;
    this.#bounds = bounds;
    if (this.#state === "normal") this.#normalBounds = bounds;
    if (before.width !== bounds.width || before.height !== bounds.height) this.emit("resize", {});
    if (before.x !== bounds.x || before.y !== bounds.y) this.emit("move", {});
  }

  #changeState(state: WindowState, event: string): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#native.setState(state);
    this.emit(event, {});
  }
}

function forcedViewport(): { width: number; height: number } | undefined {
  const [, width, height] = /^(\d+)x(\d+)$/.exec(process.env["CHROMIUM_HOST_VIEWPORT"] ?? "") ?? [];
  return width === undefined || height === undefined ? undefined : { width: Number(width), height: Number(height) };
}
