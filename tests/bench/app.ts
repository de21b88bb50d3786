// `npm run measure`: how long the app takes to start, what it costs while nothing happens, and how fast its page and its worker talk. On the runtime that the
// end-to-end tests use; on the Chromium host the numbers hold its relays too, which Electron does not have.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Page } from "@playwright/test";
import { bundle } from "../../build/bundle.ts";
import { TestUser } from "../../tools/homeserver/test-user.ts";
import { eventually, PASSWORD, World } from "../e2e/world.ts";
import { type AppDriver, expect, PASSPHRASE, text } from "../support/app-driver.ts";
import { processTree } from "../support/process-memory.ts";
import { usageOf } from "./process-usage.ts";

const ROOMS = 200;
const STARTS = 3;
const IDLE_MS = 10_000;
const CALLS = 500;

type Measured = Record<string, number | string>;

async function main(): Promise<void> {
  await bundle();
  const measured: Measured = {};
  const world = await World.start();
  try {
    measured["start to sign-in form, ms"] = await startToSignIn(world);
    let app = world.app;
    await app.signIn("you", PASSWORD);
    await app.createPassphrase();
    await fillRooms(world, app);
    app = await world.restart({ attachAfterMs: 4000 });
    Object.assign(measured, await unlockToRooms(app));
    await eventually("the vault to close", () => !app.host.pages().some((page) => page.url().includes("//vault.")));
    await app.roomList.getByRole("option").first().click();
    await expect(app.feed).toBeVisible();
    await delay(3000);
    Object.assign(measured, await idle(app));
    Object.assign(measured, await roundTrips(app.page));
  } finally {
    await world.stop();
  }
  const folder = join(import.meta.dirname, "..", "..", "test-output");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "measure.json"), `${JSON.stringify(measured, null, 2)}\n`);
  for (const [name, value] of Object.entries(measured)) console.log(`${name}: ${value}`);
}

/** The largest thing that a page painted, on the clock that started the app. */
function painted(page: Page): Promise<number> {
  return page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        new PerformanceObserver((list) =>
          resolve(performance.timeOrigin + Math.max(...list.getEntries().map(({ startTime }) => startTime))),
        ).observe({ type: "largest-contentful-paint", buffered: true });
      }),
  );
}

/** The best of a few, because other work on the machine only ever adds; the last one goes on running. */
async function startToSignIn(world: World): Promise<number> {
  const times: number[] = [];
  for (let start = 1; start <= STARTS; start++) {
    const started = Date.now();
    const app = await world.launch({ attachAfterMs: 4000 });
    await expect(app.page.getByRole("textbox", { name: text("signIn.user"), exact: true })).toBeVisible();
    times.push(Math.round((await painted(app.page)) - started));
    if (start < STARTS) await app.close();
  }
  return Math.min(...times);
}

async function fillRooms(world: World, app: AppDriver): Promise<void> {
  const crowd = await TestUser.register(world.homeserver.url, "crowd");
  const membership = { type: "m.room.member", sender: world.you, stateKey: world.you, content: { membership: "join", displayname: "you" } };
  for (let n = 0; n < ROOMS; n++) {
    const roomId = await crowd.createRoom({ preset: "public_chat", name: `Quay ${String(n).padStart(3, "0")}` });
    world.homeserver.injectEvent(roomId, membership);
    world.homeserver.injectEvent(roomId, {
      type: "m.room.message",
      sender: crowd.userId,
      content: { msgtype: "m.text", body: `Crate ${n}` },
    });
  }
  await expect(app.roomList.getByRole("option").first()).toHaveAttribute("aria-setsize", String(ROOMS), { timeout: 60_000 });
}

/** From the press in the vault; what the passphrase costs is in it. */
async function unlockToRooms(app: AppDriver): Promise<Measured> {
  const vault = await app.vault();
  await vault.getByLabel(text("vault.unlock.passphrase"), { exact: true }).fill(PASSPHRASE);
  const pressed = Date.now();
  await vault.getByRole("button", { name: text("vault.unlock.submit"), exact: true }).click();
  await expect(app.roomList.getByRole("option").first()).toContainText("Quay");
  return { "passphrase to room list with 200 rooms, key stretching included, ms": Date.now() - pressed };
}

/** Memory is each process's proportional share; processor time is of one core. */
async function idle(app: AppDriver): Promise<Measured> {
  if (process.platform !== "linux") return { idle: "is measured on Linux only" };
  const before = usageOf(processTree(app.host.pid));
  await delay(IDLE_MS);
  const after = usageOf(processTree(app.host.pid));
  const measured: Measured = {};
  let megabytes = 0;
  let percent = 0;
  for (const [pid, { name, cpuMs, kilobytes }] of after) {
    const share = ((cpuMs - (before.get(pid)?.cpuMs ?? cpuMs)) / IDLE_MS) * 100;
    const label = `idle, ${name} (${[...after.keys()].indexOf(pid)})`;
    measured[label] = `${Math.round(kilobytes / 1024)} MB, ${share.toFixed(1)} % of a core`;
    megabytes += kilobytes / 1024;
    percent += share;
  }
  measured["idle, all processes"] = `${Math.round(megabytes)} MB, ${percent.toFixed(1)} % of a core`;
  return measured;
}

/** A small call of the chat port, one after the other. */
async function roundTrips(page: Page): Promise<Measured> {
  const times = await page.evaluate(async (count) => {
    const port = await new Promise<MessagePort>((resolve) => {
      window.addEventListener("message", (event) => {
        const [first] = event.ports;
        if (first !== undefined) resolve(first);
      });
      (window as unknown as { bulkhead: { requestPort: () => void } }).bulkhead.requestPort();
    });
    const took: number[] = [];
    for (let id = 1; id <= count; id++) {
      const answered = new Promise<void>((resolve) => {
        const listen = (event: MessageEvent): void => {
          if (event.data.id !== id) return;
          port.removeEventListener("message", listen);
          resolve();
        };
        port.addEventListener("message", listen);
      });
      port.start();
      const started = performance.now();
      port.postMessage({ id, method: "status", params: {} });
      await answered;
      took.push(performance.now() - started);
    }
    return took;
  }, CALLS);
  times.sort((a, b) => a - b);
  const at = (part: number): string => (times[Math.floor(times.length * part)] ?? 0).toFixed(2);
  return { "round trip chat page to worker, ms": `p50 ${at(0.5)}, p95 ${at(0.95)}` };
}

await main();
