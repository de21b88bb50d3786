import { join } from "node:path";
import { type BrowserWindow, nativeImage } from "electron";

/** From here on the number is drawn as "9+". */
const MOST = 10;

/** Puts the number of unread messages on the window's icon in the taskbar of Windows; elsewhere the system has a number of its own. `icons` is the folder with the drawn ones. */
export function showTaskbarCount(
  window: Pick<BrowserWindow, "setOverlayIcon">,
  unread: number,
  { icons, platform }: { readonly icons: string; readonly platform: NodeJS.Platform },
): void {
  if (platform !== "win32") return;
  if (unread === 0) return window.setOverlayIcon(null, "");
  window.setOverlayIcon(nativeImage.createFromPath(join(icons, `count-${Math.min(unread, MOST)}.png`)), `${unread} unread`);
}
