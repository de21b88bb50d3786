import { browser, schemes } from "./browser.ts";
import { allowDownloads } from "./downloads.ts";
import { LooseEmitter } from "./emitter.ts";
import { appOrigin, toPageUrl } from "./app-origin.ts";
import type { WebContents } from "./web-contents.ts";

type SchemeHandler = (request: Request) => Response | Promise<Response>;
type BeforeRequest = (details: Electron.OnBeforeRequestListenerDetails, callback: (response: Electron.CallbackResponse) => void) => void;
type HeadersReceived = (
  details: Electron.OnHeadersReceivedListenerDetails,
  callback: (response: Electron.HeadersReceivedResponse) => void,
) => void;
type PermissionRequest = (webContents: WebContents, permission: string, callback: (granted: boolean) => void, details: object) => void;
type PermissionCheck = (webContents: WebContents | null, permission: string, origin: string, details: object) => boolean;

/** Electron's permission name → the DevTools protocol's. What is not listed here Chromium denies or does not have. */
const permissionNames = new Map([
  ["notifications", "notifications"],
  ["clipboard-sanitized-write", "clipboard-write"],
  ["clipboard-read", "clipboard-read"],
  ["geolocation", "geolocation"],
  ["media", "camera"],
  ["audioCapture", "microphone"],
  ["midi", "midi"],
  ["idle-detection", "idle-detection"],
  ["storage-access", "storage-access"],
  ["window-management", "window-management"],
  ["display-capture", "display-capture"],
]);

/** One session partition: a browser context of its own, so that its pages share neither process nor storage with another's. */
export class Session extends LooseEmitter {
  readonly protocol = new Protocol();
  readonly webRequest = new WebRequest();
  #context: Promise<string> | undefined;
  #proxy: Electron.ProxyConfig = {};
  #permissionRequest: PermissionRequest | undefined;
  #permissionCheck: PermissionCheck | undefined;

  setPermissionRequestHandler(handler: PermissionRequest | null): void {
    this.#permissionRequest = handler ?? undefined;
  }

  setPermissionCheckHandler(handler: PermissionCheck | null): void {
    this.#permissionCheck = handler ?? undefined;
  }

  setDevicePermissionHandler(): void {}
  setDisplayMediaRequestHandler(): void {}
  setSpellCheckerEnabled(): void {}
  setSpellCheckerLanguages(): void {}

  /** The way to a server: a test says which (`CHROMIUM_HOST_PROXY=PROXY host:port`). */
  resolveProxy(): Promise<string> {
    return Promise.resolve(process.env["CHROMIUM_HOST_PROXY"] ?? "DIRECT");
  }

  /** Chromium takes it as the context is made: before the first page. */
  setProxy(config: Electron.ProxyConfig): Promise<void> {
    this.#proxy = config;
    return Promise.resolve();
  }

  async clearStorageData(): Promise<void> {
    const { connection } = browser;
    const origins = [...schemes]
      .flatMap((scheme) => [`${scheme}://chat`, `${scheme}://vault`])
      .map((url) => new URL(toPageUrl(schemes, url)).origin);
    const browserContextId = await this.contextId();
    await connection.browser.send("Storage.clearCookies", { browserContextId });
    for (const origin of origins) this.emit("clear-origin", origin);
  }

  async clearCache(): Promise<void> {}

  contextId(): Promise<string> {
    this.#context ??= this.#createContext();
    return this.#context;
  }

  /** Asks the app's handlers about every permission and tells Chromium, which is asked by pages later and cannot wait. */
  async settlePermissions(webContents: WebContents, appUrl: string): Promise<void> {
    const { connection } = browser;
    const browserContextId = await this.contextId();
    const { origin } = new URL(toPageUrl(schemes, appUrl));
    for (const [permission, name] of permissionNames) {
      const allowed = await this.#decidePermission(webContents, permission, appUrl);
      connection.browser.post("Browser.setPermission", {
        permission: { name },
        setting: allowed ? "granted" : "denied",
        origin,
        browserContextId,
      });
    }
  }

