import { BrowserWindow, type BrowserWindowConstructorOptions, Menu, nativeTheme, session } from "electron";
import { serveAppProtocol } from "../security/app-protocol.ts";
import { hardenSession } from "../security/harden-session.ts";
import { type PageKind, pageUrl } from "../security/page-file.ts";
import { contextMenuFor } from "./context-menu.ts";

export type PageWindowOptions = {
  readonly kind: PageKind;
  /** Absolute path of the page's folder. */
  readonly root: string;
  readonly preload: string;
  readonly devTools: boolean;
  readonly window: BrowserWindowConstructorOptions;
  /** Loads the page in a window that is not shown, until somebody does. */
  readonly hidden?: boolean;
  /** Shows the window at once and loads its page only then: there is something that a person waits for more. */
  readonly loadAfter?: Promise<void>;
};

const prepared = new Set<PageKind>();

/** Opens one of our two pages in a sandboxed process and a session of its own. The session is in memory: pages leave nothing on the disk. */
export function openPageWindow({
  kind,
  root,
  preload,
  devTools,
  window: shape,
  hidden = false,
  loadAfter,
}: PageWindowOptions): BrowserWindow {
  const partition = session.fromPartition(kind, { cache: false });
  if (!prepared.has(kind)) {
    prepared.add(kind);
    serveAppProtocol(partition, kind, root);
    hardenSession(partition, kind, { allowDevTools: devTools });
  }
  const window = new BrowserWindow({
    ...shape,
    show: false,
    // A page that nobody sees must not take itself for one that is looked at.
    paintWhenInitiallyHidden: !hidden,
    backgroundColor: nativeTheme.shouldUseDarkColors ? "#16181d" : "#ffffff",
    webPreferences: {
      session: partition,
      preload,
      devTools,
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInSubFrames: false,
      nodeIntegrationInWorker: false,
      webviewTag: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      navigateOnDragDrop: false,
      spellcheck: false,
    },
  });
  window.webContents.on("context-menu", (_event, pressed) => {
    const items = contextMenuFor(pressed);
    if (items.length > 0) Menu.buildFromTemplate([...items]).popup({ window });
  });
  if (hidden) {
    void window.loadURL(pageUrl(kind));
  } else if (loadAfter === undefined) {
    window.once("ready-to-show", () => window.show());
    void window.loadURL(pageUrl(kind));
  } else {
    window.show();
    void loadAfter.then(() => (window.isDestroyed() ? undefined : window.loadURL(pageUrl(kind))));
  }
  return window;
}
