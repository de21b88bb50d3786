// What `npm run package` makes, looked into. Electron's own binary need not be there: a placeholder stands in for it, with real fuses.
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { extractFile, listPackage, statFile } from "@electron/asar";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fusesFor, readFuses, setFuses } from "../../build/packaging/fuses.ts";
import { identity } from "../../build/packaging/identity.ts";
import { findElectron } from "../../tools/electron-binary.ts";
import { makePackages, readUpdates } from "../../tools/package.ts";
import { verifiedNativeModule } from "../../crypto-worker/store/native-module.ts";
import { readBuildInfo } from "../../main/app/build-info.ts";
import { parseUpdateFeed } from "../../main/updates/update-feed.ts";
import { makePlaceholderElectron } from "./placeholder-electron.ts";

const root = join(import.meta.dirname, "..", "..");
const MB = 1024 * 1024;

let folder: string;
let unpacked: string;
let archive: string;
let entries: readonly string[];
let desktopEntry = "";
let debArguments: readonly string[] = [];
let installScript = "";

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "bulkhead-package-"));
  const electronDist = join(folder, "electron");
  makePlaceholderElectron(electronDist);
  const output = join(folder, "release");
  await makePackages({
    system: "linux",
    arch: "x64",
    targets: ["deb"],
    electronDist,
    output,
    // What fpm would get; it is not asked, since it has to be downloaded.
    onComputed: (computed) => {
      if (!Array.isArray(computed)) return Promise.resolve(false);
      const [args, desktopFile]: unknown[] = computed;
      debArguments = Array.isArray(args) ? args.map(String) : [];
      desktopEntry = readFileSync(String(desktopFile), "utf8");
      installScript = readFileSync(debArguments[debArguments.indexOf("--after-install") + 1] ?? "", "utf8");
      return Promise.resolve(true);
    },
  });
  unpacked = join(output, "linux-unpacked");
  archive = join(unpacked, "resources", "app.asar");
  entries = listPackage(archive, { isPack: false }).map((path) => path.replace(/^\//, ""));
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const filesOf = (list: readonly string[]): readonly string[] => list.filter((path) => !("files" in statFile(archive, path)));
const read = (path: string): string => extractFile(archive, path).toString("utf8");

const BUNDLES = ["dist/main/entry.js", "dist/preload/entry.cjs", "dist/crypto-worker/entry.js", "dist/crypto-crew/entry.js"];

describe("the archive", () => {
  test("holds the bundles and their assets, and nothing else", () => {
    const allowed = [
      /^package\.json$/,
      /^LICENSE$/,
      /^THIRD-PARTY-NOTICES\.txt$/,
      /^dist\/build-info\.json$/,
      /^dist\/main\/entry\.js$/,
      /^dist\/main\/tray\/[\w-]+(@1\.5x|@2x)?\.png$/,
      /^dist\/preload\/entry\.cjs$/,
      /^dist\/crypto-worker\/(entry\.js|olm\.wasm|sqlite\.node|native-module\.json)$/,
      /^dist\/crypto-crew\/(entry\.js|olm\.wasm)$/,
      /^dist\/renderer\/(chat|vault)\/index\.html$/,
      /^dist\/renderer\/(chat|vault)\/assets\/[\w-]+\.(js|css|woff2|svg|png)$/,
    ];
    expect(filesOf(entries).filter((path) => !allowed.some((pattern) => pattern.test(path)))).toEqual([]);
    for (const needed of [...BUNDLES, "dist/crypto-worker/olm.wasm", "dist/crypto-crew/olm.wasm"]) expect(entries).toContain(needed);
    for (const icon of ["waiting.png", "unread-linux.png", "mentionTemplate@2x.png", "count-10.png"])
      expect(entries).toContain(`dist/main/tray/${icon}`);
    expect(entries.filter((path) => /^dist\/renderer\/(chat|vault)\/index\.html$/.test(path))).toHaveLength(2);
  });

  test("has no source, source map, dependency folder or path of the machine that built it", () => {
    expect(entries.filter((path) => /\.tsx?$|\.map$|node_modules/.test(path))).toEqual([]);
    const bundles = filesOf(entries).filter((path) => /\.(c?js|html|css|json)$/.test(path));
    const telling = bundles.filter((path) => read(path).includes(root) || read(path).includes(tmpdir() + "/"));
    expect(telling).toEqual([]);
  });

  test("asks for no module that is neither Node's nor Electron's", () => {
    for (const bundle of BUNDLES) {
      const specifiers = [
        ...withoutComments(read(bundle)).matchAll(
          /^import\s[^;]*?from\s*["']([^"']+)["']|^import\s*["']([^"']+)["']|\brequire\(["']([^"']+)["']\)/gm,
        ),
      ];
      const foreign = specifiers
        .map(([, a, b, c]) => a ?? b ?? c ?? "")
        .filter((name) => !/^(node:|electron$)/.test(name) && !NODE_OLD.has(name));
      expect(foreign, bundle).toEqual([]);
    }
  });

  test("starts what package.json names, which carries no scripts and no dependencies", () => {
    const packed: Readonly<Record<string, unknown>> = JSON.parse(read("package.json"));
    expect(packed).toMatchObject({
      name: "bulkhead",
      main: "dist/main/entry.js",
      type: "module",
      desktopName: `${identity.appId}.desktop`,
    });
    for (const field of ["scripts", "dependencies", "devDependencies"]) expect(packed).not.toHaveProperty(field);
    expect(entries).toContain(String(packed["main"]));
  });

  test("says what it was made from, where a commit says it", () => {
    if (!entries.includes("dist/build-info.json")) return;
    const copy = join(folder, "build-info.json");
    writeFileSync(copy, read("dist/build-info.json"));
    expect(readBuildInfo(copy)?.commit).toMatch(/^[0-9a-f]{40}$/);
  });

  test("stays within its budget", () => {
    const bytes = (path: string): number => statSync(path).size;
    const native = join(`${archive}.unpacked`, "dist", "crypto-worker", "sqlite.node");
    console.log(`app.asar ${(bytes(archive) / MB).toFixed(2)} MB, native module ${(bytes(native) / MB).toFixed(2)} MB`);
    expect(bytes(archive)).toBeLessThan(8 * MB);
    expect(bytes(native)).toBeLessThan(4 * MB);
  });
});

describe("updates", () => {
  const feed = {
    url: "https://updates.example.org/bulkhead",
    channel: "stable",
    keys: [Buffer.alloc(32, 7).toString("base64")],
    windowsPublisher: null,
  };
  const described = (change: object): string => {
    const file = join(folder, "updates.json");
    writeFileSync(file, JSON.stringify({ ...feed, ...change }));
    return file;
  };

  test("are off in a package that was given no feed: there is nothing in it that could be asked", () => {
    expect(entries.filter((path) => /update-feed|app-update/.test(path))).toEqual([]);
  });

  test("a feed that was given is built in, with its keys, for this application", async () => {
    const output = join(folder, "with-feed");
    const updates = readUpdates(described({}));
    await makePackages({ system: "linux", arch: "x64", targets: ["dir"], electronDist: join(folder, "electron"), output, updates });
    const resources = join(output, "linux-unpacked", "resources");
    const built = parseUpdateFeed(extractFile(join(resources, "app.asar"), "dist/update-feed.json").toString("utf8"));
    expect(built).toEqual({ appId: identity.appId, ...feed });
    // What the packager's own updater would read, without any signature.
    expect(readdirSync(resources)).not.toContain("app-update.yml");
  });

  test.each([
    ["in the clear", { url: "http://updates.example.org" }],
    ["with a password in its address", { url: "https://a:b@updates.example.org" }],
    ["without a key", { keys: [] }],
    ["with a key that is none", { keys: ["AAAA"] }],
    ["with a channel that is a path", { channel: "../other" }],
    ["with what nobody knows", { verify: false }],
  ])("a feed %s stops the packaging", (_what, change) => {
    expect(() => readUpdates(described(change))).toThrow(/no feed/);
  });

  test("a package for Windows needs to know who signs its installers", async () => {
    const updates = readUpdates(described({}));
    const request = { system: "win", arch: "x64", targets: ["dir"], output: join(folder, "win"), updates } as const;
    await expect(makePackages(request)).rejects.toThrow(/windowsPublisher/);
  });
});

describe("the native module", () => {
  const beside = (): string => `${archive}.unpacked`;

  test("is the only thing outside of the archive, and the one for this system", () => {
    const files = readdirSync(beside(), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    expect(files.map(({ parentPath, name }) => join(parentPath, name).slice(beside().length + 1))).toEqual([
      "dist/crypto-worker/sqlite.node",
    ]);
    const prebuild = join(root, "node_modules", "better-sqlite3-multiple-ciphers", "prebuilds", "linux-x64.node");
    expect(hashOf(join(beside(), "dist/crypto-worker/sqlite.node"))).toBe(hashOf(prebuild));
  });

  test("passes the worker's check, and no longer when a byte of it was changed", () => {
    // The archive as Electron shows it: a folder of this name.
    const inside = join(folder, "installed", "app.asar", "dist", "crypto-worker");
    const outside = join(folder, "installed", "app.asar.unpacked");
    cpSync(beside(), outside, { recursive: true });
    cpSync(join(folder, "release", ".app-linux-x64", "dist", "crypto-worker", "native-module.json"), join(inside, "native-module.json"));
    expect(readFileSync(join(inside, "native-module.json"), "utf8")).toBe(read("dist/crypto-worker/native-module.json"));
    const module = join(outside, "dist", "crypto-worker", "sqlite.node");
    expect(verifiedNativeModule(inside)).toBe(module);
    const bytes = readFileSync(module);
    bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1);
    writeFileSync(module, bytes);
    expect(() => verifiedNativeModule(inside)).toThrow(expect.objectContaining({ code: "program-damaged" }));
  });
});

describe("what surrounds the archive", () => {
  test("is Electron without its demo, and our licence and those of others", () => {
    expect(readdirSync(join(unpacked, "resources")).toSorted()).toEqual(["apparmor-profile", "app.asar", "app.asar.unpacked"].toSorted());
    for (const file of [
      identity.executableName,
      "LICENSE.txt",
      "THIRD-PARTY-NOTICES.txt",
      "LICENSE.electron.txt",
      "LICENSES.chromium.html",
    ])
      expect(existsSync(join(unpacked, file)), file).toBe(true);
    expect(readdirSync(join(unpacked, "locales"))).toEqual(["en-US.pak"]);
    const notices = readFileSync(join(unpacked, "THIRD-PARTY-NOTICES.txt"), "utf8");
    for (const name of ["@matrix-org/olm", "better-sqlite3-multiple-ciphers", "react ", "zod "]) expect(notices).toContain(name);
  });

  test("has every fuse set as decided", async () => {
    expect(await readFuses(join(unpacked, identity.executableName))).toEqual(fusesFor("linux"));
  });

  test("a fuse that nobody has decided about stops the packaging", async () => {
    const binary = join(folder, "future-electron");
    const bytes = readFileSync(join(unpacked, identity.executableName));
    const wire = bytes.indexOf("dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX") + 32;
    writeFileSync(binary, Buffer.concat([bytes.subarray(0, wire), Buffer.from([1, 10]), Buffer.from("1011000111"), Buffer.alloc(64)]));
    await expect(setFuses(binary, "linux")).rejects.toThrow(/fuse/);
  });

  const electron = findElectron();
  test.skipIf(electron === undefined)("Electron's own binary has no other fuses than those decided", async () => {
    if (electron === undefined) return;
    const copy = join(folder, "real-electron");
    cpSync(electron, copy);
    await setFuses(copy, "linux");
    expect(await readFuses(copy)).toEqual(fusesFor("linux"));
  });

  test("the desktop entry starts it, opens matrix: links, and is found by its windows", () => {
    const entry = new Map(
      desktopEntry
        .split("\n")
        .flatMap((line) => (line.includes("=") ? [[line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)] as const] : [])),
    );
    expect(entry.get("Name")).toBe(identity.productName);
    expect(entry.get("Exec")).toBe(`/opt/${identity.productName}/${identity.executableName} %U`);
    expect(entry.get("MimeType")?.split(";")).toContain("x-scheme-handler/matrix");
    expect(entry.get("Categories")).toContain("InstantMessaging");
    expect(entry.get("StartupWMClass")).toBe(identity.appId);
    expect(entry.get("Terminal")).toBe("false");
    // Nothing that would weaken the sandbox or open a debugger.
    expect(desktopEntry).not.toMatch(/no-sandbox|inspect|remote-debugging/);
    expect(debArguments.some((each) => each.endsWith(`/usr/share/applications/${identity.appId}.desktop`))).toBe(true);
    for (const size of [16, 32, 48, 64, 128, 256, 512])
      expect(
        debArguments.some((each) => each.includes(`/${size}x${size}/apps/`)),
        String(size),
      ).toBe(true);
  });

  test("the AppArmor profile lets this program, and no other, make user namespaces", () => {
    const profile = readFileSync(join(unpacked, "resources", "apparmor-profile"), "utf8");
    expect(profile).toContain(
      `profile ${identity.executableName} "/opt/${identity.productName}/${identity.executableName}" flags=(unconfined)`,
    );
    expect(profile).toMatch(/^\s*userns,$/m);
    expect(installScript).toContain("apparmor_parser");
    expect(installScript).toContain(`/opt/${identity.productName}/resources/apparmor-profile`);
  });
});

test("the entitlements of macOS allow the compiling of WebAssembly and the vault's camera, and nothing else", () => {
  const text = readFileSync(join(root, "build", "resources", "mac", "entitlements.plist"), "utf8");
  expect([...text.matchAll(/<key>([^<]+)<\/key>\s*<(\w+)\/>/g)].map(([, key, value]) => [key, value])).toEqual([
    ["com.apple.security.cs.allow-jit", "true"],
    ["com.apple.security.device.camera", "true"],
  ]);
});

const withoutComments = (code: string): string => code.replaceAll(/^\s*(\/\/|\*).*$/gm, "");

const hashOf = (path: string): string => createHash("sha256").update(readFileSync(path)).digest("hex");

/** Names under which CommonJS code of others knows Node's modules. */
const NODE_OLD: ReadonlySet<string> = new Set(["fs", "path", "util", "crypto"]);
