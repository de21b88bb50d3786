// `npm run check`: types, lint, layers, size budget, unused code and formatting, side by side. Fails with every problem at once.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { checkLayers } from "./lint/layers.ts";
import { checkSizes } from "./lint/size-budget.ts";

const root = join(import.meta.dirname, "..");
const bin = (name: string): string => join(root, "node_modules", ".bin", name);

type Outcome = { readonly name: string; readonly ok: boolean; readonly output: string; readonly seconds: number };

function run(name: string, command: string, args: readonly string[]): Promise<Outcome> {
  const started = performance.now();
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"], shell: process.platform === "win32" });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString("utf8")));
    child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString("utf8")));
    child.on("close", (code) => resolve({ name, ok: code === 0, output, seconds: (performance.now() - started) / 1000 }));
  });
}

function runHere(name: string, work: () => { problems: readonly string[]; note: string }): Outcome {
  const started = performance.now();
  const { problems, note } = work();
  return { name, ok: problems.length === 0, output: [...problems, note].join("\n"), seconds: (performance.now() - started) / 1000 };
}

const projects = ["protocol", "main", "preload", "renderer", "crypto-worker", "."];

async function main(): Promise<number> {
  const outcomes = [
    runHere("layers", () => ({ problems: checkLayers(root), note: "" })),
    runHere("sizes", () => {
      const { problems, warnings, summary } = checkSizes(root);
      return { problems, note: [...warnings.map((warning) => `${warning} (over 400: split by noun)`), summary].join("\n") };
    }),
    ...(await Promise.all([
      run("lint", bin("oxlint"), ["--type-aware", "--quiet"]),
      run("unused", bin("knip"), ["--no-progress"]),
      run("format", bin("prettier"), ["--check", "--log-level", "warn", "."]),
      (async () => {
        const types = [];
        for (const project of projects) types.push(await run(`types ${project}`, bin("tsc"), ["-p", project]));
        return types;
      })(),
    ])),
  ].flat();
  for (const { name, ok, output, seconds } of outcomes) {
    console.log(`${ok ? "ok  " : "FAIL"} ${name} (${seconds.toFixed(1)} s)`);
    if (!ok || name === "sizes") console.log(output.trim().replace(/^/gm, "     "));
  }
  return outcomes.every(({ ok }) => ok) ? 0 : 1;
}

process.exitCode = await main();
