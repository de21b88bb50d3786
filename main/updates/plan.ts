import { app, autoUpdater } from "electron";
import { findInstallation } from "./installation.ts";
import { appImageInstaller } from "./install/app-image.ts";
import type { Installer } from "./install/installer.ts";
import { nsisInstaller } from "./install/nsis.ts";
import { squirrelInstaller } from "./install/squirrel.ts";
import { startDetached } from "./install/start-detached.ts";
import type { UpdateFeed } from "./update-feed.ts";
import type { UpdatePlan } from "./updates.ts";

/** What this copy can do about newer versions, on this computer. */
export function planUpdates(feed: UpdateFeed | undefined): UpdatePlan {
  const installation = findInstallation({ platform: process.platform, arch: process.arch, env: process.env, program: process.execPath });
  if (feed === undefined || installation === undefined) return { kind: "off" };
  if (installation.by !== "itself") return { kind: "managed", by: installation.by };
  const { kind, arch, appImage } = installation;
  return {
    kind: "self",
    feed,
    installed: { appId: feed.appId, channel: feed.channel, version: app.getVersion(), kind, arch },
    installer: installerFor(feed, appImage),
  };
}

function installerFor(feed: UpdateFeed, appImage: string | undefined): Installer {
  if (appImage !== undefined) return appImageInstaller(appImage, restartAs);
  const quit = (): void => app.quit();
  return process.platform === "darwin" ? squirrelInstaller(autoUpdater, quit) : nsisInstaller(feed.windowsPublisher, quit);
}

/**
 * With what it was started with, but for links, which have been followed. `app.relaunch` does not work here: its helper runs from the AppImage's mount, which
 * is gone as soon as this process is. So the new one is started at once; the store is closed, and the lock that would turn it away is given back.
 */
function restartAs(program: string): void {
  app.releaseSingleInstanceLock();
  startDetached(
    program,
    process.argv.slice(1).filter((argument) => argument.startsWith("--")),
  );
  app.quit();
}
