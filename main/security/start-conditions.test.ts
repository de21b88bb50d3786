import { expect, test } from "vitest";
import { hardenStart } from "./start-conditions.ts";

function appWith(
  isPackaged: boolean,
  switches: readonly string[],
): { app: Parameters<typeof hardenStart>[0]; left: Set<string>; settings: string[] } {
  const left = new Set(switches);
  const settings: string[] = [];
  const commandLine = {
    appendArgument: () => undefined,
    appendSwitch: (name: string, value = "") => void settings.push(`${name}=${value}`),
    getSwitchValue: () => "",
    hasSwitch: (name: string) => left.has(name),
    removeSwitch: (name: string) => void left.delete(name),
  };
  return { app: { isPackaged, commandLine }, left, settings };
}

test("certificates are checked whatever the environment says", () => {
  const environment = { NODE_TLS_REJECT_UNAUTHORIZED: "0", NODE_OPTIONS: "--inspect", HOME: "/home/ada" };
  expect(hardenStart(appWith(false, []).app, environment)).toBeUndefined();
  expect(environment).toEqual({ HOME: "/home/ada" });
});

test("a package opens no debugger, starts and loads nothing else, takes no notes and lets no page film unasked", () => {
  const { app, left } = appWith(true, [
    "remote-debugging-port",
    "js-flags",
    "load-extension",
    "log-net-log",
    "trace-startup",
    "renderer-cmd-prefix",
    "gpu-launcher",
    "browser-subprocess-path",
    "use-fake-ui-for-media-stream",
    "enable-blink-features",
    "lang",
  ]);
  expect(hardenStart(app, {})).toBeUndefined();
  expect([...left]).toEqual(["lang"]);
});

test("pages have no names looked up, in a package as elsewhere, whatever the command line says", () => {
  for (const isPackaged of [true, false]) {
    const { app, settings } = appWith(isPackaged, ["blink-settings"]);
    hardenStart(app, {});
    expect(settings).toEqual(["blink-settings=dnsPrefetchingEnabled=false"]);
  }
});

test("a package does not run without the sandbox; a developer may", () => {
  expect(hardenStart(appWith(true, ["no-sandbox"]).app, {})).toBe("no-sandbox");
  expect(hardenStart(appWith(true, ["single-process"]).app, {})).toBe("single-process");
  expect(hardenStart(appWith(true, ["disable-seccomp-filter-sandbox"]).app, {})).toBe("disable-seccomp-filter-sandbox");
  expect(hardenStart(appWith(false, ["no-sandbox", "remote-debugging-port"]).app, {})).toBeUndefined();
});
