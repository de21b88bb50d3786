import { appOrigin, toAppUrl } from "./app-origin.ts";
import { schemes } from "./browser.ts";
import type { CdpSession, Protocol } from "./cdp.ts";
import { emitPreventable } from "./emitter.ts";
import { NavigationGuard } from "./navigation-guard.ts";
import type { WebContents } from "./web-contents.ts";

export type WindowOpenHandler = (details: Electron.HandlerDetails) => Electron.WindowOpenHandlerResponse;

/** Where a page is and goes: its address, the load under way, and the events of `webContents` about both. */
export class PageNavigation {
  readonly guard: NavigationGuard;
  /** As the app knows it; empty before the first. */
  url = "";
  crashed = false;
  windowOpen: WindowOpenHandler | undefined;
  readonly #page: WebContents;
  #session: CdpSession | undefined;
  #mainFrameId = "";
  #loading: { readonly resolve: () => void; readonly reject: (error: Error) => void } | undefined;

  constructor(page: WebContents) {
    this.#page = page;
    this.guard = new NavigationGuard(page);
  }

  attach(session: CdpSession, mainFrameId: string): void {
    this.#session = session;
    this.#mainFrameId = mainFrameId;
    session.on("Page.frameStartedNavigating", (event) => this.#onStart(event));
    session.on("Page.frameNavigated", ({ frame }) => this.#onNavigated(frame));
    session.on("Page.navigatedWithinDocument", ({ frameId, url }) => {
      if (frameId !== mainFrameId) return;
      this.url = toAppUrl(schemes, url);
      this.#page.emit("did-navigate-in-page", {}, this.url, true, 0, 1);
    });
    session.on("Page.domContentEventFired", () => this.#page.emit("dom-ready", {}));
    session.on("Page.loadEventFired", () => this.#onLoaded());
    session.on("Page.frameRequestedNavigation", ({ frameId, url }) => {
      if (frameId === mainFrameId && !this.guard.requested(url)) this.stop();
    });
    session.on("Page.windowOpen", (event) => this.#onWindowOpen(event));
  }

  get loading(): boolean {
    return this.#loading !== undefined;
  }

  /** The app loads this page address next; settles when it is there, or rejects with why it is not. */
  expect(pageUrl: string): Promise<void> {
    this.guard.expect(pageUrl);
    const finished = new Promise<void>((resolve, reject) => {
      this.#loading = { resolve, reject };
    });
    // Who loads it may have failed before.
    finished.catch(() => undefined);
    return finished;
  }

  reload(ignoreCache: boolean): void {
    this.guard.expectReload();
    this.#session?.post("Page.reload", { ignoreCache });
  }

  stop(): void {
    this.#session?.post("Page.stopLoading");
  }

  /** The load under way has come to nothing; `message` begins with its code. */
  fail(message: string): void {
    const loading = this.#loading;
    this.#loading = undefined;
    this.#page.emit("did-fail-load", {}, -2, message, this.url, true);
    loading?.reject(Object.assign(new Error(message), { code: message.split(" ")[0] ?? "ERR_FAILED", errno: -2 }));
  }

  #onStart({ frameId, url, navigationType }: Protocol.Events["Page.frameStartedNavigating"]): void {
    const isMainFrame = frameId === this.#mainFrameId;
    const isSameDocument = navigationType === "sameDocument" || navigationType === "historySameDocument";
    const shown = toAppUrl(schemes, url);
    const details = { url: shown, isSameDocument, isMainFrame, frame: this.#page.mainFrame };
    emitPreventable(this.#page, "did-start-navigation", details, shown, isSameDocument, isMainFrame);
  }

  #onNavigated(frame: Protocol.Page.Frame): void {
    if (frame.id !== this.#mainFrameId) return;
    this.url = toAppUrl(schemes, frame.url);
    this.crashed = false;
    if (frame.unreachableUrl !== undefined) return this.fail(`ERR_FAILED loading '${toAppUrl(schemes, frame.unreachableUrl)}'`);
    this.#page.emit("did-navigate", {}, this.url, 200, "OK");
  }

  #onLoaded(): void {
    if (this.url === "" || this.url === "about:blank") return;
    this.#loading?.resolve();
    this.#loading = undefined;
    this.#page.emit("did-finish-load", {});
    this.#page.emit("did-stop-loading", {});
  }

  #onWindowOpen({ url, windowName }: Protocol.Events["Page.windowOpen"]): void {
    if (this.windowOpen === undefined) return;
    const response = this.windowOpen({
      url: toAppUrl(schemes, url),
      frameName: windowName,
      features: "",
      disposition: "new-window",
      referrer: { url: appOrigin(this.url), policy: "strict-origin-when-cross-origin" },
    });
    if (response.action === "allow") console.error("[chromium-host] windows opened by a page are not supported; it was refused");
  }
}
