import { toPageUrl } from "./app-origin.ts";
import { browser, schemes, type Target, type TargetRequest } from "./browser.ts";
import { isGone, type CdpSession, type Protocol } from "./cdp.ts";
import { followDownloads } from "./downloads.ts";
import { LooseEmitter, emitPreventable } from "./emitter.ts";
import { toContextMenu, toInput } from "./input-events.ts";
import { acceleratorNames } from "./menu.ts";
import { nativeTheme } from "./native-theme.ts";
import { PageConditions } from "./page-conditions.ts";
import { PageIpc, type PageNotice } from "./page-ipc.ts";
import { PageNavigation, type WindowOpenHandler } from "./page-navigation.ts";
import { PageRequests } from "./page-requests.ts";
import { openPageTarget } from "./page-target.ts";
import { Session, session as sessions } from "./session.ts";
import { markStart, testLink } from "./test-link.ts";
import { WebFrameMain } from "./web-frame-main.ts";

export type WebContentsOptions = {
  readonly preferences: Electron.WebPreferences;
  readonly target: Omit<TargetRequest, "contextId">;
};

const all = new Map<number, WebContents>();
let lastId = 0;

/** One page. As in Electron it has a process only from its first address on, or when something needs it before that. */
export class WebContents extends LooseEmitter {
  static readonly created = new LooseEmitter();

  readonly id = ++lastId;
  readonly session: Session;
  readonly mainFrame = new WebFrameMain(this);
  /** Used by the host: the attached target, once something has made it. */
  readonly made: Promise<Target>;
  readonly #resolveMade: (target: Target) => void;
  readonly #options: WebContentsOptions;
  readonly #conditions = new PageConditions(nativeTheme.emulated);
  readonly #navigation = new PageNavigation(this);
  readonly #ipc = new PageIpc({ page: this, greeted: () => this.refreshSettings(), noticed: (notice) => this.#onNotice(notice) });
  #target: Promise<Target> | undefined;
  #cdp: CdpSession | undefined;
  #zoom = 1;
  #asking = false;
  #destroyed = false;

  static getAllWebContents(): WebContents[] {
    return [...all.values()];
  }

  static fromId(id: number): WebContents | undefined {
    return all.get(id);
  }

