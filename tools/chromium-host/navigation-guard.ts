import { toAppUrl } from "./app-origin.ts";
import { schemes } from "./browser.ts";
import { emitPreventable } from "./emitter.ts";
import type { DocumentRequest } from "./page-requests.ts";
import type { WebContents } from "./web-contents.ts";

/** Tells the app's own loads from navigations that a page begins, and lets the app's `will-navigate` listeners decide about the latter. */
export class NavigationGuard {
  readonly #page: WebContents;
  #expected: string | undefined;
  #expectsReload = false;
  #requestedByPage: string | undefined;

  constructor(page: WebContents) {
    this.#page = page;
  }

  /** The app itself loads this page address next. */
  expect(pageUrl: string): void {
    this.#expected = pageUrl;
  }

  expectReload(): void {
    this.#expectsReload = true;
  }

  /** The page asked to go there. False where another program would be started for it, which never happens. */
  requested(pageUrl: string): boolean {
    this.#requestedByPage = pageUrl;
    if (/^(https?|about|data|blob|javascript):/i.test(pageUrl)) return true;
    this.refuse(pageUrl);
    return false;
  }

  /** Decides about a request for a document. */
  allows({ url, pageUrl, isMainFrame }: DocumentRequest): boolean {
    if (isMainFrame && (this.#expected === pageUrl || this.#expectsReload)) {
      this.#expected = undefined;
      this.#expectsReload = false;
      return true;
    }
    // A reload from outside the page (a test's) is no navigation of the page's.
    const requested = this.#requestedByPage;
    this.#requestedByPage = undefined;
    if (isMainFrame && requested !== pageUrl && url === this.#page.getURL().replace(/#.*$/s, "")) return true;
    return this.#ask(url, isMainFrame);
  }

  /** A navigation that no request goes with: the app hears of it, and this host never performs it. */
  refuse(pageUrl: string): void {
    this.#ask(toAppUrl(schemes, pageUrl), true);
  }

  #ask(url: string, isMainFrame: boolean): boolean {
    const frame = this.#page.mainFrame;
    const details = { url, isMainFrame, isSameDocument: false, frame, initiator: frame };
    const refused = emitPreventable(this.#page, "will-frame-navigate", details);
    if (!isMainFrame) return !refused;
    return !emitPreventable(this.#page, "will-navigate", details, url, false, isMainFrame) && !refused;
  }
}
