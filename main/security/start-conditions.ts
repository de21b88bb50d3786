import type { App } from "electron";

/** Variables that would weaken a process of ours and that nobody needs for it. Node reads the first at every connection. */
const VARIABLES = ["NODE_TLS_REJECT_UNAUTHORIZED", "NODE_OPTIONS", "NODE_DEBUG", "SSLKEYLOGFILE"] as const;

/** Switches of Chromium and Node that open the app to whoever started it: debuggers, other programs and code, notes of what goes on. */
const SWITCHES = [
  "renderer-cmd-prefix",
  "utility-cmd-prefix",
  "gpu-launcher",
  "ppapi-plugin-launcher",
  "browser-subprocess-path",
  "remote-debugging-port",
  "remote-debugging-pipe",
  "remote-debugging-address",
  "remote-allow-origins",
  "inspect",
  "inspect-brk",
  "inspect-port",
  "js-flags",
  "load-extension",
  "enable-blink-features",
  "use-fake-ui-for-media-stream",
  "auto-accept-camera-and-microphone-capture",
  "auto-select-desktop-capture-source",
  "unsafely-treat-insecure-origin-as-secure",
  "disable-site-isolation-trials",
  "disable-web-security",
  "allow-file-access-from-files",
  "allow-running-insecure-content",
  "enable-logging",
  "log-file",
  "log-net-log",
  "net-log-capture-mode",
  "ssl-key-log-file",
  "trace-startup",
  "trace-startup-file",
  "vmodule",
  "v",
] as const;

/** Without these a page is one bug away from everything; by the time we are asked it is too late to put the sandbox back. */
const REFUSED = ["no-sandbox", "single-process", "disable-seccomp-filter-sandbox", "disable-namespace-sandbox"] as const;

/**
 * Takes away, before anything is loaded, what an environment or a command line could do to the app; in a package also what developers use. Answers the
 * switch because of which the app must not go on, if there is one. It keeps mistakes and copied command lines out, not a program that runs as the same user.
 */
export function hardenStart(app: Pick<App, "isPackaged" | "commandLine">, environment: NodeJS.ProcessEnv): string | undefined {
  for (const name of VARIABLES) delete environment[name];
  // A page can have any name looked up, whatever its policy says, and each would be a message to whoever owns the name.
  app.commandLine.appendSwitch("blink-settings", "dnsPrefetchingEnabled=false");
  if (!app.isPackaged) return undefined;
  for (const name of SWITCHES) app.commandLine.removeSwitch(name);
  return REFUSED.find((name) => app.commandLine.hasSwitch(name));
}
