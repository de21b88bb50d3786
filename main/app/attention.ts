import type { BrowserWindow } from "electron";
import type { Settings } from "../../protocol/shell.ts";
import type { Observed } from "../crypto-host/observed.ts";
import type { Counts } from "../desktop/tray-face.ts";

export type AttentionDeps = {
  readonly settings: Observed<Settings>;
  /** Nothing is to be told of for now. */
  readonly quiet: Observed<boolean>;
  /** Puts the numbers where they are seen without the window. */
  readonly show: (counts: Counts) => void;
  /** The chat window, while there is one. */
  readonly window: () => Pick<BrowserWindow, "isFocused" | "flashFrame"> | undefined;
};

const NONE: Counts = { unread: 0, mentions: 0 };

/** What the desktop shows of unread messages when nobody looks: the badge always, and a window that asks to be looked at as far as the person wants to be told. */
export class Attention {
  readonly #deps: AttentionDeps;
  #counts = NONE;

  constructor(deps: AttentionDeps) {
    this.#deps = deps;
  }

  /** The worker has counted anew. */
  told(counts: Counts): void {
    const before = this.#counts;
    this.#counts = counts;
    const { settings, quiet, show, window } = this.#deps;
    show(counts);
    const wanted = settings.value.notifications;
    const isMore = wanted === "all" ? counts.unread > before.unread : wanted === "mentions" && counts.mentions > before.mentions;
    const chat = window();
    if (isMore && !quiet.value && chat?.isFocused() === false) chat.flashFrame(true);
  }

  /** Somebody looks at the window. */
  seen(): void {
    this.#deps.window()?.flashFrame(false);
  }

  /** Nothing of the account stays on the desktop. */
  forget(): void {
    this.#counts = NONE;
    this.#deps.show(NONE);
    this.seen();
  }
}
