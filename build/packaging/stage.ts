import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type UpdateFeed, UPDATE_FEED_FILE } from "../../main/updates/update-feed.ts";
import { type NativeTarget, writeNativeModule } from "../native-module.ts";
import { identity } from "./identity.ts";
import { bundledPackages, composeNotices } from "./licences.ts";

/** What is shipped of `dist/`, folder by folder. */
const SHIPPED = ["main", "preload", "crypto-worker", "crypto-crew", "renderer/chat", "renderer/vault"] as const;

/**
 * Lays out the application as it will be in the archive: the bundles, their assets, the native module of the one target, and what the build is made from.
 * Nothing else is in the folder, so nothing else can be packed. `dist` must be up to date. Without a feed the application never asks for updates.
 */
export function stageApp(root: string, folder: string, target: NativeTarget, updates: UpdateFeed | undefined): void {
  rmSync(folder, { recursive: true, force: true });
  for (const part of SHIPPED) {
    const to = join(folder, "dist", part);
    mkdirSync(to, { recursive: true });
    cpSync(join(root, "dist", part), to, { recursive: true, filter: (file) => !file.endsWith(".map") });
  }
  writeNativeModule(root, join(folder, "dist", "crypto-worker"), target, signerFor(target));
  const build = buildInfo(root);
  if (build !== undefined) writeFileSync(join(folder, "dist", "build-info.json"), `${JSON.stringify(build)}\n`);
  if (updates !== undefined) writeFileSync(join(folder, "dist", UPDATE_FEED_FILE), `${JSON.stringify(updates)}\n`);
  writeFileSync(join(folder, "package.json"), `${JSON.stringify(packageJson(root), null, 2)}\n`);
  writeFileSync(join(folder, "LICENSE"), readFileSync(join(root, "LICENSE")));
  writeFileSync(join(folder, "THIRD-PARTY-NOTICES.txt"), composeNotices(root, bundledPackages(join(root, "dist"))));
}

/**
 * macOS loads only modules that are signed like the app, and a signature changes the file: it is made here, before the hash is taken, and the packager leaves
 * the file alone (`signIgnore`). Throws where the app would be signed and the module could not be.
 */
function signerFor(target: NativeTarget): ((file: string) => void) | undefined {
  if (!target.startsWith("darwin")) return undefined;
  const identity = process.env["BULKHEAD_CODESIGN_IDENTITY"];
  if (identity !== undefined)
    return (file) => execFileSync("codesign", ["--force", "--timestamp", "--options", "runtime", "--sign", identity, file]);
  if (process.env["CSC_LINK"] !== undefined || process.env["CSC_NAME"] !== undefined)
    throw new Error(
      "Set BULKHEAD_CODESIGN_IDENTITY to the identity that signs the app: the native module is signed before its hash is taken",
    );
  return undefined;
}

/** What Electron and the packager read; scripts and dependencies are of no use in a package. */
function packageJson(root: string): object {
  const { name, version, license, main, type }: Readonly<Record<string, string>> = JSON.parse(
    readFileSync(join(root, "package.json"), "utf8"),
  );
  return {
    name,
    productName: identity.productName,
    version,
    description: identity.summary,
    license,
    homepage: identity.homepage,
    author: identity.maintainer,
    desktopName: `${identity.appId}.desktop`,
    type,
    main,
  };
}

/** The commit and its time; undefined where this is no clean working copy, since then no commit says what is in the package. */
function buildInfo(root: string): { readonly commit: string; readonly committedAt: string } | undefined {
  try {
    const git = (...args: string[]): string =>
      execFileSync("git", args, { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
    if (git("status", "--porcelain") !== "") return undefined;
    return { commit: git("rev-parse", "HEAD"), committedAt: git("log", "-1", "--format=%cI") };
  } catch {
    // Not a repository: a source archive.
    return undefined;
  }
}
