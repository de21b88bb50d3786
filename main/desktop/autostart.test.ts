import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CodedError } from "../../protocol/errors.ts";
import { type AutostartSurroundings, findAutostart } from "./autostart.ts";

let configDir: string;
beforeEach(() => void (configDir = mkdtempSync(join(tmpdir(), "bulkhead-autostart-"))));
afterEach(() => rmSync(configDir, { recursive: true, force: true }));

type App = AutostartSurroundings["app"];

function around(change: Partial<AutostartSurroundings> = {}): AutostartSurroundings {
  const app = {
    isPackaged: true,
    getLoginItemSettings: () => ({ launchItems: [], status: "not-registered" }),
    setLoginItemSettings: () => undefined,
  } as unknown as App;
  const program = "/opt/Bulkhead/bulkhead";
  return { app, platform: "linux", arch: "x64", env: {}, program, profileDir: undefined, configDir, ...change };
}

const entryFile = (): string => join(configDir, "autostart", "chat.bulkhead.Bulkhead.desktop");

test("Linux: an entry for the session, there while it is on and for its owner alone", () => {
  const autostart = findAutostart(around());
  expect(autostart?.isOn()).toBe(false);
  autostart?.set(true);
  expect(autostart?.isOn()).toBe(true);
  expect(readFileSync(entryFile(), "utf8")).toContain('Exec="/opt/Bulkhead/bulkhead" "--hidden"\n');
  expect(statSync(entryFile()).mode & 0o077).toBe(0);
  autostart?.set(false);
  autostart?.set(false);
  expect(readdirSync(join(configDir, "autostart"))).toEqual([]);
});

test("Linux: an AppImage is started by its own file, not by what is in its mount, and a profile goes along", () => {
  const env = { APPIMAGE: "/home/ada/Bulkhead.AppImage", APPDIR: "/tmp/.mount_x" };
  findAutostart(around({ env, program: "/tmp/.mount_x/bulkhead" }))?.set(true);
  expect(readFileSync(entryFile(), "utf8")).toContain('Exec="/home/ada/Bulkhead.AppImage" "--hidden"\n');
  // Inherited from another program.
  findAutostart(around({ env, profileDir: "/srv/other" }))?.set(true);
  const other = readdirSync(join(configDir, "autostart")).find((name) => !entryFile().endsWith(name)) ?? "";
  expect(readFileSync(join(configDir, "autostart", other), "utf8")).toContain(
    'Exec="/opt/Bulkhead/bulkhead" "--hidden" "--profile-dir=/srv/other"\n',
  );
});

test("Linux: what was switched off in the desktop's own settings is off, and goes with the switch", () => {
  const autostart = findAutostart(around());
  mkdirSync(join(configDir, "autostart"));
  writeFileSync(entryFile(), "[Desktop Entry]\nType=Application\nHidden=true\n");
  expect(autostart?.isOn()).toBe(false);
  autostart?.set(false);
  expect(readdirSync(join(configDir, "autostart"))).toEqual([]);
});

test("Linux: a path that cannot be written down is refused, and nothing is written", () => {
  expect(() => findAutostart(around({ program: "/opt/a\nExec=evil" }))?.set(true)).toThrow(CodedError);
  expect(readdirSync(configDir)).toEqual([]);
});

test("Windows: the registry's entry under our name, with every argument as one; somebody may have switched it off", () => {
  const set: unknown[] = [];
  const items = [{ name: "chat.bulkhead.Bulkhead", enabled: true }];
  const app = {
    isPackaged: true,
    getLoginItemSettings: () => ({ launchItems: items }),
    setLoginItemSettings: (item: unknown) => set.push(item),
  } as unknown as App;
  const program = "C:\\Programs\\Bulkhead\\bulkhead.exe";
  const autostart = findAutostart(around({ app, platform: "win32", program }));
  expect(autostart?.isOn()).toBe(true);
  items[0] = { name: "chat.bulkhead.Bulkhead", enabled: false };
  expect(autostart?.isOn()).toBe(false);
  autostart?.set(true);
  autostart?.set(false);
  const item = { path: program, args: ['"--hidden"'], name: "chat.bulkhead.Bulkhead" };
  expect(set).toEqual([
    { ...item, openAtLogin: true },
    { ...item, openAtLogin: false },
  ]);
});

test("macOS: a login item, but none for a profile of its own, since it has no arguments", () => {
  const set: unknown[] = [];
  const app = {
    isPackaged: true,
    getLoginItemSettings: () => ({ status: "enabled" }),
    setLoginItemSettings: (item: unknown) => set.push(item),
  } as unknown as App;
  const autostart = findAutostart(around({ app, platform: "darwin" }));
  expect(autostart?.isOn()).toBe(true);
  autostart?.set(false);
  expect(set).toEqual([{ openAtLogin: false }]);
  expect(findAutostart(around({ app, platform: "darwin", profileDir: "/p" }))).toBeUndefined();
});

test("a working copy and a Flatpak are not started by the system", () => {
  const app = { isPackaged: false } as unknown as App;
  expect(findAutostart(around({ app }))).toBeUndefined();
  expect(findAutostart(around({ env: { FLATPAK_ID: "chat.bulkhead.Bulkhead" } }))).toBeUndefined();
});
