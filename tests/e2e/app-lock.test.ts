import { afterAll, beforeAll, test, expect as value } from "vitest";
import { isAlive } from "../../tools/chromium-host/chromium.ts";
import { type AppDriver, expect, PASSPHRASE, text } from "../support/app-driver.ts";
import type { HeadlessClient } from "../support/headless-client.ts";
import { eventually, World } from "./world.ts";

const NEXT = "a passphrase of another kind";
const WRONG = /not the passphrase/i;
const SECRET = "Under the third stone from the left";

let world: World;
let app: AppDriver;
let ada: HeadlessClient;
let roomId: string;

beforeAll(async () => {
  world = await World.signedIn();
  app = world.app;
  ada = await world.headless("ada", "Ada");
  roomId = await ada.createRoom({ name: "Harbour crew", invite: [world.you] });
  await app.page.getByRole("button", { name: text("invite.acceptNamed", { room: "Harbour crew" }) }).click();
  await expect(app.composer).toBeVisible();
  await ada.send(roomId, SECRET);
  await app.expectMessage(SECRET);
});
afterAll(() => World.end(world));

test("locked from the menu, the worker is gone and nothing of the account is left in a page; the passphrase brings it back", async () => {
  const pid = workerPid();
  await mark();
  app.host.clickMenu("Lock now");
  await expectLocked();
  value(isAlive(pid)).toBe(false);
  await eventually("a new worker", () => app.host.workerPid() !== undefined && app.host.workerPid() !== pid);
  value(app.host.recorded.findLast(({ what }) => what === "badge")?.value).toBe(0);
  // What comes meanwhile is neither fetched nor told.
  await ada.send(roomId, "Said behind a locked door");
  await app.screenshot("locked");

  await app.typePassphrase("not the passphrase");
  await expect((await app.vault()).getByText(WRONG)).toBeVisible();
  await expectLocked();
  await app.unlock();
  await app.openRoom("Harbour crew");
  await app.expectMessage(SECRET);
  await app.expectMessage("Said behind a locked door");
  await app.write("Unlocked again");
  value((await ada.waitForMessage(roomId, { body: "Unlocked again" })).decrypted).toBe(true);
});

test("what is half written is there again after a lock, and after the worker has died", async () => {
  await app.composer.fill("Half a thought");
  // It is kept a moment after it was typed.
  await new Promise((resolve) => setTimeout(resolve, 800));
  app.host.clickMenu("Lock now");
  await expectLocked();
  await app.unlock();
  await app.openRoom("Harbour crew");
  await expect(app.composer).toHaveValue("Half a thought");
  app.killWorker();
  await app.unlock();
  await expect(app.composer).toHaveValue("Half a thought");
  await app.composer.fill("");
});

test("locked with its keys; a worker that dies meanwhile leaves it locked", async () => {
  await app.page.keyboard.press("Control+Shift+L");
  await expectLocked();
  await eventually("a new worker", () => app.host.workerPid() !== undefined);
  const pid = workerPid();
  app.killWorker();
  await eventually("the worker after it", () => app.host.workerPid() !== undefined && app.host.workerPid() !== pid);
  await expectLocked();
  // The form comes anew with the new worker: what is typed stays once that is there.
  const field = (await app.vault()).getByLabel(text("vault.unlock.passphrase"), { exact: true });
  await expect
    .poll(async () => {
      await field.fill("typed");
      await new Promise((resolve) => setTimeout(resolve, 500));
      return field.inputValue();
    })
    .toBe("typed");
  await app.unlock();
  await expect(app.roomRow("Harbour crew")).toBeVisible();
});

test("locks itself when nobody has been there for as long as was set", async () => {
  await change({ autoLockMinutes: 1 });
  app.host.setIdle(30);
  await new Promise((resolve) => setTimeout(resolve, 17_000));
  await expect(app.roomRow("Harbour crew")).toBeVisible();
  app.host.setIdle(75);
  await expect(app.page.getByRole("heading", { name: text("vaultGate.unlock") })).toBeVisible({ timeout: 25_000 });
  await expectLocked();
  app.host.setIdle(0);
  await app.unlock();
});

