import { BrowserWindow } from "./browser-window.ts";
import { menuEvents } from "./menu.ts";
import { WebContents } from "./web-contents.ts";

/** What a menu's items with a role do to the window in front. */
export function followMenuRoles(): void {
  menuEvents.on("changed", () => {
    for (const page of WebContents.getAllWebContents()) page.refreshSettings();
  });
  menuEvents.on("role", (role: string, window: unknown) => {
    if (!(window instanceof BrowserWindow)) return;
    const page = window.webContents;
    switch (role) {
      case "close":
        return window.close();
      case "minimize":
        return window.minimize();
      case "reload":
        return page.reload();
      case "forcereload":
        return page.reloadIgnoringCache();
      case "resetzoom":
        return page.setZoomFactor(1);
      case "zoomin":
        return page.setZoomLevel(page.getZoomLevel() + 0.5);
      case "zoomout":
        return page.setZoomLevel(page.getZoomLevel() - 0.5);
      case "togglefullscreen":
        return window.setFullScreen(!window.isFullScreen());
    }
  });
}
