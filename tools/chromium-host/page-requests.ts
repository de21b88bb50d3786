import { servingScheme, toAppUrl } from "./app-origin.ts";
import { schemes } from "./browser.ts";
import type { CdpSession, Protocol } from "./cdp.ts";
import type { Session } from "./session.ts";

type Paused = Protocol.Events["Fetch.requestPaused"];

export type DocumentRequest = { readonly url: string; readonly pageUrl: string; readonly isMainFrame: boolean };

export type PageRequestsOptions = {
  readonly session: CdpSession;
  readonly partition: Session;
  readonly webContentsId: number;
  readonly mainFrameId: string;
  /** Decides about a document request; false cancels it and leaves the page where it is. */
  readonly allowsDocument: (request: DocumentRequest) => boolean;
};

/** Answers every request of a page: app origins by the session's protocol handler, everything else is refused. */
export class PageRequests {
  readonly #options: PageRequestsOptions;

  constructor(options: PageRequestsOptions) {
    this.#options = options;
    options.session.on("Fetch.requestPaused", (paused) => {
      this.#answer(paused).catch((error: unknown) => {
        console.error(`[chromium-host] ${paused.request.url}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
        this.#fail(paused, "Failed");
      });
    });
  }

  async start(): Promise<void> {
    await this.#options.session.send("Fetch.enable", { patterns: [{ urlPattern: "*", requestStage: "Request" }] });
  }

  async #answer(paused: Paused): Promise<void> {
    const { partition } = this.#options;
    const url = toAppUrl(schemes, paused.request.url);
    const scheme = servingScheme(schemes, paused.request.url);
    const isMainFrame = paused.frameId === this.#options.mainFrameId;
    if (paused.resourceType === "Document" && !this.#options.allowsDocument({ url, pageUrl: paused.request.url, isMainFrame }))
      return this.#fail(paused, "Aborted");
    // Chromium asks for an icon for its tab strip; an app has none to offer there.
    if (paused.resourceType === "Other" && url.endsWith("/favicon.ico")) return this.#fail(paused, "Aborted");
    const allowed = await partition.webRequest.allows(this.#details(paused, url));
    const handler = scheme === undefined ? undefined : partition.protocol.handlerOf(scheme);
    if (!allowed || handler === undefined) return this.#fail(paused, paused.resourceType === "Document" ? "Aborted" : "BlockedByClient");
    const response = await handler(toRequest(paused, url));
    await this.#fulfil(paused, url, response);
  }

  async #fulfil(paused: Paused, url: string, response: Response): Promise<void> {
    if (response.type === "error") return this.#fail(paused, "Failed");
    const body = Buffer.from(await response.arrayBuffer());
    const collected = Object.fromEntries([...new Set(response.headers.keys())].map((name) => [name, [response.headers.get(name) ?? ""]]));
    const headers = await this.#options.partition.webRequest.headers({
      ...this.#details(paused, url),
      statusLine: `HTTP/1.1 ${response.status}`,
      statusCode: response.status,
      responseHeaders: collected,
    });
    if (headers === undefined) return this.#fail(paused, "BlockedByClient");
    this.#options.session.post("Fetch.fulfillRequest", {
      requestId: paused.requestId,
      responseCode: response.status,
      responseHeaders: Object.entries(headers).flatMap(([name, value]) =>
        (Array.isArray(value) ? value : [value]).map((item) => ({ name, value: item })),
      ),
      body: body.toString("base64"),
    });
  }

  #details(paused: Paused, url: string): Electron.OnBeforeRequestListenerDetails {
    return {
      id: Number(paused.requestId.replace(/\D/g, "").slice(0, 12)),
      url,
      method: paused.request.method,
      webContentsId: this.#options.webContentsId,
      resourceType: resourceType(paused, this.#options.mainFrameId),
      referrer: "",
      timestamp: Date.now(),
      uploadData: [],
    };
  }

  #fail(paused: Paused, errorReason: Protocol.Network.ErrorReason): void {
    this.#options.session.post("Fetch.failRequest", { requestId: paused.requestId, errorReason });
  }
}

function toRequest(paused: Paused, url: string): Request {
  const { method, headers, postData } = paused.request;
  const hasBody = postData !== undefined && method !== "GET" && method !== "HEAD";
  return new Request(url, { method, headers, ...(hasBody ? { body: postData } : {}) });
}

function resourceType(paused: Paused, mainFrameId: string): Electron.OnBeforeRequestListenerDetails["resourceType"] {
  switch (paused.resourceType) {
    case "Document":
      return paused.frameId === mainFrameId ? "mainFrame" : "subFrame";
    case "Stylesheet":
      return "stylesheet";
    case "Script":
      return "script";
    case "Image":
      return "image";
    case "Font":
      return "font";
    case "Media":
      return "media";
    case "XHR":
    case "Fetch":
      return "xhr";
    case "WebSocket":
      return "webSocket";
    case "Ping":
      return "ping";
    case "CSPViolationReport":
      return "cspReport";
    default:
      return "other";
  }
}