  constructor(options: WebContentsOptions) {
    super();
    this.#options = options;
    this.session = sessionOf(options.preferences);
    ({ promise: this.made, resolve: this.#resolveMade } = Promise.withResolvers<Target>());
    all.set(this.id, this);
    nativeTheme.follow(this);
    WebContents.created.emit("created", this);
  }

  get ipc(): PageIpc["handlers"] {
    return this.#ipc.handlers;
  }

  /** Used by the host: gives it a process and a native window before its first address. */
  makeEmpty(): void {
    this.#make().catch(() => undefined);
  }

  async loadURL(url: string): Promise<void> {
    const pageUrl = toPageUrl(schemes, url);
    this.#ipc.name = URL.parse(url)?.host ?? "page";
    if (pageUrl !== url) await this.session.settlePermissions(this, url);
    const finished = this.#navigation.expect(pageUrl);
    markStart(`load ${this.#ipc.name}`);
    const { session } = await this.#make();
    const { errorText } = await session.send("Page.navigate", { url: pageUrl });
    if (errorText !== undefined) this.#navigation.fail(`${errorText} loading '${url}'`);
    await finished;
  }

  send(channel: string, ...args: unknown[]): void {
    this.#ipc.send(channel, args);
  }

  postMessage(channel: string, message: unknown, transfer: readonly unknown[] = []): void {
    this.#ipc.postMessage(channel, message, transfer);
  }

  getURL(): string {
    return this.#navigation.url;
  }

  getTitle(): string {
    return "";
  }

  /** Chromium does not tell which process a target has; what is stable and different per page serves the same checks. */
  getProcessId(): number {
    return this.id;
  }

  getType(): "window" {
    return "window";
  }

  isDestroyed(): boolean {
    return this.#destroyed;
  }

  isCrashed(): boolean {
    return this.#navigation.crashed;
  }

  isLoading(): boolean {
    return this.#navigation.loading;
  }

  isFocused(): boolean {
    return this.#conditions.focused;
  }

  setWindowOpenHandler(handler: WindowOpenHandler): void {
    this.#navigation.windowOpen = handler;
  }

  reload(): void {
    this.#navigation.reload(false);
  }

  reloadIgnoringCache(): void {
    this.#navigation.reload(true);
  }

  stop(): void {
    this.#navigation.stop();
  }

  focus(): void {
    this.#cdp?.post("Page.bringToFront");
  }

  async executeJavaScript(code: string): Promise<unknown> {
    const { session } = await this.#make();
    const { result, exceptionDetails } = await session.send("Runtime.evaluate", {
      expression: code,
      awaitPromise: true,
      returnByValue: true,
      userGesture: true,
    });
    if (exceptionDetails !== undefined) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  }

  setZoomFactor(zoom: number): void {
    this.#zoom = zoom;
    this.refreshSettings();
  }

  getZoomFactor(): number {
    return this.#zoom;
  }

  setZoomLevel(level: number): void {
    this.setZoomFactor(1.2 ** level);
  }

  getZoomLevel(): number {
    return Math.log(this.#zoom) / Math.log(1.2);
  }

  openDevTools(): void {}
  closeDevTools(): void {}
  isDevToolsOpened(): boolean {
    return false;
  }
  setBackgroundThrottling(): void {}
  setVisualZoomLevelLimits(): Promise<void> {
    return Promise.resolve();
  }
  setIgnoreMenuShortcuts(): void {}
  setUserAgent(): void {}

  forcefullyCrashRenderer(): void {
    this.#cdp?.post("Page.crash");
  }

  cut(): void {
    this.#edit("Cut");
  }
  copy(): void {
    this.#edit("Copy");
  }
  paste(): void {
    this.#edit("Paste");
  }
  undo(): void {
    this.#edit("Undo");
  }
  redo(): void {
    this.#edit("Redo");
  }
  selectAll(): void {
    this.#edit("SelectAll");
  }

  async capturePage(): Promise<{ toPNG: () => Buffer; isEmpty: () => boolean }> {
    const { session } = await this.#make();
    const { data } = await session.send("Page.captureScreenshot", { format: "png" });
    return { toPNG: () => Buffer.from(data, "base64"), isEmpty: () => false };
  }

  close(): void {
    this.emit("close-requested");
  }

  /** Used by the host: what the page must know of menus, zoom and listeners. */
  refreshSettings(): void {
    this.#ipc.tell({
      t: "settings",
      accelerators: acceleratorNames(),
      wantsKeys: this.listenerCount("before-input-event") > 0,
      zoom: this.#zoom,
    });
  }

  /** As the browser was told at its start, for all pages. */
  setWebRTCIPHandlingPolicy(policy: string): void {
    testLink.report({ t: "recorded", what: "webrtc-policy", value: policy });
  }

  /** Used by the host: the colour scheme that the page's media queries see. */
  emulateColorScheme(scheme: "light" | "dark"): void {
    this.#conditions.colorScheme = scheme;
  }

  /** Used by the host: whether the page believes that it has the keyboard. */
  emulateFocus(focused: boolean): void {
    this.#conditions.focused = focused;
  }

  /** Used by the host: a window below a modal one takes no input. */
  ignoreInput(ignore: boolean): void {
    this.#conditions.ignoresInput = ignore;
  }

  /** Used by the host: asks the person by Chromium's own dialog on this page; null where it was dismissed. A page's own dialogs are always dismissed. */
  async ask(kind: "confirm" | "prompt", message: string, value: string): Promise<string | null> {
    const { session } = await this.#make();
    this.#asking = true;
    try {
      const { result } = await session.send("Runtime.evaluate", {
        expression: `${kind}(${JSON.stringify(message)}, ${JSON.stringify(value)})`,
        returnByValue: true,
      });
      return typeof result.value === "string" ? result.value : result.value === true ? "" : null;
    } finally {
      this.#asking = false;
    }
  }

  /** Used by the host when the window goes. */
  async destroy(): Promise<void> {
    if (this.#destroyed) return;
    this.#dispose();
    const target = await this.#target?.catch(() => undefined);
    if (target !== undefined) browser.connection.browser.post("Target.closeTarget", { targetId: target.id });
  }

  #make(): Promise<Target> {
    if (this.#target !== undefined) return this.#target;
    const target = this.#open();
    this.#target = target;
    target.then(this.#resolveMade, (error: unknown) => {
      if (!isGone(error))
        console.error(`[chromium-host] a page could not be made: ${error instanceof Error ? error.message : String(error)}`);
    });
    return target;
  }

  async #open(): Promise<Target> {
    const { preferences, target } = this.#options;
    const contextId = await this.session.contextId();
    if (this.#destroyed) throw new Error("Target closed");
    return openPageTarget({
      request: { ...target, contextId },
      preferences,
      attach: (session, mainFrameId) => this.#attach(session, mainFrameId),
    });
  }

  async #attach(session: CdpSession, mainFrameId: string): Promise<void> {
    this.#cdp = session;
    this.#ipc.attach(session, mainFrameId);
    this.#navigation.attach(session, mainFrameId);
    this.#conditions.attach(session);
    followDownloads(this, session);
    session.on("Page.javascriptDialogOpening", () => {
      if (!this.#asking) session.post("Page.handleJavaScriptDialog", { accept: false });
    });
    session.on("Inspector.targetCrashed", () => this.#onCrashed());
    session.on("Runtime.consoleAPICalled", ({ type, args }) => this.#log(type, args.map(describe).join(" ")));
    session.on("Runtime.exceptionThrown", ({ exceptionDetails }) =>
      this.#log("error", exceptionDetails.exception?.description ?? exceptionDetails.text),
    );
    session.on("Log.entryAdded", ({ entry }) => this.#log(entry.level, entry.text));
    session.onDetached(() => {
      if (this.#destroyed) return;
      this.#dispose();
      this.emit("gone");
    });
    await new PageRequests({
      session,
      partition: this.session,
      webContentsId: this.id,
      mainFrameId,
      allowsDocument: (document) => this.#navigation.guard.allows(document),
    }).start();
  }

  #onNotice(notice: PageNotice): void {
    switch (notice.t) {
      case "accelerator":
        this.emit("accelerator", notice.accelerator);
        return;
      case "key":
        emitPreventable(this, "before-input-event", {}, toInput(notice.key));
        return;
      case "navigate":
        this.stop();
        return this.#navigation.guard.refuse(notice.url);
      case "focus":
        this.#conditions.focused = notice.focused;
        this.emit("page-focus", notice.focused);
        return;
      case "geometry":
        this.emit("page-geometry", notice);
        return;
      case "context-menu":
        this.emit("context-menu", {}, toContextMenu(notice));
        return;
      case "preload-error":
        this.#log("error", `preload: ${notice.message}`);
        this.emit("preload-error", {}, this.#options.preferences.preload ?? "", new Error(notice.message));
    }
  }

  #onCrashed(): void {
    this.#navigation.crashed = true;
    this.#ipc.forgetDocument();
    this.emit("render-process-gone", {}, { reason: "crashed", exitCode: 5 });
  }

  #edit(command: string): void {
    this.#cdp?.post("Input.dispatchKeyEvent", { type: "rawKeyDown", commands: [command] });
  }

  #dispose(): void {
    this.#destroyed = true;
    all.delete(this.id);
    nativeTheme.unfollow(this);
    this.#ipc.close();
    this.#navigation.fail("ERR_ABORTED: the window was closed");
    this.emit("destroyed");
  }

  #log(level: string, message: string): void {
    this.emit("console-message", { level, message, lineNumber: 0, sourceId: "", frame: this.mainFrame });
    if (process.env["CHROMIUM_HOST_TEST"] === "1" || process.env["CHROMIUM_HOST_VERBOSE"] !== undefined || level === "error") {
      console.error(`[page ${this.getURL()}] ${level}: ${message}`);
    }
  }
}

/** The module `webContents`. */
export const webContents = { getAllWebContents: () => WebContents.getAllWebContents(), fromId: (id: number) => WebContents.fromId(id) };

function sessionOf({ session: given, partition }: Electron.WebPreferences): Session {
  const own: unknown = given;
  if (own instanceof Session) return own;
  return partition === undefined ? sessions.defaultSession : sessions.fromPartition(partition);
}

function describe(value: Protocol.Runtime.RemoteObject): string {
  return value.value === undefined
    ? (value.description ?? value.type)
    : typeof value.value === "string"
      ? value.value
      : JSON.stringify(value.value);
}
