import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import { BrowserWindow } from "./browser-window.ts";
import { isHeadless } from "./browser.ts";
import { testLink, type DialogKind } from "./test-link.ts";

const unanswered = new Map<number, (answer: unknown) => void>();
let lastId = 0;
let testAnswers = false;

testLink.onOrder((order) => {
  if (order.t === "answer-dialogs") testAnswers = order.enabled;
  if (order.t !== "dialog-answer") return;
  unanswered.get(order.id)?.(order.answer);
  unanswered.delete(order.id);
});

/** The module `dialog`. Native dialogs are not drawn: a test answers them, otherwise each is cancelled. */
export const dialog = {
  async showMessageBox(...args: unknown[]): Promise<Electron.MessageBoxReturnValue> {
    const options = optionsOf(args);
    const cancelled = { response: cancelIndex(options), checkboxChecked: false };
    return { ...cancelled, ...asRecord(await ask("message", options)) };
  },
  async showOpenDialog(...args: unknown[]): Promise<Electron.OpenDialogReturnValue> {
    return { canceled: true, filePaths: [], ...asRecord(await ask("open", optionsOf(args))) };
  },
  async showSaveDialog(...args: unknown[]): Promise<Electron.SaveDialogReturnValue> {
    return { canceled: true, filePath: "", ...asRecord(await ask("save", optionsOf(args))) };
  },
  showErrorBox(title: string, content: string): void {
    console.error(`${title}: ${content}`);
    void ask("error", { title, content });
  },
  showMessageBoxSync(...args: unknown[]): number {
    return cancelIndex(optionsOf(args));
  },
  showOpenDialogSync(): undefined {},
  showSaveDialogSync(): string {
    return "";
  },
} satisfies Record<
  keyof Pick<
    Electron.Dialog,
    | "showMessageBox"
    | "showOpenDialog"
    | "showSaveDialog"
    | "showErrorBox"
    | "showMessageBoxSync"
    | "showOpenDialogSync"
    | "showSaveDialogSync"
  >,
  unknown
>;

/** Where the app runs on a display and no test listens, a person answers by Chromium's own confirm and prompt. */
function asksPerson(): boolean {
  return !isHeadless && !testLink.connected;
}

async function ask(kind: DialogKind, options: Record<string, unknown>): Promise<unknown> {
  if (asksPerson()) return askPerson(kind, options);
  const id = ++lastId;
  testLink.report({ t: "dialog", id, kind, options });
  if (!testLink.connected || !testAnswers || kind === "error") return undefined;
  return new Promise((resolve) => unanswered.set(id, resolve));
}

async function askPerson(kind: DialogKind, options: Record<string, unknown>): Promise<unknown> {
  const window = BrowserWindow.getFocusedWindow() ?? BrowserWindow.getAllWindows().at(-1);
  if (window === undefined) return undefined;
  const text = ["title", "message", "detail", "content"]
    .flatMap((key) => (typeof options[key] === "string" ? [options[key]] : []))
    .join("\n\n");
  const suggested = typeof options["defaultPath"] === "string" ? options["defaultPath"] : "";
  switch (kind) {
    case "message": {
      const cancel = cancelIndex(options);
      const accepted = (await window.webContents.ask("confirm", text, "")) !== null;
      const buttons: unknown[] = Array.isArray(options["buttons"]) ? options["buttons"] : ["OK"];
      const accept = buttons.findIndex((_, index) => index !== cancel);
      return { response: accepted ? Math.max(accept, 0) : cancel };
    }
    case "open": {
      const path = await window.webContents.ask("prompt", text === "" ? "Path of the file to open" : text, suggested);
      return path === null || path === "" ? undefined : { canceled: false, filePaths: [path] };
    }
    case "save": {
      const path = await window.webContents.ask(
        "prompt",
        text === "" ? "Save as" : text,
        isAbsolute(suggested) ? suggested : join(homedir(), suggested),
      );
      return path === null || path === "" ? undefined : { canceled: false, filePath: path };
    }
    case "error":
      return window.webContents.ask("confirm", text, "");
  }
}

/** The window to attach to may come first. */
function optionsOf(args: readonly unknown[]): Record<string, unknown> {
  const plain = args.length > 1 ? args[1] : args[0];
  return Object.fromEntries(
    Object.entries(asRecord(plain)).filter(
      ([, value]) => typeof value !== "function" && !(typeof value === "object" && value !== null && "webContents" in value),
    ),
  );
}

/** Electron's rule: `cancelId`, else a button called Cancel or No, else the first. */
function cancelIndex(options: Record<string, unknown>): number {
  if (typeof options["cancelId"] === "number") return options["cancelId"];
  const buttons: unknown[] = Array.isArray(options["buttons"]) ? options["buttons"] : [];
  const named = buttons.findIndex((button) => /^&?(cancel|no)$/i.test(String(button)));
  return named === -1 ? 0 : named;
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
