import { PassThrough } from "node:stream";
import { expect, test, vi } from "vitest";
import { Log } from "./log.ts";
import { pipeToLog } from "./process-output.ts";

test("a text that is no plain word does not get into the log", () => {
  const lines: string[] = [];
  const log = new Log("test", [(line) => lines.push(line)]);
  log.info("x.happened", { code: "offline", kind: "hello ada, the password is", ms: 3 });
  log.bug("x.broke", new TypeError("cannot read secret-value"));
  expect(lines.join("\n")).not.toContain("secret");
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({ event: "x.happened", code: "offline", ms: 3 });
  expect(JSON.parse(lines[0] ?? "")).not.toHaveProperty("kind");
  expect(JSON.parse(lines[1] ?? "")).toMatchObject({ errorClass: "TypeError" });
});

test("of another process's output only structure gets through", async () => {
  const lines: string[] = [];
  const stream = new PassThrough();
  pipeToLog(stream, new Log("worker", [(line) => lines.push(line)]));
  stream.end(
    '{"event":"sync","ms":3}\nplain text with a secret\nTypeError: no such secret\n    at open (/home/ada/secret/store.ts:12:3)\n',
  );
  await vi.waitFor(() => expect(lines).toHaveLength(4));
  expect(lines.join("\n")).not.toContain("secret");
  expect(lines[0]).toBe('{"event":"sync","ms":3}');
  expect(lines[3]).toContain("store.ts:12:3");
});
