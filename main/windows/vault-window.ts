import type { BrowserWindow } from "electron";
import { openPageWindow, type PageWindowOptions } from "./page-window.ts";

/** The vault: a modal child of the chat window, in a process and session of its own, so that nothing in the chat page can cover, imitate or press it. */
export function openVaultWindow(parent: BrowserWindow, options: Omit<PageWindowOptions, "kind" | "window">): BrowserWindow {
  const window = openPageWindow({
    ...options,
    kind: "vault",
    window: {
      parent,
      modal: true,
      width: 520,
      height: 680,
      minWidth: 420,
      minHeight: 480,
      minimizable: false,
      maximizable: false,
      fullscreenable: false,
      title: "Bulkhead Vault",
      autoHideMenuBar: true,
    },
  });
  // What it shows is for the eyes in front of it: where the system can, it keeps the window out of pictures and recordings of the screen.
  window.setContentProtection(true);
  return window;
}
