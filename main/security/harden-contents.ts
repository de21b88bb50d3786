import type { App, WebContents } from "electron";

/** For every page that will ever exist in this process: it stays where it is, opens nothing, and embeds nothing. */
export function hardenAllContents(app: App): void {
  app.on("web-contents-created", (_event, contents) => harden(contents));
}

function harden(contents: WebContents): void {
  contents.setWindowOpenHandler(() => ({ action: "deny" }));
  contents.on("will-navigate", (event) => event.preventDefault());
  // Frames too, of which there are none.
  contents.on("will-frame-navigate", (event) => event.preventDefault());
  contents.on("will-redirect", (event) => event.preventDefault());
  contents.on("will-attach-webview", (event) => event.preventDefault());
  // SECURITY: calls are governed by no content security policy. Without a proxy that takes UDP (`hardenSession`: there is none) this leaves them no way out.
  contents.setWebRTCIPHandlingPolicy("disable_non_proxied_udp");
}
