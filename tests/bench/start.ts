// Where the time goes between the start and the question for the passphrase: node tools/run.mjs tests/bench/start.ts [--starts=7] [--entry=FILE] [--settle=3500]
// Medians of several starts of the built app on the Chromium host, on a profile that is made once and kept in test-output/start-profile.
import { cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Page } from "@playwright/test";
import { bundle } from "../../build/bundle.ts";
import { launchApp } from "../../tools/chromium-host/launch.ts";
import { repositoryRoot } from "../../tools/chromium-host/versions.ts";
import { World } from "../e2e/world.ts";
import { expect, text } from "../support/app-driver.ts";
import { processTree } from "../support/process-memory.ts";
import { usageOf } from "./process-usage.ts";

const { values } = parseArgs({
  options: { starts: { type: "string", default: "7" }, entry: { type: "string" }, settle: { type: "string", default: "3500" } },
});
/** Until the start is over, also on a busy machine: looking on earlier would disturb what is measured. */
const SETTLE_MS = Number(values.settle);
const kept = join(repositoryRoot, "test-output", "start-profile");

async function main(): Promise<void> {
  if (values.entry === undefined) await bundle();
  if (!existsSync(kept)) await makeProfile();
  const runs: ReadonlyMap<string, number>[] = [];
  for (let run = 0; run < Number(values.starts); run++) runs.push(await start());
  const names = [...new Set(runs.flatMap((run) => [...run.keys()]))];
  for (const name of names) {
    const found = runs.flatMap((run) => run.get(name) ?? []).toSorted((a, b) => a - b);
    console.log(
      `${String(Math.round(found[Math.floor(found.length / 2)] ?? 0)).padStart(6)}  ${name} (${found.map(Math.round).join(" ")})`,
    );
  }
}

/** Signed in, with a passphrase. */
async function makeProfile(): Promise<void> {
  const world = await World.signedIn();
  try {
    await world.app.close();
    cpSync(world.profile, kept, { recursive: true });
  } finally {
    await World.end(world);
  }
}

/** One start: what was reached after how many milliseconds, and what each process spent. */
async function start(): Promise<ReadonlyMap<string, number>> {
  const folder = mkdtempSync(join(tmpdir(), "bulkhead-start-"));
  try {
    cpSync(kept, folder, { recursive: true });
    const started = Date.now();
    const spent: [string, number][] = [];
    setTimeout(() => spent.push(...spending()), SETTLE_MS - 100);
    const app = await launchApp({
      userData: folder,
      attachAfterMs: SETTLE_MS,
      ...(values.entry === undefined ? {} : { entry: values.entry }),
    });
    try {
      const vault = await app.vaultPage();
      await expect(vault.getByLabel(text("vault.unlock.passphrase"), { exact: true })).toBeVisible();
      const marks: [string, number][] = app.recorded.flatMap(({ what, value }) =>
        what.startsWith("start: ") ? [[what, Number(value)]] : [],
      );
      marks.push(...(await pageMarks(vault, "vault")), ...(await pageMarks(await app.chatPage(), "chat")));
      return new Map([...marks.map(([name, at]) => [name, at - started] as const).toSorted(([, a], [, b]) => a - b), ...spent]);
    } finally {
      await app.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The processor time of every process of the app so far, by its kind. */
function spending(): Map<string, number> {
  const spent = new Map<string, number>();
  for (const { name, cpuMs } of usageOf(processTree(process.pid).slice(1)).values()) {
    spent.set(`cpu ms: ${name}`, (spent.get(`cpu ms: ${name}`) ?? 0) + cpuMs);
    spent.set("cpu ms: all", (spent.get("cpu ms: all") ?? 0) + cpuMs);
  }
  return spent;
}

/** On the clock that started the app. */
function pageMarks(page: Page, name: string): Promise<[string, number][]> {
  return page.evaluate(
    (prefix) =>
      new Promise<[string, number][]>((resolve) => {
        const [navigation] = performance.getEntriesByType("navigation");
        new PerformanceObserver((list) => {
          const marks: [string, number][] = [["navigation started", 0]];
          if (navigation instanceof PerformanceNavigationTiming)
            marks.push(["document answered", navigation.responseEnd], ["DOMContentLoaded", navigation.domContentLoadedEventStart]);
          for (const entry of performance.getEntriesByType("resource"))
            if (entry instanceof PerformanceResourceTiming)
              marks.push([`${entry.name.split("/").at(-1)?.split("-")[0]} answered`, entry.responseEnd]);
          for (const entry of performance.getEntriesByType("paint")) marks.push([entry.name, entry.startTime]);
          marks.push(["largest paint", Math.max(...list.getEntries().map(({ startTime }) => startTime))]);
          resolve(marks.map(([what, at]) => [`${prefix}: ${what}`, performance.timeOrigin + at]));
        }).observe({ type: "largest-contentful-paint", buffered: true });
      }),
    name,
  );
}

await main();
