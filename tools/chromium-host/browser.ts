import { launchChromium, type Chromium } from "./chromium.ts";
import { isGone, type CdpConnection, type CdpSession } from "./cdp.ts";
import type { SchemeRegistry } from "./app-origin.ts";
import { markStart, testLink } from "./test-link.ts";

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
  #chromium: Chromium | undefined;
  #inUse = false;
  readonly #attached = new Map<string, CdpSession>();
  readonly #claims = new Map<string, (session: CdpSession) => void>();
  #creating = 0;

  /** Starts Chromium; what is sent to it before it is ready waits. Throws where there is none. */
  start(locale: string): void {
    this.#chromium ??= this.#launch(locale);
  }

  /** The app is ready and uses Chromium from now on. Settles at its end. */
  use(): Promise<void> {
    const { ready, exited } = this.#running();
    this.#inUse = true;
    ready.then(
      () => markStart("Chromium ready"),
      // It ends, which `exited` tells.
      () => undefined,
    );
    return exited;
  }

  get connection(): CdpConnection {
    if (!this.#inUse) throw new Error("Used before the app was ready");
    return this.#running().connection;
  }

  async createTarget(request: TargetRequest): Promise<Target> {
    const { connection } = this;
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
    await this.#chromium?.close();
  }

  #running(): Chromium {
    if (this.#chromium === undefined) throw new Error("Chromium was not started");
    return this.#chromium;
  }

  #launch(locale: string): Chromium {
    const chromium = launchChromium({
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
    connection.browser.post("Target.setAutoAttach", {
      autoAttach: true,
      waitForDebuggerOnStart: true,
      flatten: true,
      filter: [{ type: "page" }],
    });
    chromium.endpoint?.then(
      (url) => testLink.report({ t: "endpoint", url }),
      // Whoever waits for it hears how the app ended.
      (error: unknown) => isGone(error) || console.error(`[chromium-host] ${error instanceof Error ? error.message : String(error)}`),
    );
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
