import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { app, dialog, session } from "electron";
import { APP_ID } from "./app/app-id.ts";
import { Account } from "./account/account.ts";
import { Application } from "./app/application.ts";
import { readBuildInfo } from "./app/build-info.ts";
import { parseArguments } from "./app/arguments.ts";
import { LinkInbox } from "./app/link-inbox.ts";
import { offerToOpenLinks } from "./app/link-scheme.ts";
import { electronWorkerSpawner } from "./crypto-host/electron-worker.ts";
import { findAutostart } from "./desktop/autostart.ts";
import { Log } from "./logging/log.ts";
import { openLogFile } from "./logging/log-file.ts";
import { systemClock } from "./matrix/clock.ts";
import { withSystemProxy } from "./matrix/system-proxy.ts";
import { fetchTransport } from "./matrix/transport.ts";
import { findKeychain } from "./profile/electron-keychain.ts";
import { ProfileFolder } from "./profile/profile-folder.ts";
import { registerAppScheme } from "./security/app-protocol.ts";
import { hardenAllContents } from "./security/harden-contents.ts";
import { hardenStart } from "./security/start-conditions.ts";
import { planUpdates } from "./updates/plan.ts";
import { readUpdateFeed, UPDATE_FEED_FILE } from "./updates/update-feed.ts";
import { Updates } from "./updates/updates.ts";

/** The build's root: this bundle lies in its `main/`. */
const dist = dirname(dirname(fileURLToPath(import.meta.url)));

// Everything that this process writes is for its user alone.
process.umask(0o077);
const refused = hardenStart(app, process.env);
app.setAppUserModelId(APP_ID);

const { profileDir, homeserver, hidden } = parseArguments(process.argv.slice(1), process.cwd());
if (profileDir !== undefined) app.setPath("userData", profileDir);

const links = new LinkInbox();
links.offer(process.argv.slice(1));
// macOS tells of a link by an event, and of the one that started the app before it is ready.
app.on("open-url", (event, url) => {
  event.preventDefault();
  links.offer([url]);
});

if (refused !== undefined) {
  dialog.showErrorBox(
    "Bulkhead does not start",
    `It was started with --${refused}, which takes the walls between its parts away. Nothing was opened. Install it from a package that brings its own AppArmor profile, or start it without.`,
  );
  app.exit(1);
} else if (!app.requestSingleInstanceLock()) {
  // Two processes on one store would tear its ratchets apart; the second one only brings the first to the front, and hands its link over.
  app.quit();
} else {
  offerToOpenLinks(app, process.platform);
  registerAppScheme();
  app.enableSandbox();
  hardenAllContents(app);
  void app.whenReady().then(run);
}

function run(): void {
  const folder = new ProfileFolder(join(app.getPath("userData"), "account"));
  const logPath = join(app.getPath("userData"), "logs", "bulkhead.log");
  const log = new Log("main", [openLogFile(logPath)]);
  log.info("app.start", { version: app.getVersion() });
  process.on("uncaughtExceptionMonitor", (error) => log.bug("app.uncaught", error));
  process.on("unhandledRejection", (error) => log.bug("app.unhandled-rejection", error));

  const keychain = findKeychain();
  const transport = withSystemProxy(fetchTransport, { resolve: (url) => session.defaultSession.resolveProxy(url), now: () => Date.now() });
  const account = new Account({
    folder,
    keychain,
    spawner: electronWorkerSpawner(join(dist, "crypto-worker", "entry.js"), log.named("worker")),
    transport,
    clock: systemClock,
    log,
  });
  let closed = false;
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> =>
    (closing ??= account.close().finally(() => {
      closed = true;
      log.info("app.quit", {});
    }));
  const updates = new Updates({
    plan: planUpdates(readUpdateFeed(join(dist, UPDATE_FEED_FILE))),
    folder: join(app.getPath("userData"), "updates"),
    seenFile: join(app.getPath("userData"), "newest-update.json"),
    transport,
    clock: systemClock,
    log,
    leave: async (last) => {
      application.leave();
      await close();
      last();
    },
  });
  const application = new Application({
    account,
    folder,
    transport,
    log,
    keychain: keychain !== undefined,
    suggestedHomeserver: homeserver,
    build: readBuildInfo(join(dist, "build-info.json")),
    logPath,
    links,
    updates,
    autostart: findAutostart({
      app,
      platform: process.platform,
      arch: process.arch,
      env: process.env,
      program: process.execPath,
      profileDir,
      configDir: app.getPath("appData"),
    }),
    // macOS gives what it starts no arguments, and says itself that it was the one.
    hidden: ({ startWithSystem }) =>
      hidden || (process.platform === "darwin" && startWithSystem && app.getLoginItemSettings().wasOpenedAtLogin),
    renderer: join(dist, "renderer"),
    preload: join(dist, "preload", "entry.cjs"),
    trayIcons: join(dist, "main", "tray"),
  });

  // Chromium starts its own processes anew, the one that draws among them; what happened is in the log.
  app.on("child-process-gone", (_event, { type, reason }) => log.warn("child.gone", { kind: type.replaceAll(" ", "-"), code: reason }));
  app.on("second-instance", (_event, argv, cwd) => {
    // A start with the system finds the app running after a session that was kept.
    if (!links.offer(argv) && !parseArguments(argv, cwd).hidden) application.showChat();
  });
  app.on("activate", () => application.showChat());
  app.on("window-all-closed", () => {
    if (process.platform !== "darwin") app.quit();
  });
  app.on("before-quit", (event) => {
    if (closed) return;
    // The store is closed before the process goes; then the quit is asked for again.
    event.preventDefault();
    application.leave();
    void close().finally(() => app.quit());
  });

  account.start();
  application.start();
}
