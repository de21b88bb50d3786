import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync, copyFileSync } from "node:fs";
import { join } from "node:path";
import type { Places, SynapseProgram } from "./program.ts";
import { output, runLogged, succeeds, type Command } from "./shell.ts";

const innerDataDir = "/var/lib/bulkhead-synapse";

/** Debian's own package, which only sid has: a small sid in the cache folder, entered by chroot. Needs root. */
export async function findDebianProgram(places: Places): Promise<SynapseProgram | string> {
  const root = join(places.cacheDir, "sid-root");
  if (process.getuid?.() !== 0) return "not root, so no chroot";
  if (!existsSync(root)) {
    const failure = await makeRoot(root, places);
    if (failure !== undefined) return failure;
  }
  const version = output("chroot", [root, "python3", "-c", "import synapse.app.homeserver, synapse; print(synapse.__version__)"]);
  if (version === undefined) return `the sid in ${root} is broken: remove it and try again`;
  return {
    kind: "debian",
    version: version.trim(),
    dataDir: join(root, innerDataDir),
    innerDataDir,
    bindAddress: "127.0.0.1",
    command: (args) => ({ file: "chroot", args: [root, "python3", "-m", "synapse.app.homeserver", ...args] }),
  };
}

async function makeRoot(root: string, { cacheDir, logFile, say }: Places): Promise<string | undefined> {
  const partial = `${root}.partial`;
  const run = (command: Command, timeoutMs = 600_000) => runLogged(command, logFile, timeoutMs);
  const inside = (...args: string[]): Command => ({
    file: "chroot",
    args: [partial, ...args],
    env: { DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C" },
  });
  mkdirSync(cacheDir, { recursive: true });
  rmSync(partial, { recursive: true, force: true });
  if (!succeeds("debootstrap", ["--version"])) {
    say("Installing debootstrap…");
    await run({ file: "apt-get", args: ["update"] });
    if (!(await run({ file: "apt-get", args: ["install", "-y", "--no-install-recommends", "debootstrap"] })))
      return "debootstrap cannot be installed";
  }
  const mirror = debianMirror();
  say("Making a small Debian sid (about a minute)…");
  if (!(await run({ file: "debootstrap", args: ["--variant=minbase", "sid", partial, ...(mirror === undefined ? [] : [mirror])] })))
    return "debootstrap of sid failed";
  prepareRoot(partial);
  say("Installing Synapse in it…");
  const installed =
    (await run(inside("apt-get", "update"))) &&
    (await run(inside("apt-get", "install", "-y", "--no-install-recommends", "matrix-synapse"))) &&
    (await run(inside("apt-get", "clean")));
  if (!installed) return "Debian's matrix-synapse cannot be installed";
  renameSync(partial, root);
  return undefined;
}

function prepareRoot(root: string): void {
  copyFileSync("/etc/resolv.conf", join(root, "etc/resolv.conf"));
  // The package would start a service of its own.
  writeFileSync(join(root, "usr/sbin/policy-rc.d"), "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  // A mirror frozen at some day serves an expired but still signed Release file; being current does not matter here, the signature does.
  const settings = ['Acquire::Check-Valid-Until "false";'];
  for (const name of ["Acquire::http::Proxy", "Acquire::https::Proxy"]) {
    const proxy = /"(.*)"/.exec(output("apt-config", ["dump", name]) ?? "")?.[1];
    if (proxy !== undefined) settings.push(`${name} "${proxy}";`);
  }
  writeFileSync(join(root, "etc/apt/apt.conf.d/90bulkhead"), `${settings.join("\n")}\n`);
}

/** The Debian mirror that this machine itself installs from, read from its apt sources; undefined leaves the choice to debootstrap. */
export function debianMirror(aptDir = "/etc/apt"): string | undefined {
  const folder = join(aptDir, "sources.list.d");
  const files = [
    join(aptDir, "sources.list"),
    ...(existsSync(folder)
      ? readdirSync(folder)
          .sort()
          .map((name) => join(folder, name))
      : []),
  ];
  for (const file of files) {
    if (!existsSync(file)) continue;
    const text = readFileSync(file, "utf8");
    const mirror = file.endsWith(".sources") ? mirrorOfStanzas(text) : mirrorOfLines(text);
    if (mirror !== undefined) return mirror;
  }
  return undefined;
}

function mirrorOfLines(text: string): string | undefined {
  for (const line of text.split("\n")) {
    const [, uri, components] = /^deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+\S+\s+(.*)$/.exec(line.trim()) ?? [];
    if (isDebianArchive(uri, components)) return uri;
  }
  return undefined;
}

function mirrorOfStanzas(text: string): string | undefined {
  for (const stanza of text.split(/\n\s*\n/)) {
    const field = (name: string) => new RegExp(`^${name}:\\s*(.*)$`, "im").exec(stanza)?.[1];
    const uri = field("URIs")?.trim().split(/\s+/)[0];
    if (isDebianArchive(uri, field("Components"))) return uri;
  }
  return undefined;
}

function isDebianArchive(uri: string | undefined, components: string | undefined): uri is string {
  return uri !== undefined && /^https?:.*\/debian\/?$/.test(uri) && (components ?? "").split(/\s+/).includes("main");
}
