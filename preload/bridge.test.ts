import { expect, test } from "vitest";
import { serve, type Handlers } from "../protocol/rpc.ts";
import { call, event } from "../protocol/define.ts";
import { CodedError } from "../protocol/errors.ts";
import { z } from "zod";
import { createBridge } from "./bridge.ts";
import { parsePortMessage } from "./port-message.ts";

const contract = {
  double: call("public", z.strictObject({ n: z.int() }), z.int()),
  wait: call("public", z.strictObject({}), z.strictObject({})),
  news: event("public", z.strictObject({ n: z.int() })),
};

/** The bridge at one end, the contract's server as in main at the other. */
function bridge() {
  const sent: unknown[] = [];
  let toMain = (_message: unknown): void => undefined;
  let toPage = (_message: unknown): void => undefined;
  const handlers: Handlers<typeof contract> = {
    double: ({ n }) => n * 2,
    wait: (_params, { signal }) =>
      new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(new CodedError("cancelled")))),
  };
  const page = createBridge(
    {
      post: (message) => {
        sent.push(structuredClone(message));
        toMain(message);
      },
      onMessage: (listener) => {
        toPage = (message) => listener(message, []);
      },
    },
    () => undefined,
  );
  const server = serve(contract, handlers, {
    post: (message) => toPage(message),
    onMessage: (listener) => {
      toMain = (message) => listener(message, []);
    },
    onClose: () => undefined,
    close: () => undefined,
  });
  return { page, server, sent, tell: (message: unknown) => toPage(message) };
}

test("calls are answered each with its own answer, and main's refusals come through", async () => {
  const { page } = bridge();
  const answers = await Promise.all([
    page.shell.call("double", { n: 2 }),
    page.shell.call("double", { n: 3 }),
    page.shell.call("double", { n: 3, extra: 1 }),
    ...["toString", "__proto__", "constructor", "news", ""].map((name) => page.shell.call(name, {})),
  ]);
  const unknown = { ok: false, error: { code: "unknown-method" } };
  expect(answers).toEqual([
    { ok: true, value: 4 },
    { ok: true, value: 6 },
    { ok: false, error: { code: "invalid-request" } },
    ...Array.from({ length: 5 }, () => unknown),
  ]);
});

test("what main would not answer, or what cannot be sent, is refused at once", async () => {
  const { page, sent } = bridge();
  expect(await page.shell.call("x".repeat(65), {})).toEqual({ ok: false, error: { code: "unknown-method" } });
  expect(await page.shell.call(["double"] as never, {})).toEqual({ ok: false, error: { code: "unknown-method" } });
  expect(await page.shell.call("double", { n: () => 1 })).toEqual({ ok: false, error: { code: "invalid-request" } });
  expect(sent).toEqual([]);
});

test("giving up cancels the calls of that name only", async () => {
  const { page, sent } = bridge();
  const waits = [page.shell.call("wait", {}), page.shell.call("wait", {})];
  await page.shell.call("double", { n: 1 });
  page.shell.cancel("double");
  expect(sent).toHaveLength(3);
  page.shell.cancel("wait");
  expect(await Promise.all(waits)).toEqual(waits.map(() => ({ ok: false, error: { code: "cancelled" } })));
});

test("events reach who listens, until they stop; noise reaches nobody", () => {
  const { page, server, tell } = bridge();
  const heard: unknown[] = [];
  const stop = page.shell.on("news", (payload) => heard.push(payload));
  server.emit("news", { n: 1 });
  for (const noise of [null, 7, "x", {}, { event: "news" }, { id: "1", ok: true }, { id: 99, ok: true, value: 1 }]) tell(noise);
  stop();
  server.emit("news", { n: 2 });
  expect(heard).toEqual([{ n: 1 }]);
});

test("the bridge has no way to send anything of the page's own choosing", () => {
  const { page } = bridge();
  expect(Object.keys(page)).toEqual(["shell", "requestPort"]);
  expect(Object.keys(page.shell)).toEqual(["call", "cancel", "on"]);
});

test("a port of another load is not taken", () => {
  expect(parsePortMessage({ kind: "chat", nonce: "n" }, "n")).toBe("chat");
  expect(parsePortMessage({ kind: "chat", nonce: "m" }, "n")).toBeUndefined();
  expect(parsePortMessage({ kind: "shell", nonce: "n" }, "n")).toBeUndefined();
  expect(parsePortMessage(null, "n")).toBeUndefined();
});
