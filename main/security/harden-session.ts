import type { Session } from "electron";
import { decideDownload } from "./downloads.ts";
import { decidePermission } from "./permissions.ts";
import type { PageKind } from "./page-file.ts";

/** A proxy that is not there, for loopback too: what reaches the network in spite of everything else reaches nobody. `app://` does not go by way of it. */
const NOWHERE = { mode: "fixed_servers", proxyRules: "127.0.0.1:1", proxyBypassRules: "<-loopback>" } as const;

/** Denies a page's session everything that the page has no use for: permissions, devices, downloads of what it did not make, and any address but app://. */
export function hardenSession(session: Session, kind: PageKind, options: { readonly allowDevTools: boolean }): void {
  session.setPermissionRequestHandler((_contents, permission, answer, details) =>
    answer(decidePermission(kind, permission, details.requestingUrl, "mediaTypes" in details ? details.mediaTypes : undefined)),
  );
  session.setPermissionCheckHandler((_contents, permission, requestingOrigin, details) =>
    decidePermission(kind, permission, requestingOrigin, details.mediaType === undefined ? undefined : [details.mediaType]),
  );
  session.setDevicePermissionHandler(() => false);
  session.on("will-download", (event, item) => {
    if (!decideDownload(kind, item.getURL())) event.preventDefault();
  });
  // The content security policy says the same; this holds for what it does not govern, such as prefetching.
  session.webRequest.onBeforeRequest((details, answer) => answer({ cancel: !isOwnAddress(details.url, options.allowDevTools) }));
  session.setSpellCheckerEnabled(false);
  void session.setProxy(NOWHERE);
}

function isOwnAddress(address: string, allowDevTools: boolean): boolean {
  const scheme = URL.parse(address)?.protocol;
  return scheme === "app:" || scheme === "blob:" || (allowDevTools && scheme === "devtools:");
}