  async #decidePermission(webContents: WebContents, permission: string, appUrl: string): Promise<boolean> {
    // A page that films asks for no sound.
    const media = permission === "media" ? { mediaTypes: ["video"], mediaType: "video" } : {};
    const details = { requestingUrl: appUrl, isMainFrame: true, ...media };
    if (this.#permissionCheck !== undefined && !this.#permissionCheck(webContents, permission, `${appOrigin(appUrl)}/`, details))
      return false;
    const ask = this.#permissionRequest;
    if (ask === undefined) return false;
    return new Promise((resolve) => ask(webContents, permission, resolve, details));
  }

  async #createContext(): Promise<string> {
    const { connection } = browser;
    const { proxyRules, proxyBypassRules } = this.#proxy;
    const { browserContextId } = await connection.browser.send("Target.createBrowserContext", {
      disposeOnDetach: true,
      ...(proxyRules === undefined ? {} : { proxyServer: proxyRules }),
      ...(proxyBypassRules === undefined ? {} : { proxyBypassList: proxyBypassRules }),
    });
    allowDownloads(browserContextId);
    return browserContextId;
  }
}

/** `session.protocol`: what serves the privileged schemes. */
class Protocol {
  readonly #handlers = new Map<string, SchemeHandler>();

  handle(scheme: string, handler: SchemeHandler): void {
    if (this.#handlers.has(scheme)) throw new Error(`The scheme ${scheme} already has a handler`);
    this.#handlers.set(scheme, handler);
  }

  unhandle(scheme: string): void {
    this.#handlers.delete(scheme);
  }

  isProtocolHandled(scheme: string): boolean {
    return this.#handlers.has(scheme);
  }

  registerSchemesAsPrivileged(list: readonly Electron.CustomScheme[]): void {
    for (const { scheme, privileges } of list) if (privileges?.standard === true) schemes.add(scheme);
  }

  /** Used by the host: the handler of a scheme. */
  handlerOf(scheme: string): SchemeHandler | undefined {
    return this.#handlers.get(scheme);
  }
}

/** `session.webRequest`, the two hooks that an app which serves itself needs. */
class WebRequest {
  #before: BeforeRequest | undefined;
  #headers: HeadersReceived | undefined;

  onBeforeRequest(filterOrListener: Electron.WebRequestFilter | BeforeRequest | null, listener?: BeforeRequest | null): void {
    this.#before = pickListener(filterOrListener, listener);
  }

  onHeadersReceived(filterOrListener: Electron.WebRequestFilter | HeadersReceived | null, listener?: HeadersReceived | null): void {
    this.#headers = pickListener(filterOrListener, listener);
  }

  onBeforeSendHeaders(): void {}
  onErrorOccurred(): void {}
  onCompleted(): void {}

  /** Used by the host: whether the app lets the request through. */
  async allows(details: Electron.OnBeforeRequestListenerDetails): Promise<boolean> {
    const before = this.#before;
    if (before === undefined) return true;
    const response = await new Promise<Electron.CallbackResponse>((resolve) => before(details, resolve));
    return response.cancel !== true && response.redirectURL === undefined;
  }

  /** Used by the host: the response headers after the app has seen them, or undefined where it cancels. */
  async headers(details: Electron.OnHeadersReceivedListenerDetails): Promise<Record<string, string | string[]> | undefined> {
    const received = this.#headers;
    const original = details.responseHeaders ?? {};
    if (received === undefined) return original;
    const response = await new Promise<Electron.HeadersReceivedResponse>((resolve) => received(details, resolve));
    return response.cancel === true ? undefined : (response.responseHeaders ?? original);
  }
}

const partitions = new Map<string, Session>();

/** The module `session`. */
export const session = {
  fromPartition(partition: string): Session {
    const known = partitions.get(partition) ?? new Session();
    partitions.set(partition, known);
    return known;
  },
  get defaultSession(): Session {
    return session.fromPartition("");
  },
};

/** The module `protocol`: that of the default session. */
export const protocol = session.defaultSession.protocol;

function pickListener<L>(filterOrListener: Electron.WebRequestFilter | L | null, listener: L | null | undefined): L | undefined {
  return typeof filterOrListener === "function" ? filterOrListener : (listener ?? undefined);
}
