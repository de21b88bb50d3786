import { type BrowserWindow, screen } from "electron";
import { readTextFile, writeFileAtomically } from "../profile/atomic-file.ts";
import { openPageWindow, type PageWindowOptions } from "./page-window.ts";
import { decideBounds, MIN_HEIGHT, MIN_WIDTH, parsePlacement } from "./placement.ts";

/** The main window, where it stood the last time. `placementFile` is kept up to date as it is closed. */
export function openChatWindow(options: Omit<PageWindowOptions, "kind" | "window"> & { readonly placementFile: string }): BrowserWindow {
  const saved = readTextFile(options.placementFile, 4096);
  const { maximized, ...bounds } = decideBounds(
    parsePlacement(saved.ok ? saved.value : undefined),
    screen.getAllDisplays().map((display) => display.workArea),
    screen.getPrimaryDisplay().workArea,
  );
  const window = openPageWindow({
    ...options,
    kind: "chat",
    window: { ...bounds, minWidth: MIN_WIDTH, minHeight: MIN_HEIGHT, title: "Bulkhead", autoHideMenuBar: true },
  });
  if (maximized) window.maximize();
  window.on("close", () => rememberPlacement(window, options.placementFile));
  return window;
}

function rememberPlacement(window: BrowserWindow, file: string): void {
  try {
    writeFileAtomically(file, JSON.stringify({ ...window.getNormalBounds(), maximized: window.isMaximized() }));
  } catch {
    // A window that opens in the middle the next time is not worth keeping this one from closing.
    return;
  }
}
