import { createHash } from "node:crypto";
import { APP_ID } from "../app/app-id.ts";

export type Start = {
  /** Absolute path of what is started. */
  readonly program: string;
  readonly args: readonly string[];
};

/** What an autostart is called in the lists of the system: a profile that was given by hand has one of its own. */
export function autostartName(profileDir: string | undefined): string {
  return profileDir === undefined ? APP_ID : `${APP_ID}-${createHash("sha256").update(profileDir).digest("hex").slice(0, 12)}`;
}

/**
 * The desktop entry that starts the program with a session (Desktop Entry Specification 1.5, Desktop Application Autostart Specification 0.5). Undefined
 * where the path cannot be written in one: not absolute, with "=" or with control characters.
 */
export function encodeAutostartEntry({ program, args }: Start): string | undefined {
  // SECURITY: a line break in a path would begin a key of its own.
  if (!program.startsWith("/") || program.includes("=") || [program, ...args].some((each) => /\p{Cc}/u.test(each))) return undefined;
  return [
    "[Desktop Entry]",
    "Type=Application",
    "Name=Bulkhead",
    "Comment=Receives messages in the background",
    // A program that is gone is not looked for at every start.
    `TryExec=${escapeString(program)}`,
    `Exec=${escapeString([program, ...args].map(quoteArgument).join(" "))}`,
    "Terminal=false",
    "X-GNOME-Autostart-enabled=true",
    "",
  ].join("\n");
}

/** Whether an entry is there and nobody has switched it off in the settings of the desktop. */
export function isEnabledEntry(text: string): boolean {
  return !/^(?:Hidden\s*=\s*true|X-GNOME-Autostart-enabled\s*=\s*false)\s*$/m.test(text);
}

/** For a value of type string. */
const escapeString = (value: string): string => value.replaceAll("\\", "\\\\");

/** One argument of `Exec`, before it is escaped as a string; a percent sign would begin a field code. */
const quoteArgument = (argument: string): string => `"${argument.replaceAll(/["`$\\]/g, "\\$&").replaceAll("%", "%%")}"`;

/** One argument of a command line of Windows: backslashes count only before a quote. A path there has no quote in it. */
export const quoteForWindows = (argument: string): string => `"${argument.replace(/\\+$/, "$&$&")}"`;
