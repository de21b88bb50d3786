import { EventEmitter } from "node:events";
import type { App } from "electron";
import { expect, test } from "vitest";
import { hardenAllContents } from "./harden-contents.ts";

/** As much of a page as is hardened. */
class Contents extends EventEmitter {
  opensWindows: (() => { readonly action: string }) | undefined;
  callsBy = "default";

  setWindowOpenHandler(handler: () => { readonly action: string }): void {
    this.opensWindows = handler;
  }

  setWebRTCIPHandlingPolicy(policy: string): void {
    this.callsBy = policy;
  }
}

test("a page stays where it is, opens and embeds nothing, and calls nobody past the proxy", () => {
  const app = new EventEmitter();
  hardenAllContents(app as unknown as Pick<App, "on"> as App);
  const contents = new Contents();
  app.emit("web-contents-created", {}, contents);
  expect(contents.opensWindows?.()).toEqual({ action: "deny" });
  expect(contents.callsBy).toBe("disable_non_proxied_udp");
  for (const event of ["will-navigate", "will-frame-navigate", "will-redirect", "will-attach-webview"]) {
    let prevented = false;
    contents.emit(event, { preventDefault: () => (prevented = true) });
    expect(prevented, event).toBe(true);
  }
});
