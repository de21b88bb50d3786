import { appOrigin, toAppUrl, toPageUrl } from "./app-origin.ts";
import { browser, isHeadless, schemes, type Target, type TargetRequest } from "./browser.ts";
import { isGone, type CdpSession, type Protocol } from "./cdp.ts";
import { codec } from "./codec.ts";
import { DocumentLink } from "./document-link.ts";
import { followDownloads } from "./downloads.ts";
import { LooseEmitter, emitPreventable } from "./emitter.ts";
import { IpcMain, ipcMain, type IpcMainEvent } from "./ipc-main.ts";
import { acceleratorNames } from "./menu.ts";
import { takeEnd, wrapEnds, type PortEnd } from "./message-port.ts";
import { nativeTheme } from "./native-theme.ts";
import { NavigationGuard } from "./navigation-guard.ts";
import { PageRequests } from "./page-requests.ts";
import type { PageKey, ToHost, ToPage } from "./page-wire.ts";
import { pageWorldSource, preloadBinding, preloadSource, preloadWorld } from "./preload-script.ts";
import { Session, session as sessions } from "./session.ts";
import { markStart } from "./test-link.ts";
import { noteTraffic } from "./traffic.ts";
import { WebFrameMain } from "./web-frame-main.ts";

export type WebContentsOptions = {
  readonly preferences: Electron.WebPreferences;
  readonly target: Omit<TargetRequest, "contextId">;
};
type WindowOpenHandler = (details: Electron.HandlerDetails) => Electron.WindowOpenHandlerResponse;
type Outgoing = { readonly ends: readonly PortEnd[]; readonly make: (ids: readonly string[]) => ToPage };

const all = new Map<number, WebContents>();
let lastId = 0;

/** One page: a Chromium target with the app's preload in an isolated world of each of its app documents. */
export class WebContents extends LooseEmitter {
  static readonly created = new LooseEmitter();

  readonly id = ++lastId;
  readonly session: Session;
  readonly mainFrame = new WebFrameMain(this);
  readonly ipc = new IpcMain();
  /** Used by the host: the attached target. */
  readonly target: Promise<Target>;
  readonly #preferences: Electron.WebPreferences;
  #cdp: CdpSession | undefined;
  #mainFrameId = "";
  readonly #contexts = new Set<number>();
  #link: DocumentLink | undefined;
  #unsent: Outgoing[] = [];
  #url = "";
  /** The host of the address that was asked for. */
  #page = "page";
  #title = "";
  readonly #guard = new NavigationGuard(this);
  #windowOpen: WindowOpenHandler | undefined;
  #zoom = 1;
  #asking = false;
  #destroyed = false;
  #crashed = false;
  #loading: { resolve: () => void; reject: (error: Error) => void } | undefined;

  static getAllWebContents(): WebContents[] {
    return [...all.values()];
  }

  static fromId(id: number): WebContents | undefined {
    return all.get(id);
  }

  constructor(options: WebContentsOptions) {
    super();
    this.#preferences = options.preferences;
    this.session = sessionOf(options.preferences);
    all.set(this.id, this);
    this.target = this.#create(options.target);
    this.target.catch((error: unknown) => {
      if (!isGone(error))
        console.error(`[chromium-host] a page could not be made: ${error instanceof Error ? error.message : String(error)}`);
    });
    nativeTheme.follow(this);
    WebContents.created.emit("created", this);
  }

  async loadURL(url: string): Promise<void> {
    const { session } = await this.target;
    this.#page = URL.parse(url)?.host ?? "page";
    const pageUrl = toPageUrl(schemes, url);
    if (pageUrl !== url) await this.session.settlePermissions(this, url);
    this.#guard.expect(pageUrl);
    markStart(`navigate ${this.#page}`);
    const finished = new Promise<void>((resolve, reject) => {
      this.#loading = { resolve, reject };
    });
    const { errorText } = await session.send("Page.navigate", { url: pageUrl });
    if (errorText !== undefined) this.#fail(`${errorText} loading '${url}'`);
    await finished;
  }

  send(channel: string, ...args: unknown[]): void {
    this.#post({ ends: [], make: () => ({ t: "message", channel, args, ports: [] }) });
  }

  postMessage(channel: string, message: unknown, transfer: readonly unknown[] = []): void {
    const ends = transfer.map(takeEnd);
    this.#post({ ends, make: (ports) => ({ t: "message", channel, args: [message], ports }) });
  }

