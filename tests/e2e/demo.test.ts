import { spawn } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "..", "..");

/** The only end-to-end test that also runs on real Electron: the demo takes it where its binary is, and says which of the two it has taken. */
test("the demo plays its whole story without a person, on Electron where there is one", async () => {
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", join(root, "tools", "demo", "demo.ts"), "--check"], {
    cwd: root,
  });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString("utf8")));
  child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString("utf8")));
  const code = await new Promise((resolve) => child.on("exit", resolve));
  expect(output).toMatch(/history is still readable\n/);
  expect(output).not.toMatch(/^FAIL/m);
  expect(code, output).toBe(0);
});
