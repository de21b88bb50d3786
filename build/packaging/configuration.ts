import { rmSync } from "node:fs";
import { join } from "node:path";
import type { AfterPackContext, Configuration } from "electron-builder";
import { type FusePlatform, setFuses } from "./fuses.ts";
import { identity } from "./identity.ts";

export type PackagingOptions = {
  /** The staged application. */
  readonly app: string;
  readonly output: string;
  readonly electronVersion: string;
  /** An unpacked Electron distribution; undefined to have it downloaded. */
  readonly electronDist: string | undefined;
};

/** What `tools/release/signed-feed.ts` knows these packages by. */
const SELF_UPDATING = "${name}-${version}-${arch}.${ext}";

/** What electron-builder makes of the staged application. Paths are absolute or relative to the repository. */
export function packagingConfiguration({ app, output, electronVersion, electronDist }: PackagingOptions): Configuration {
  return {
    appId: identity.appId,
    productName: identity.productName,
    executableName: identity.executableName,
    copyright: "Copyright the Bulkhead authors. Apache License 2.0.",
    directories: { app, output, buildResources: "build/resources" },
    electronVersion,
    ...(electronDist === undefined ? {} : { electronDist }),
    files: ["**/*"],
    asar: { smartUnpack: false },
    asarUnpack: ["dist/crypto-worker/sqlite.node"],
    extraFiles: [
      { from: join(app, "LICENSE"), to: "LICENSE.txt" },
      { from: join(app, "THIRD-PARTY-NOTICES.txt"), to: "THIRD-PARTY-NOTICES.txt" },
    ],
    // Chromium's own texts, of which this app shows none but a few; the interface is English so far.
    electronLanguages: ["en-US"],
    // There are no node_modules to install or rebuild: the bundles hold what runs.
    beforeBuild: () => Promise.resolve(false),
    afterExtract,
    afterPack,
    protocols: [{ name: "Matrix", schemes: ["matrix"] }],
    // The feed is not the packager's own: see docs/decisions/0010-updates.md.
    publish: null,
    linux: {
      target: ["deb", "rpm", "AppImage", "flatpak"],
      icon: "build/resources/icons",
      category: "Network;InstantMessaging",
      synopsis: identity.summary,
      maintainer: identity.maintainer,
      vendor: "The Bulkhead authors",
      syncDesktopName: true,
      desktop: { entry: { Keywords: "matrix;chat;messages;encrypted;", SingleMainWindow: "true" } },
    },
    appImage: { artifactName: SELF_UPDATING },
    deb: { appArmorProfile: "build/resources/linux/apparmor-profile.tpl", priority: "optional" },
    rpm: { appArmorProfile: "build/resources/linux/apparmor-profile.tpl" },
    flatpak: {
      runtimeVersion: "25.08",
      baseVersion: "25.08",
      // No home directory: files are chosen through the portal. The secret services are for the store's key.
      finishArgs: [
        "--share=network",
        "--share=ipc",
        "--socket=wayland",
        "--socket=fallback-x11",
        "--device=dri",
        "--talk-name=org.freedesktop.Notifications",
        "--talk-name=org.freedesktop.secrets",
        "--talk-name=org.kde.kwalletd6",
      ],
      useWaylandFlags: true,
    },
    mac: {
      // The archive is what an installed copy replaces itself with.
      target: ["dmg", "zip"],
      artifactName: SELF_UPDATING,
      icon: "build/resources/icon.icns",
      category: "public.app-category.social-networking",
      hardenedRuntime: true,
      gatekeeperAssess: false,
      entitlements: "build/resources/mac/entitlements.plist",
      entitlementsInherit: "build/resources/mac/entitlements.plist",
      darkModeSupport: true,
      // Signed already, since its hash is in the archive: see stage.ts.
      signIgnore: ["sqlite\\.node$"],
      extendInfo: { NSCameraUsageDescription: "The vault reads the verification code of another device with the camera." },
    },
    win: {
      target: ["nsis"],
      icon: "build/resources/icon.ico",
      requestedExecutionLevel: "asInvoker",
      verifyUpdateCodeSignature: true,
    },
    nsis: { artifactName: SELF_UPDATING, oneClick: false, perMachine: false, allowElevation: false, deleteAppDataOnUninstall: false },
  };
}

/** A distribution that was handed over still has Electron's demo, which runs where an application is missing. */
function afterExtract({ appOutDir, electronPlatformName }: AfterPackContext): Promise<void> {
  const resources = electronPlatformName === "darwin" ? join("Electron.app", "Contents", "Resources") : "resources";
  rmSync(join(appOutDir, resources, "default_app.asar"), { force: true });
  rmSync(join(appOutDir, "version"), { force: true });
  return Promise.resolve();
}

/** Between the copying and the signing: every fuse is set. */
async function afterPack({ appOutDir, electronPlatformName }: AfterPackContext): Promise<void> {
  const platform = fusePlatform(electronPlatformName);
  await setFuses(join(appOutDir, binaryName(platform)), platform);
}

function fusePlatform(name: string): FusePlatform {
  if (name === "linux" || name === "darwin" || name === "win32") return name;
  throw new Error(`There are no fuses decided for ${name}`);
}

function binaryName(platform: FusePlatform): string {
  switch (platform) {
    case "linux":
      return identity.executableName;
    case "darwin":
      return `${identity.productName}.app`;
    case "win32":
      return `${identity.executableName}.exe`;
  }
}
