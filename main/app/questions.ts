import { type BrowserWindow, dialog, shell } from "electron";

/** What the system's own dialogs ask a person, over the chat window. */
export class Questions {
  /** The window that a person sees; undefined while there is none. */
  readonly #window: () => BrowserWindow | undefined;
  #asking = false;

  constructor(window: () => BrowserWindow | undefined) {
    this.#window = window;
  }

  /** The person chooses a file; nothing is overwritten without the system's own question. */
  askWhere(suggestedName: string): Promise<string | undefined> {
    return this.#ask(undefined, async (window) => {
      const { canceled, filePath } = await dialog.showSaveDialog(window, {
        defaultPath: suggestedName,
        properties: ["showOverwriteConfirmation"],
      });
      return canceled || filePath === "" ? undefined : filePath;
    });
  }

  /** Shows the whole address and asks; resolves to whether it was opened. */
  confirmAndOpen(url: string): Promise<boolean> {
    return this.#ask(false, async (window) => {
      const { response } = await dialog.showMessageBox(window, {
        type: "question",
        title: "Open link",
        message: "Open this address outside Bulkhead?",
        detail: url,
        buttons: ["Open", "Cancel"],
        defaultId: 1,
        cancelId: 1,
        noLink: true,
      });
      if (response !== 0) return false;
      await shell.openExternal(url);
      return true;
    });
  }

  /** Signing out deletes what may be nowhere else. */
  confirmSignOut(): Promise<boolean> {
    return this.#ask(false, async (window) => {
      const { response } = await dialog.showMessageBox(window, {
        type: "warning",
        title: "Sign out",
        message: "Sign out and delete your messages and keys from this computer?",
        detail:
          "Keys that are neither in a backup nor on another device of yours are lost for good, and so is what they open. If you did not ask to sign out, choose Cancel.",
        buttons: ["Sign out and delete", "Cancel"],
        defaultId: 1,
        cancelId: 1,
        noLink: true,
      });
      return response === 0;
    });
  }

  /** One question at a time: a page that asks again and again gets refusals, not a stack of dialogs. */
  async #ask<T>(refusal: T, question: (window: BrowserWindow) => Promise<T>): Promise<T> {
    const window = this.#window();
    if (this.#asking || window === undefined) return refusal;
    this.#asking = true;
    try {
      return await question(window);
    } finally {
      this.#asking = false;
    }
  }
}
