// Runs the built app on Node and the system's Chromium: node tools/chromium-host/host.ts [--entry=FILE] [app arguments…]
import { registerHooks } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { electronVersions, repositoryRoot } from "./versions.ts";

const [, , ...given] = process.argv;
const entryArgument = given.find((argument) => argument.startsWith("--entry="));
const entry =
  entryArgument === undefined ? join(repositoryRoot, "dist", "main", "entry.js") : resolve(entryArgument.slice("--entry=".length));

// As Electron's: the executable, the app, then the arguments.
process.argv.splice(1, Infinity, repositoryRoot, ...given.filter((argument) => argument !== entryArgument));
Object.defineProperties(process, {
  type: { value: "browser" },
  defaultApp: { value: true },
  resourcesPath: { value: repositoryRoot },
  versions: { value: electronVersions },
});
process.setSourceMapsEnabled(true);

const standIn = pathToFileURL(join(import.meta.dirname, "electron.ts")).href;
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === "electron" || specifier === "electron/main"
      ? { url: standIn, format: "module-typescript", shortCircuit: true }
      : next(specifier, context),
});

const { app } = await import("./app.ts");
await import("./test-orders.ts");
// The app is ready only after its entry module has finished, as in Electron; one that has quit by then needs no Chromium.
await import(pathToFileURL(entry).href);
await app.becomeReady();