  getURL(): string {
    return this.#url;
  }

  getTitle(): string {
    return this.#title;
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
    return this.#crashed;
  }

  isLoading(): boolean {
    return this.#loading !== undefined;
  }

  isFocused(): boolean {
    return this.#focused;
  }
  #focused = false;

  setWindowOpenHandler(handler: WindowOpenHandler): void {
    this.#windowOpen = handler;
  }

  reload(): void {
    this.#guard.expectReload();
    this.#cdp?.post("Page.reload", {});
  }

  reloadIgnoringCache(): void {
    this.#guard.expectReload();
    this.#cdp?.post("Page.reload", { ignoreCache: true });
  }

  stop(): void {
    this.#cdp?.post("Page.stopLoading");
  }

  focus(): void {
    this.#cdp?.post("Page.bringToFront");
  }

  async executeJavaScript(code: string): Promise<unknown> {
    const { session } = await this.target;
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
    const { session } = await this.target;
    const { data } = await session.send("Page.captureScreenshot", { format: "png" });
    return { toPNG: () => Buffer.from(data, "base64"), isEmpty: () => false };
  }

  close(): void {
    this.emit("close-requested");
  }

  /** Used by the host: what the page must know of menus, zoom and listeners. */
  refreshSettings(): void {
    this.#link?.post({
      t: "settings",
      accelerators: acceleratorNames(),
      wantsKeys: this.listenerCount("before-input-event") > 0,
      zoom: this.#zoom,
    });
  }

  /** Used by the host: the colour scheme that the page's media queries see. */
  emulateColorScheme(scheme: "light" | "dark" | ""): void {
    this.#cdp?.post("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: scheme }] });
  }

  /** Used by the host: whether the page believes that it has the keyboard. Only without a display, where no window manager decides. */
  emulateFocus(focused: boolean): void {
    this.#focused = focused;
    if (isHeadless) this.#cdp?.post("Emulation.setFocusEmulationEnabled", { enabled: focused });
  }

  /** Used by the host: asks the person by Chromium's own dialog on this page; null where it was dismissed. A page's own dialogs are always dismissed. */
  async ask(kind: "confirm" | "prompt", message: string, value: string): Promise<string | null> {
    const { session } = await this.target;
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

  /** Used by the host: a window below a modal one takes no input. */
  ignoreInput(ignore: boolean): void {
    this.#cdp?.post("Input.setIgnoreInputEvents", { ignore });
  }

  /** Used by the host when the window goes. */
  async destroy(): Promise<void> {
    if (this.#destroyed) return;
    this.#dispose();
    const target = await this.target.catch(() => undefined);
    if (target !== undefined) browser.connection.browser.post("Target.closeTarget", { targetId: target.id });
  }

  async #create(request: Omit<TargetRequest, "contextId">): Promise<Target> {
    const contextId = await this.session.contextId();
    const target = await browser.createTarget({ ...request, contextId });
    markStart(`target ${this.id} attached`);
    const { session } = target;
    this.#cdp = session;
    // The main frame of a page target has the target's id.
    this.#mainFrameId = target.id;
    this.#listen(session);
    followDownloads(this, session);
    // Sent together, answered in order; the page stays paused until the last of them.
    const setUp = [
      session.send("Page.enable"),
      session.send("Runtime.enable"),
      session.send("Log.enable"),
      session.send("Inspector.enable"),
      session.send("Runtime.addBinding", { name: preloadBinding, executionContextName: preloadWorld }),
      session.send("Page.addScriptToEvaluateOnNewDocument", { source: pageWorldSource() }),
      session.send("Page.addScriptToEvaluateOnNewDocument", {
        source: preloadSource(this.#preferences.preload, this.#preferences.additionalArguments ?? []),
        worldName: preloadWorld,
      }),
    ];
    await session.send("Runtime.runIfWaitingForDebugger");
    await Promise.all(setUp);
    await new PageRequests({
      session,
      partition: this.session,
      webContentsId: this.id,
      mainFrameId: this.#mainFrameId,
      allowsDocument: (document) => this.#guard.allows(document),
    }).start();
    markStart(`target ${this.id} set up`);
    this.emulateColorScheme(nativeTheme.emulated);
    if (isHeadless) session.post("Emulation.setFocusEmulationEnabled", { enabled: this.#focused });
    return target;
  }

  #listen(session: CdpSession): void {
    session.on("Runtime.bindingCalled", ({ name, payload, executionContextId }) => {
      if (name !== preloadBinding) return;
      noteTraffic(this.#page, payload);
      this.#receive(executionContextId, codec.decode(payload) as ToHost);
    });
    session.on("Runtime.executionContextCreated", ({ context }) => {
      const { frameId } = context.auxData as { frameId?: string };
      if (context.name === preloadWorld && frameId === this.#mainFrameId) this.#contexts.add(context.id);
    });
    session.on("Runtime.executionContextDestroyed", ({ executionContextId }) => {
      this.#contexts.delete(executionContextId);
      if (this.#link?.contextId === executionContextId) this.#dropLink();
    });
    session.on("Runtime.executionContextsCleared", () => {
      this.#contexts.clear();
      this.#dropLink();
    });
    session.on("Page.frameStartedNavigating", (event) => this.#onStart(event));
    session.on("Page.frameNavigated", ({ frame }) => this.#onNavigated(frame));
    session.on("Page.navigatedWithinDocument", ({ frameId, url }) => {
      if (frameId !== this.#mainFrameId) return;
      this.#url = toAppUrl(schemes, url);
      this.emit("did-navigate-in-page", {}, this.#url, true, 0, 1);
    });
    session.on("Page.domContentEventFired", () => this.emit("dom-ready", {}));
    session.on("Page.loadEventFired", () => this.#onLoaded());
    session.on("Page.frameRequestedNavigation", ({ frameId, url }) => {
      if (frameId === this.#mainFrameId && !this.#guard.requested(url)) this.stop();
    });
    session.on("Page.windowOpen", (event) => this.#onWindowOpen(event));
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
  }

  #post(outgoing: Outgoing): void {
    if (this.#destroyed) {
      for (const end of outgoing.ends) end.close();
      return;
    }
    if (this.#link === undefined) this.#unsent.push(outgoing);
    else this.#link.postWithPorts(outgoing.ends, outgoing.make);
  }

  #receive(contextId: number, message: ToHost): void {
    if (!this.#contexts.has(contextId)) return;
    if (message.t === "hello") return this.#onHello(contextId);
    const link = this.#link;
    if (link?.contextId !== contextId) return;
    switch (message.t) {
      case "send":
        return this.#deliver(message.channel, message.args, []);
      case "post":
        return this.#deliver(message.channel, [message.message], link.receivePorts(message.ports));
      case "invoke":
        void this.#invoke(link, message);
        return;
      case "port-message":
      case "port-close":
        return link.receive(message);
      case "accelerator":
        this.emit("accelerator", message.accelerator);
        return;
      case "key":
        emitPreventable(this, "before-input-event", {}, toInput(message.key));
        return;
      case "navigate":
        this.stop();
        return this.#guard.refuse(message.url);
      case "focus":
        this.#focused = message.focused;
        this.emit("page-focus", message.focused);
        return;
      case "geometry":
        this.emit("page-geometry", message);
        return;
      case "context-menu":
        this.emit(
          "context-menu",
          {},
          { x: message.x, y: message.y, selectionText: message.selection, linkURL: message.link, isEditable: message.editable },
        );
        return;
      case "preload-error":
        this.#log("error", `preload: ${message.message}`);
        this.emit("preload-error", {}, this.#preferences.preload ?? "", new Error(message.message));
    }
  }

  #onHello(contextId: number): void {
    const session = this.#cdp;
    if (session === undefined) return;
    this.#dropLink();
    this.#link = new DocumentLink(session, contextId, this.#page);
    this.refreshSettings();
    for (const outgoing of this.#unsent.splice(0)) this.#post(outgoing);
  }

  #deliver(channel: string, args: readonly unknown[], ends: readonly PortEnd[]): void {
    const event: IpcMainEvent = {
      type: "frame",
      sender: this,
      senderFrame: this.mainFrame,
      frameId: this.mainFrame.routingId,
      processId: this.id,
      ports: wrapEnds(ends),
      reply: (replyChannel, ...replyArgs) => this.send(replyChannel, ...replyArgs),
      returnValue: undefined,
    };
    this.emit("ipc-message", event, channel, ...args);
    this.ipc.emit(channel, event, ...args);
    ipcMain.emit(channel, event, ...args);
  }

  async #invoke(link: DocumentLink, { id, channel, args }: Extract<ToHost, { t: "invoke" }>): Promise<void> {
    const event = {
      type: "frame" as const,
      sender: this,
      senderFrame: this.mainFrame,
      frameId: this.mainFrame.routingId,
      processId: this.id,
    };
    try {
      const handler = this.ipc.takeHandler(channel) ?? ipcMain.takeHandler(channel);
      if (handler === undefined) throw new Error(`No handler registered for '${channel}'`);
      link.post({ t: "answer", id, ok: true, value: await handler(event, ...args) });
    } catch (error) {
      const shown = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      console.error(
        `Error occurred in handler for '${channel}': ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      );
      link.post({ t: "answer", id, ok: false, value: `Error invoking remote method '${channel}': ${shown}` });
    }
  }

  #onStart({ frameId, url, navigationType }: Protocol.Events["Page.frameStartedNavigating"]): void {
    const isMainFrame = frameId === this.#mainFrameId;
    const isSameDocument = navigationType === "sameDocument" || navigationType === "historySameDocument";
    const shown = toAppUrl(schemes, url);
    emitPreventable(
      this,
      "did-start-navigation",
      { url: shown, isSameDocument, isMainFrame, frame: this.mainFrame },
      shown,
      isSameDocument,
      isMainFrame,
    );
  }

  #onNavigated(frame: Protocol.Page.Frame): void {
    if (frame.id !== this.#mainFrameId) return;
    this.#url = toAppUrl(schemes, frame.url);
    this.#crashed = false;
    if (frame.unreachableUrl !== undefined) return this.#fail(`ERR_FAILED loading '${toAppUrl(schemes, frame.unreachableUrl)}'`);
    this.emit("did-navigate", {}, this.#url, 200, "OK");
  }

  #onLoaded(): void {
    if (this.#url === "" || this.#url === "about:blank") return;
    this.#loading?.resolve();
    this.#loading = undefined;
    this.emit("did-finish-load", {});
    this.emit("did-stop-loading", {});
  }

  #fail(message: string): void {
    const loading = this.#loading;
    this.#loading = undefined;
    this.emit("did-fail-load", {}, -2, message, this.#url, true);
    loading?.reject(Object.assign(new Error(message), { code: message.split(" ")[0] ?? "ERR_FAILED", errno: -2 }));
  }

  #onWindowOpen({ url, windowName }: Protocol.Events["Page.windowOpen"]): void {
    const handler = this.#windowOpen;
    if (handler === undefined) return;
    const response = handler({
      url: toAppUrl(schemes, url),
      frameName: windowName,
      features: "",
      disposition: "new-window",
      referrer: { url: appOrigin(this.#url), policy: "strict-origin-when-cross-origin" },
    });
    if (response.action === "allow") console.error("[chromium-host] windows opened by a page are not supported; it was refused");
  }

  #onCrashed(): void {
    this.#crashed = true;
    this.#contexts.clear();
    this.#dropLink();
    this.emit("render-process-gone", {}, { reason: "crashed", exitCode: 5 });
  }

  #edit(command: string): void {
    this.#cdp?.post("Input.dispatchKeyEvent", { type: "rawKeyDown", commands: [command] });
  }

  #dropLink(): void {
    this.#link?.close();
    this.#link = undefined;
  }

  #dispose(): void {
    this.#destroyed = true;
    all.delete(this.id);
    nativeTheme.unfollow(this);
    this.#dropLink();
    for (const { ends } of this.#unsent.splice(0)) for (const end of ends) end.close();
    this.#fail("ERR_ABORTED: the window was closed");
    this.emit("destroyed");
  }

  #log(level: string, message: string): void {
    this.emit("console-message", { level, message, lineNumber: 0, sourceId: "", frame: this.mainFrame });
    if (process.env["CHROMIUM_HOST_TEST"] === "1" || process.env["CHROMIUM_HOST_VERBOSE"] !== undefined || level === "error") {
      console.error(`[page ${this.#url}] ${level}: ${message}`);
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

function toInput(key: PageKey): object {
  const { type, code, control, shift, alt, meta, isAutoRepeat } = key;
  return { type, key: key.key, code, control, shift, alt, meta, isAutoRepeat, isComposing: false, location: 0, modifiers: [] };
}
