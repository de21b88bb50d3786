// Runs the built app on Node and the system's Chromium: node tools/chromium-host/host.ts [--entry=FILE] [app arguments…]
import { registerHooks } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { browser } from "./browser.ts";
import { decideLocale } from "./locale.ts";
import { markStart } from "./test-link.ts";
import { electronVersions, repositoryRoot } from "./versions.ts";

const [, , ...given] = process.argv;
// The slowest part of a start, and it needs nothing of the app: it comes up while the app loads.
browser.start(decideLocale(given));
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

const standIn = pathToFileURL(join(import.meta.dirname, "electron.ts")).href;
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === "electron" || specifier === "electron/main"
      ? { url: standIn, format: "module-typescript", shortCircuit: true }
      : next(specifier, context),
});

const { app } = await import("./app.ts");
markStart("host loaded");
await import("./test-orders.ts");
// The app is ready only after its entry module has finished, as in Electron.
await import(pathToFileURL(entry).href);
markStart("entry evaluated");
app.becomeReady();
