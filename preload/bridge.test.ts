import { expect, test } from "vitest";
import { ok } from "../protocol/result.ts";
import type { Client } from "../protocol/rpc.ts";
import type { ShellContract } from "../protocol/shell.ts";
import { createBridge } from "./bridge.ts";
import { parsePortMessage } from "./port-message.ts";

function bridge() {
  const calls: { readonly method: string; readonly signal: AbortSignal | undefined }[] = [];
  const shell: Client<ShellContract> = {
    call: (method, _params, options) => {
      calls.push({ method, signal: options?.signal });
      return new Promise((resolve) => {
        if (method === "settings") resolve(ok({}) as never);
      });
    },
    on: () => () => undefined,
    close: () => undefined,
  };
  return { calls, bridge: createBridge(shell, () => undefined) };
}

test("only calls of the contract, with well-formed parameters, reach main", async () => {
  const { calls, bridge: page } = bridge();
  for (const name of ["toString", "__proto__", "constructor", "appStateChanged", ""]) {
    expect(await page.shell.call(name, {})).toEqual({ ok: false, error: { code: "unknown-method" } });
  }
  expect(await page.shell.call("settings", { extra: 1 })).toEqual({ ok: false, error: { code: "invalid-request" } });
  expect(calls).toEqual([]);
  expect(await page.shell.call("settings", {})).toEqual({ ok: true, value: {} });
});

test("giving up aborts the calls of that name only", () => {
  const { calls, bridge: page } = bridge();
  void page.shell.call("loginSso", { server: "x", idpId: null });
  void page.shell.call("discover", { server: "x" });
  page.shell.cancel("loginSso");
  expect(calls.map(({ signal }) => signal?.aborted)).toEqual([true, false]);
});

test("the bridge has no way to send anything of the page's own choosing", () => {
  const { bridge: page } = bridge();
  expect(Object.keys(page)).toEqual(["shell", "requestPort"]);
  expect(Object.keys(page.shell)).toEqual(["call", "cancel", "on"]);
});

test("a port of another load is not taken", () => {
  expect(parsePortMessage({ kind: "chat", nonce: "n" }, "n")).toBe("chat");
  expect(parsePortMessage({ kind: "chat", nonce: "m" }, "n")).toBeUndefined();
  expect(parsePortMessage({ kind: "shell", nonce: "n" }, "n")).toBeUndefined();
  expect(parsePortMessage(null, "n")).toBeUndefined();
});
