// `npm run package [-- --dir] [--linux|--mac|--win] [--x64|--arm64] [--electron-dist=DIR] [--updates=FILE] [--output=DIR]`: makes the packages for this platform, or
// for the one that is named, with `--dir` only the unpacked application. Docs: docs/releasing.md.
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { Arch, build, Platform } from "electron-builder";
import { bundle } from "../build/bundle.ts";
import type { NativeTarget } from "../build/native-module.ts";
import { packagingConfiguration } from "../build/packaging/configuration.ts";
import { identity } from "../build/packaging/identity.ts";
import { stageApp } from "../build/packaging/stage.ts";
import { parseUpdateFeed, type UpdateFeed } from "../main/updates/update-feed.ts";

const root = join(import.meta.dirname, "..");

const systems = {
  linux: { platform: Platform.LINUX, native: "linux" },
  mac: { platform: Platform.MAC, native: "darwin" },
  win: { platform: Platform.WINDOWS, native: "win32" },
} as const;

export type PackageRequest = {
  readonly system: keyof typeof systems;
  readonly arch: "x64" | "arm64";
  /** Kinds of packages, or `dir` for the unpacked application; undefined for those of the configuration. */
  readonly targets?: readonly string[];
  /** An unpacked Electron; undefined to have the version that package.json names downloaded. */
  readonly electronDist?: string;
  readonly output: string;
  /** Where the packages look for newer versions; undefined for nowhere. */
  readonly updates?: UpdateFeed;
  /** For tests: sees what a deb or rpm would be made from, and answers whether to leave it at that. */
  readonly onComputed?: (options: unknown) => Promise<boolean>;
};

/** Builds, stages and packs for one system and architecture. Answers the files that were made; none for `dir`. */
export async function makePackages({
  system,
  arch,
  targets,
  electronDist,
  output,
  updates,
  onComputed,
}: PackageRequest): Promise<readonly string[]> {
  await bundle();
  const { platform, native } = systems[system];
  const target: NativeTarget = `${native}-${arch}`;
  const app = join(output, `.app-${target}`);
  if (updates !== undefined && system === "win" && updates.windowsPublisher === null)
    throw new Error("windowsPublisher is missing: without it no installed copy for Windows would take an update");
  stageApp(root, app, target, updates);
  return build({
    projectDir: root,
    targets: platform.createTarget(targets === undefined ? undefined : [...targets], arch === "arm64" ? Arch.arm64 : Arch.x64),
    config: packagingConfiguration({
      app,
      output,
      electronVersion: electronVersion(),
      electronDist: electronDist === undefined ? undefined : resolve(electronDist),
    }),
    publish: "never",
    ...(onComputed === undefined ? {} : { effectiveOptionComputed: onComputed }),
  });
}

/** What `--updates=FILE` says, for our own application. Throws where it is no feed. */
export function readUpdates(file: string): UpdateFeed {
  const feed = parseUpdateFeed(JSON.stringify({ appId: identity.appId, ...JSON.parse(readFileSync(file, "utf8")) }));
  if (feed === undefined) throw new Error(`${file} describes no feed: see docs/releasing.md`);
  return feed;
}

function electronVersion(): string {
  const { version }: { readonly version?: string } = JSON.parse(
    readFileSync(join(root, "node_modules", "electron", "package.json"), "utf8"),
  );
  if (version === undefined) throw new Error("Electron is not installed");
  return version;
}

function systemOf(values: Readonly<Record<string, unknown>>): keyof typeof systems {
  for (const system of ["linux", "mac", "win"] as const) if (values[system] === true) return system;
  return process.platform === "darwin" ? "mac" : process.platform === "win32" ? "win" : "linux";
}

if (process.argv[1] === import.meta.filename) {
  const flag = { type: "boolean", default: false } as const;
  const { values } = parseArgs({
    options: {
      dir: flag,
      linux: flag,
      mac: flag,
      win: flag,
      x64: flag,
      arm64: flag,
      "electron-dist": { type: "string" },
      updates: { type: "string" },
      output: { type: "string", default: join(root, "release") },
    },
  });
  const electronDist = values["electron-dist"];
  const made = await makePackages({
    system: systemOf(values),
    arch: values.arm64 || (!values.x64 && process.arch === "arm64") ? "arm64" : "x64",
    output: resolve(values.output),
    ...(values.updates === undefined ? {} : { updates: readUpdates(resolve(values.updates)) }),
    ...(values.dir ? { targets: ["dir"] } : {}),
    ...(electronDist === undefined ? {} : { electronDist }),
  });
  console.log(made.length > 0 ? made.join("\n") : `The unpacked application is in ${resolve(values.output)}`);
}
