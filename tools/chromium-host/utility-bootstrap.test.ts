import { fork } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { UtilityWire } from "./utility-wire.ts";

const MODULE = `
process.parentPort.on("message", async ({ data }) => {
  if (data === "news") return process.parentPort.postMessage("news");
  await null;
  await null;
  process.parentPort.postMessage("answer to " + data);
});`;

test("what answers a message is said before the next message is told of, even where both came together", async () => {
  const folder = mkdtempSync(join(tmpdir(), "bulkhead-utility-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, "module.mjs"), MODULE);
  const child = fork(join(import.meta.dirname, "utility-bootstrap.ts"), [join(folder, "module.mjs")], {
    execArgv: ["--disable-warning=ExperimentalWarning"],
    serialization: "advanced",
  });
  onTestFinished(() => void child.kill());
  const said: unknown[] = [];
  const all = new Promise<void>((resolve) => {
    child.on("message", (wire: UtilityWire) => {
      if (wire.t === "message") said.push(wire.data);
      if (said.length === 4) resolve();
    });
  });
  // Both are there before the module is.
  for (const data of ["a question", "news", "another", "news"]) child.send({ t: "message", data, ports: [] } satisfies UtilityWire);
  await all;
  expect(said).toEqual(["answer to a question", "news", "answer to another", "news"]);
});
