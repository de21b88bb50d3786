import type { App } from "electron";

const SCHEME = "matrix";

/**
 * Makes this program the one that opens Matrix links where no other is. On most systems the package says so; the installer for Windows does not. A program that
 * has taken the links over keeps them: the last word was a person's, and Windows has a page of its settings for another one.
 */
export function offerToOpenLinks(
  app: Pick<App, "isPackaged" | "getApplicationNameForProtocol" | "setAsDefaultProtocolClient">,
  platform: NodeJS.Platform,
): void {
  if (platform !== "win32" || !app.isPackaged) return;
  if (app.getApplicationNameForProtocol(`${SCHEME}://`) !== "") return;
  // SECURITY: a link is an argument like any other. Behind this nothing of it is a switch, for Chromium and for us.
  app.setAsDefaultProtocolClient(SCHEME, process.execPath, ["--"]);
}
