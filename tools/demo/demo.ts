// npm run demo [-- --check]: two accounts on the embedded homeserver, `you` in the app and `ada` in a headless client that answers.
import { createWriteStream, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { BuildFailed, bundle } from "../../build/bundle.ts";
import { type AppRuntime, chooseRuntime } from "../electron-binary.ts";
import { startHomeserver } from "../homeserver/homeserver.ts";
import { Ada } from "./ada.ts";
import { runCheck } from "./check.ts";
import { type DemoApp, launchDemoApp } from "./demo-app.ts";
import { StepFailed } from "./steps.ts";
import { runTour } from "./tour.ts";

const { values } = parseArgs({ options: { check: { type: "boolean", default: false } } });
const output = join(import.meta.dirname, "..", "..", "demo-output");
const hasDisplay = process.platform !== "linux" || (process.env["DISPLAY"] ?? process.env["WAYLAND_DISPLAY"] ?? "") !== "";

async function main(): Promise<void> {
  await bundle();
  const runtime = await runtimeOf();
  if (runtime.note !== "") console.error(runtime.note);
  if (!hasDisplay) console.error("There is no display: the app runs without one; screenshots are in demo-output/.");
  mkdirSync(output, { recursive: true });
  const folder = mkdtempSync(join(tmpdir(), "bulkhead-demo-"));
  const homeserver = await startHomeserver({ serverName: "demo.bulkhead.test" });
  const log = createWriteStream(join(output, "ada.log"));
  const ada = new Ada(join(folder, "ada"), (line) => log.write(`${line}\n`));
  try {
    const password = "demo password";
    homeserver.registerUser("ada", password);
    const { userId } = homeserver.registerUser("you", password);
    await ada.signIn(homeserver.url, password);
    const launch = (): Promise<DemoApp> =>
      launchDemoApp({ runtime, profileDir: join(folder, "you"), homeserver: homeserver.url, headless: values.check || !hasDisplay });
    const deps = { homeserver, ada, you: { user: "you", userId, password }, launch, output };
    if (values.check) await runCheck(deps);
    else await runTour(deps);
  } finally {
    await ada.stop();
    await homeserver.stop();
    log.end();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Electron needs a display; the Chromium host does not. */
function runtimeOf(): Promise<AppRuntime> {
  if (!hasDisplay) process.env["BULKHEAD_RUNTIME"] ??= "chromium";
  return chooseRuntime();
}

try {
  await main();
  process.exit(0);
} catch (error) {
  console.error(
    error instanceof BuildFailed ? `The app does not build.\n${error.message}` : error instanceof StepFailed ? error.message : error,
  );
  process.exit(1);
}
