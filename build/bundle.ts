// `npm run build`: bundles every process into dist/. A part whose inputs have not changed is left alone; `--force` builds all.
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { hashInputs, isFresh, markFresh } from "./freshness.ts";
import { hostTarget, writeNativeModule } from "./native-module.ts";
import { nodeBundle, pageBundle, type Part } from "./parts.ts";

const root = join(import.meta.dirname, "..");
const shared = ["package-lock.json", "package.json", "build/bundle.ts", "build/parts.ts", "build/freshness.ts", "protocol"];

const parts: readonly Part[] = [
  nodeBundle({
    name: "main",
    entry: "main/entry.ts",
    inputs: ["main", "build/resources/tray"],
    format: "es",
    copy: [["build/resources/tray", "tray"]],
  }),
  nodeBundle({ name: "preload", entry: "preload/entry.ts", inputs: ["preload"], format: "cjs" }),
  nodeBundle({
    name: "crypto-worker",
    entry: "crypto-worker/entry.ts",
    inputs: ["crypto-worker", "build/native-module.ts"],
    format: "es",
    // libolm's WebAssembly and SQLite's native module lie beside the bundle.
    copy: [["node_modules/@matrix-org/olm/olm.wasm", "olm.wasm"]],
    finish: (root, folder) => writeNativeModule(root, folder, hostTarget()),
  }),
  nodeBundle({
    name: "crypto-crew",
    entry: "crypto-worker/primitives/crew/crew-thread.ts",
    inputs: ["crypto-worker/primitives"],
    format: "es",
    copy: [["node_modules/@matrix-org/olm/olm.wasm", "olm.wasm"]],
  }),
  pageBundle({ name: "chat", inputs: ["renderer/chat", "renderer/ui"] }),
  pageBundle({ name: "vault", inputs: ["renderer/vault", "renderer/ui"] }),
];

/** Builds what is not up to date. Every part that can be built is; then it throws where one could not. */
export async function bundle({ force = false }: { readonly force?: boolean } = {}): Promise<void> {
  const started = performance.now();
  const stale = parts.flatMap((part) => {
    const inputsHash = hashInputs(root, [...part.inputs, ...shared]);
    return !force && isFresh(root, part.output, inputsHash) ? [] : [{ part, inputsHash }];
  });
  if (stale.length === 0) return;
  const outcomes = await inProduction(async () => {
    // Vite is loaded only when there is something to do: it costs more than the check.
    const vite = await import("vite");
    return Promise.allSettled(
      stale.map(async ({ part, inputsHash }) => {
        const folder = join(root, `${part.output}.new-${process.pid}`);
        try {
          await part.build(vite, root, folder);
          replaceFolder(folder, join(root, part.output));
        } finally {
          rmSync(folder, { recursive: true, force: true });
        }
        markFresh(root, part.output, inputsHash);
      }),
    );
  });
  const failures = outcomes.flatMap((outcome, index) =>
    outcome.status === "rejected" ? [`${stale[index]?.part.name}: ${describe(outcome.reason)}`] : [],
  );
  if (failures.length > 0) throw new BuildFailed(failures);
  console.error(`Built ${stale.map(({ part }) => part.name).join(", ")} in ${((performance.now() - started) / 1000).toFixed(1)} s`);
}

/** Whoever builds (a test runner has NODE_ENV=test): the bundles are those for people, or the JSX transform would not fit the React that is bundled. */
async function inProduction<T>(work: () => Promise<T>): Promise<T> {
  const before = process.env["NODE_ENV"];
  process.env["NODE_ENV"] = "production";
  try {
    return await work();
  } finally {
    if (before === undefined) delete process.env["NODE_ENV"];
    else process.env["NODE_ENV"] = before;
  }
}

/** Parts that did not build, with what Vite said. */
export class BuildFailed extends Error {
  constructor(failures: readonly string[]) {
    super(failures.join("\n\n"));
    this.name = "BuildFailed";
  }
}

/** The output changes at one moment, so that an app which starts meanwhile finds the old files or the new ones. */
function replaceFolder(from: string, to: string): void {
  const old = `${to}.old-${process.pid}`;
  mkdirSync(dirname(to), { recursive: true });
  if (existsSync(to)) renameSync(to, old);
  renameSync(from, to);
  rmSync(old, { recursive: true, force: true });
}

function describe(reason: unknown): string {
  return reason instanceof Error ? reason.message : String(reason);
}

if (process.argv[1] === import.meta.filename) {
  try {
    await bundle({ force: process.argv.includes("--force") });
  } catch (error) {
    if (!(error instanceof BuildFailed)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
