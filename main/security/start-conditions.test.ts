import { expect, test } from "vitest";
import { hardenStart } from "./start-conditions.ts";

function appWith(isPackaged: boolean, switches: readonly string[]): { app: Parameters<typeof hardenStart>[0]; left: Set<string> } {
  const left = new Set(switches);
  const commandLine = {
    appendArgument: () => undefined,
    appendSwitch: () => undefined,
    getSwitchValue: () => "",
    hasSwitch: (name: string) => left.has(name),
    removeSwitch: (name: string) => void left.delete(name),
  };
  return { app: { isPackaged, commandLine }, left };
}

test("certificates are checked whatever the environment says", () => {
  const environment = { NODE_TLS_REJECT_UNAUTHORIZED: "0", NODE_OPTIONS: "--inspect", HOME: "/home/ada" };
  expect(hardenStart(appWith(false, []).app, environment)).toBeUndefined();
  expect(environment).toEqual({ HOME: "/home/ada" });
});

test("a package opens no debugger, loads nothing else and takes no notes", () => {
  const { app, left } = appWith(true, ["remote-debugging-port", "js-flags", "load-extension", "log-net-log", "lang"]);
  expect(hardenStart(app, {})).toBeUndefined();
  expect([...left]).toEqual(["lang"]);
});

test("a package does not run without the sandbox; a developer may", () => {
  expect(hardenStart(appWith(true, ["no-sandbox"]).app, {})).toBe("no-sandbox");
  expect(hardenStart(appWith(true, ["single-process"]).app, {})).toBe("single-process");
  expect(hardenStart(appWith(false, ["no-sandbox", "remote-debugging-port"]).app, {})).toBeUndefined();
});
