import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { App } from "electron";
import { CodedError } from "../../protocol/errors.ts";
import { HIDDEN } from "../app/arguments.ts";
import { readTextFile, removeFile, writeFileAtomically } from "../profile/atomic-file.ts";
import { findInstallation } from "../updates/installation.ts";
import { autostartName, encodeAutostartEntry, isEnabledEntry, quoteForWindows } from "./autostart-entry.ts";

/** The start with the system, in the background. What the system says counts: a person may have switched it off there. */
export interface Autostart {
  isOn(): boolean;
  /** Throws `unsupported` where the program's path cannot be written down, and what the file system throws. */
  set(on: boolean): void;
}

export type AutostartSurroundings = {
  readonly app: Pick<App, "isPackaged" | "getLoginItemSettings" | "setLoginItemSettings">;
  readonly platform: NodeJS.Platform;
  readonly arch: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The running program's own file. */
  readonly program: string;
  /** As it was given on the command line, made absolute. */
  readonly profileDir: string | undefined;
  /** The user's folder for configuration. */
  readonly configDir: string;
};

/** Undefined where nobody could start this copy: one that is not installed, a Flatpak (its folder is not the session's), or on macOS one with a profile of its own. */
export function findAutostart(around: AutostartSurroundings): Autostart | undefined {
  const { app, platform, program, profileDir } = around;
  if (!app.isPackaged) return undefined;
  const args = [HIDDEN, ...(profileDir === undefined ? [] : [`--profile-dir=${profileDir}`])];
  switch (platform) {
    case "linux": {
      const installation = findInstallation(around);
      if (installation?.by === "flatpak") return undefined;
      const appImage = installation?.by === "itself" ? installation.appImage : undefined;
      return desktopEntry(join(around.configDir, "autostart"), autostartName(profileDir), { program: appImage ?? program, args });
    }
    case "win32": {
      const item = { path: program, args: args.map(quoteForWindows), name: autostartName(profileDir) };
      return {
        isOn: () => app.getLoginItemSettings(item).launchItems.some(({ name, enabled }) => name === item.name && enabled),
        set: (on) => app.setLoginItemSettings({ ...item, openAtLogin: on }),
      };
    }
    case "darwin":
      // A login item has no arguments; that it was the system that started us is asked of the system then.
      if (profileDir !== undefined) return undefined;
      return {
        isOn: () => ["enabled", "requires-approval"].includes(app.getLoginItemSettings().status),
        set: (on) => app.setLoginItemSettings({ openAtLogin: on }),
      };
    default:
      return undefined;
  }
}

function desktopEntry(folder: string, name: string, start: { readonly program: string; readonly args: readonly string[] }): Autostart {
  const path = join(folder, `${name}.desktop`);
  return {
    isOn() {
      const text = readTextFile(path, 65_536);
      return text.ok && text.value !== undefined && isEnabledEntry(text.value);
    },
    set(on) {
      if (on) {
        const entry = encodeAutostartEntry(start);
        if (entry === undefined) throw new CodedError("unsupported");
        mkdirSync(folder, { recursive: true, mode: 0o700 });
        writeFileAtomically(path, entry);
      } else if (existsSync(path)) removeFile(path);
    },
  };
}
