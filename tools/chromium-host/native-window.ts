import { isHeadless } from "./browser.ts";
import { isGone, type CdpSession, type Protocol } from "./cdp.ts";
import type { WebContents } from "./web-contents.ts";

export type WindowState = "normal" | "minimized" | "maximized" | "fullscreen";

/** Chromium's own window around a page. What is asked of one that is gone comes to nothing. */
export class NativeWindow {
  readonly #page: WebContents;

  constructor(page: WebContents) {
    this.#page = page;
  }

  bringToFront(): void {
    void this.#perform((session) => session.send("Page.bringToFront"));
  }

  setState(windowState: WindowState): void {
    if (isHeadless) return;
    void this.#perform(async (session) => {
      const { windowId } = await session.send("Browser.getWindowForTarget");
      await session.send("Browser.setWindowBounds", { windowId, bounds: { windowState } });
    });
  }

  /** Electron's sizes are those of the page (frames are thin); Chromium's window has a toolbar on top of it. */
  resize({ x, y, width, height }: Electron.Rectangle): void {
    void this.#perform(async (session) => {
      const { windowId, bounds } = await session.send("Browser.getWindowForTarget");
      if (bounds.windowState !== "normal") return;
      if (!isHeadless) {
        const position: Protocol.Browser.Bounds = { left: x, top: y };
        await session.send("Browser.setWindowBounds", { windowId, bounds: position });
      }
      await session.send("Browser.setContentsSize", { windowId, width, height });
    });
  }

  async #perform(action: (session: CdpSession) => Promise<unknown>): Promise<void> {
    try {
      const { session } = await this.#page.made;
      await action(session);
    } catch (error) {
      if (!isGone(error)) console.error(`[chromium-host] window: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}
