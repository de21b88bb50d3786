import { launchChromium, type Chromium } from "./chromium.ts";
import type { CdpConnection, CdpSession } from "./cdp.ts";
import type { SchemeRegistry } from "./app-origin.ts";
import { testLink } from "./test-link.ts";

/** Schemes that `protocol.registerSchemesAsPrivileged` made app origins. */
export const schemes: SchemeRegistry = new Set();

export const isHeadless: boolean = decideHeadless();

export type TargetRequest = {
  readonly contextId: string;
  readonly width: number;
  readonly height: number;
  readonly x: number | undefined;
  readonly y: number | undefined;
  readonly minimized: boolean;
};
export type Target = { readonly id: string; readonly session: CdpSession };

/** The one Chromium behind this process, and the targets the app asked for. Any other page target is closed at once. */
class Browser {
  #chromium: Promise<Chromium> | undefined;
  readonly #attached = new Map<string, CdpSession>();
  readonly #claims = new Map<string, (session: CdpSession) => void>();
  #creating = 0;

  start(locale: string): Promise<Chromium> {
    this.#chromium ??= this.#launch(locale);
    return this.#chromium;
  }

  async connection(): Promise<CdpConnection> {
    if (this.#chromium === undefined) throw new Error("Used before the app was ready");
    return (await this.#chromium).connection;
  }

  async createTarget(request: TargetRequest): Promise<Target> {
    const connection = await this.connection();
    this.#creating++;
    try {
      const { targetId } = await connection.browser.send("Target.createTarget", {
        url: "about:blank",
        browserContextId: request.contextId,
        newWindow: true,
        width: request.width,
        height: request.height,
        ...(request.x === undefined || request.y === undefined ? {} : { left: request.x, top: request.y }),
        ...(request.minimized ? { windowState: "minimized" } : {}),
      });
      const session = this.#attached.get(targetId) ?? (await new Promise<CdpSession>((resolve) => this.#claims.set(targetId, resolve)));
      this.#attached.delete(targetId);
      return { id: targetId, session };
    } finally {
      this.#creating--;
      this.#closeUnclaimed(connection);
    }
  }

  async close(): Promise<void> {
    const chromium = await this.#chromium?.catch(() => undefined);
    await chromium?.close();
  }

  async #launch(locale: string): Promise<Chromium> {
    const chromium = await launchChromium({
      headless: isHeadless,
      locale,
      debuggingPort: testLink.wantsDebuggingPort,
      blockedSchemes: ["mailto", "matrix", "tel", "sms", "xmpp", "magnet", "ssh", "smb", "vscode", "steam"],
    });
    process.once("exit", () => chromium.killNow());
    const { connection } = chromium;
    connection.browser.on("Target.attachedToTarget", ({ sessionId, targetInfo }) => {
      const session = connection.session(sessionId);
      const claim = this.#claims.get(targetInfo.targetId);
      this.#claims.delete(targetInfo.targetId);
      if (claim !== undefined) return claim(session);
      this.#attached.set(targetInfo.targetId, session);
      if (this.#creating === 0) this.#closeUnclaimed(connection);
    });
    connection.browser.on("Target.detachedFromTarget", ({ sessionId }) => connection.dropSession(sessionId));
    await connection.browser.send("Target.setAutoAttach", {
      autoAttach: true,
      waitForDebuggerOnStart: true,
      flatten: true,
      filter: [{ type: "page" }],
    });
    if (chromium.endpoint !== undefined) testLink.report({ t: "endpoint", url: chromium.endpoint });
    return chromium;
  }

  /** Windows that a page opened: none has a network or a handler of its own, and each is closed at once. */
  #closeUnclaimed(connection: CdpConnection): void {
    if (this.#creating > 0) return;
    for (const [targetId, session] of this.#attached) {
      connection.browser.post("Target.closeTarget", { targetId });
      // While it is paused its opener, which shares the process, can be too.
      session.post("Runtime.runIfWaitingForDebugger");
    }
    this.#attached.clear();
  }
}

export const browser = new Browser();

function decideHeadless(): boolean {
  if (process.env["CHROMIUM_HOST_HEADLESS"] === "1") return true;
  if (process.platform !== "linux") return false;
  return (process.env["DISPLAY"] ?? "") === "" && (process.env["WAYLAND_DISPLAY"] ?? "") === "";
}