test("locks itself with the screen, where that is wanted", async () => {
  await change({ autoLockMinutes: 0, lockOnSuspend: false });
  app.host.power("lock-screen");
  await expect(app.roomRow("Harbour crew")).toBeVisible();
  await change({ lockOnSuspend: true });
  app.host.power("lock-screen");
  await expectLocked();
  await app.unlock();
});

test("the passphrase is changed in the vault, and only the new one opens after that, also after a restart", async () => {
  const pid = workerPid();
  app.host.clickMenu("Vault…");
  const vault = await app.vault();
  await vault.getByRole("button", { name: text("vault.entry.appLock") }).click();
  await vault.getByRole("button", { name: text("appLock.change") }).click();
  const submit = vault.getByRole("button", { name: text("lockForm.change.submit"), exact: true });
  await vault.getByLabel(text("lockForm.current"), { exact: true }).fill("not the passphrase");
  await fillNext();
  await submit.click();
  await expect(vault.getByText(WRONG)).toBeVisible();
  await vault.getByLabel(text("lockForm.current"), { exact: true }).fill(PASSPHRASE);
  await fillNext();
  await submit.click();
  await expect(vault.getByText(text("appLock.changed.changed"))).toBeVisible();
  await app.screenshot("app-lock-changed", vault);
  // The store was open all the time.
  value(workerPid()).toBe(pid);

  app.host.clickMenu("Lock now");
  await expectLocked();
  await app.typePassphrase(PASSPHRASE);
  await expect((await app.vault()).getByText(WRONG)).toBeVisible();
  await app.unlock(NEXT);
  await app.openRoom("Harbour crew");
  await app.expectMessage(SECRET);
  app = await world.restart();
  await app.unlock(NEXT);
  await app.openRoom("Harbour crew");
  await app.expectMessage(SECRET);

  async function fillNext(): Promise<void> {
    await vault.getByLabel(text("lockForm.next"), { exact: true }).fill(NEXT);
    await vault.getByLabel(text("vault.create.again"), { exact: true }).fill(NEXT);
  }
});

test("the chat page can lock, and can set nothing about the lock in motion", async () => {
  const refused = await ask("changeAppLock", { to: "passphrase" });
  value(refused).toEqual({ ok: false, error: { code: "forbidden" } });
  const vaults = app.host.pages().filter((page) => page.url().includes("vault"));
  value(vaults).toEqual([]);
});

function workerPid(): number {
  const pid = app.host.workerPid();
  if (pid === undefined) throw new Error("there is no worker");
  return pid;
}

/** The locked gate, in a page that was loaded anew, without a word of what was said. */
async function expectLocked(): Promise<void> {
  await expect(app.page.getByRole("heading", { name: text("vaultGate.unlock") })).toBeVisible({ timeout: 30_000 });
  await eventually("the page to be a new one", () => app.page.evaluate(() => !("markedByTest" in globalThis)).catch(() => false));
  await expect(app.page.getByRole("heading", { name: text("vaultGate.unlock") })).toBeVisible();
  const html = await app.page.content();
  value(html).not.toContain(SECRET);
  value(html).not.toContain("Harbour crew");
}

/** Leaves something in the page's memory that only a new page is without. */
const mark = (): Promise<void> => app.page.evaluate(() => void Object.assign(globalThis, { markedByTest: true }));

async function change(settings: Readonly<Record<string, unknown>>): Promise<void> {
  await mark();
  value(await ask("changeSettings", settings)).toMatchObject({ ok: true });
}

/** Main, as a script in the chat page could. */
function ask(method: string, params: Readonly<Record<string, unknown>>): Promise<unknown> {
  return app.page.evaluate(([name, given]) => window.bulkhead?.shell.call(name, given), [method, params] as const);
}
