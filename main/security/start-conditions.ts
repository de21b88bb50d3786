import type { App } from "electron";

/** Variables that would weaken a process of ours and that nobody needs for it. Node reads the first at every connection. */
const VARIABLES = ["NODE_TLS_REJECT_UNAUTHORIZED", "NODE_OPTIONS", "NODE_DEBUG", "SSLKEYLOGFILE"] as const;

/** Switches of Chromium and Node that open the app to whoever started it: debuggers, other code, notes of what goes on. */
const SWITCHES = [
  "remote-debugging-port",
  "remote-debugging-pipe",
  "remote-debugging-address",
  "remote-allow-origins",
  "inspect",
  "inspect-brk",
  "inspect-port",
  "js-flags",
  "load-extension",
  "disable-web-security",
  "allow-file-access-from-files",
  "allow-running-insecure-content",
  "enable-logging",
  "log-file",
  "log-net-log",
  "net-log-capture-mode",
  "ssl-key-log-file",
] as const;

/** Without these a page is one bug away from everything; by the time we are asked it is too late to put the sandbox back. */
const REFUSED = ["no-sandbox", "single-process"] as const;

/**
 * Takes away, before anything is loaded, what an environment or a command line could do to the app; in a package also what developers use. Answers the
 * switch because of which the app must not go on, if there is one. It keeps mistakes and copied command lines out, not a program that runs as the same user.
 */
export function hardenStart(app: Pick<App, "isPackaged" | "commandLine">, environment: NodeJS.ProcessEnv): string | undefined {
  for (const name of VARIABLES) delete environment[name];
  if (!app.isPackaged) return undefined;
  for (const name of SWITCHES) app.commandLine.removeSwitch(name);
  return REFUSED.find((name) => app.commandLine.hasSwitch(name));
}
