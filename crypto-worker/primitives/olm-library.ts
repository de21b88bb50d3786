import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import Olm from "@matrix-org/olm";

type OlmLibrary = typeof Olm;

/**
 * Longest text, in UTF-8 bytes, for the calls that libolm's JavaScript copies onto WebAssembly's stack: signing, unpickling, pre-key
 * messages, SAS. That stack has 64 KiB and no guard: beyond it libolm's own tables are overwritten and every later call is wrong.
 */
export const MAX_STACK_INPUT = 40_000;

let loading: Promise<void> | undefined;
let library: OlmLibrary | undefined;

/** Loads libolm's WebAssembly. Idempotent; every other class of this folder needs it to have finished. */
export function loadOlm(): Promise<void> {
  loading ??= initialise();
  return loading;
}

/** The loaded library. For this folder only: others use the wrappers, which check what libolm does not. */
export function olm(): OlmLibrary {
  if (library === undefined) throw new Error("libolm is not loaded: await loadOlm() first");
  return library;
}

async function initialise(): Promise<void> {
  const before = processListeners();
  const options = { wasmBinary: readFileSync(wasmPath()) };
  // The loader is a sloppy-mode script: inside a bundled ES module it finds neither of these two, so lend it globals.
  const globals = { OLM_OPTIONS: options, __dirname: "" };
  Object.assign(globalThis, globals);
  try {
    await Olm.init(options);
  } finally {
    for (const name of Object.keys(globals)) Reflect.deleteProperty(globalThis, name);
    removeNewListeners(before);
  }
  library = Olm;
}

/** The loader also installs handlers that rethrow every uncaught error; those belong to whoever owns the process. */
function removeNewListeners(before: ReturnType<typeof processListeners>): void {
  for (const [event, listeners] of processListeners()) {
    for (const listener of listeners) {
      if (!before.get(event)?.includes(listener)) process.removeListener(event, listener);
    }
  }
}

function processListeners(): Map<string, readonly ((...args: unknown[]) => void)[]> {
  const events = ["uncaughtException", "unhandledRejection"];
  return new Map(events.map((event) => [event, process.rawListeners(event).map((listener) => listener as (...args: unknown[]) => void)]));
}

/** Beside the bundle as `olm.wasm`, otherwise inside the package. */
function wasmPath(): URL | string {
  const bundled = new URL("./olm.wasm", import.meta.url);
  return existsSync(bundled) ? bundled : createRequire(import.meta.url).resolve("@matrix-org/olm/olm.wasm");
}
