import { afterAll, beforeAll, test, expect as value } from "vitest";
import { isAlive } from "../../tools/chromium-host/chromium.ts";
import { launchApp } from "../../tools/chromium-host/launch.ts";
import { type AppDriver, expect, text } from "../support/app-driver.ts";
import type { HeadlessClient } from "../support/headless-client.ts";
import { eventually, World } from "./world.ts";

let world: World;
let app: AppDriver;
let ada: HeadlessClient;
let roomId: string;

const newest = (what: string): unknown => app.host.recorded.findLast((call) => call.what === what)?.value;
/** Whether the chat window was put away by the last thing that happened to it. */
const isAway = (): boolean =>
  app.host.recorded.findLast(({ what, value: title }) => /^(shown|hidden)$/.test(what) && title === "Bulkhead")?.what === "hidden";
const vaults = (): number => app.host.pages().filter((page) => page.url().includes("vault")).length;

beforeAll(async () => {
  world = await World.signedIn();
  app = world.app;
  ada = await world.headless("ada", "Ada");
  roomId = await ada.createRoom({ name: "Harbour crew", invite: [world.you] });
  await app.acceptInvitation("Harbour crew");
});
afterAll(() => World.end(world));

test("the setting puts an icon beside the clock; a copy that is not installed cannot be started by the system", async () => {
  value(newest("tray")).toBeUndefined();
  await app.accountMenu("settings.title");
  const dialog = app.dialog(text("settings.title"));
  await dialog.getByRole("tab", { name: text("settings.notifications"), exact: true }).click();
  await expect(dialog.getByRole("switch", { name: new RegExp(text("background.autostart")) })).toBeDisabled();
  await dialog.getByText(text("background.keepRunning"), { exact: true }).click();
  await eventually("the icon", () => newest("tray") === true);
  value(newest("tray-image")).toBe("plain-linux.png");
  await app.screenshot("settings-background");
  await app.page.keyboard.press("Escape");
});

test("a closed window is put away, what arrives is received and told of, and the icon brings it back", async () => {
  app.host.closeWindow();
  await eventually("the window to be away", isAway);
  await ada.send(roomId, "While nobody looked");
  await eventually("the icon to say so", () => newest("tray-image") !== "plain-linux.png");
  value(newest("tray-tooltip")).toMatch(/^Bulkhead: \d+ unread/);
  app.host.clickTray();
  await eventually("the window", () => !isAway());
  await app.openRoom("Harbour crew");
  await app.expectMessage("While nobody looked");
  await eventually("the icon to be plain again", () => newest("tray-image") === "plain-linux.png");

  // As a notification does that is pressed.
  app.host.closeWindow();
  await eventually("the window to be away", isAway);
  await app.page.evaluate(() => window.bulkhead?.shell.call("comeForward", {}));
  await eventually("the window", () => !isAway());
});

test("told not to disturb, from the icon, the app counts and calls nobody, until it is told otherwise in the settings", async () => {
  const flashes = (): number => app.host.recorded.filter(({ what, value: on }) => what === "flash-frame" && on === true).length;
  app.host.clickTrayMenu("Do not disturb");
  await app.accountMenu("settings.title");
  const dialog = app.dialog(text("settings.title"));
  await dialog.getByRole("tab", { name: text("settings.notifications"), exact: true }).click();
  const quiet = dialog.getByRole("switch", { name: new RegExp(text("notifications.quiet")) });
  await expect(quiet).toBeChecked();
  app.host.closeWindow();
  await eventually("the window to be away", isAway);
  const before = flashes();
  await ada.send(roomId, "In a low voice");
  await eventually("the icon to say so", () => newest("tray-image") !== "plain-linux.png");
  value(flashes()).toBe(before);
  app.host.clickTray();
  await eventually("the window", () => !isAway());
  await dialog.getByText(text("notifications.quiet"), { exact: true }).click();
  await expect(quiet).not.toBeChecked();
  await app.page.keyboard.press("Escape");
  app.host.closeWindow();
  await eventually("the window to be away", isAway);
  await ada.send(roomId, "Aloud again");
  await eventually("the window to ask to be looked at", () => flashes() === before + 1);
  app.host.clickTray();
});

test("locked without a window nothing comes up by itself; the icon says that it waits, and starting the app again asks", async () => {
  const pid = app.host.workerPid() ?? 0;
  app.host.closeWindow();
  await eventually("the window to be away", isAway);
  app.host.clickTrayMenu("Lock now");
  await eventually("the worker to be gone", () => !isAlive(pid));
  await eventually("the icon to wait", () => newest("tray-image") === "waiting-linux.png");
  value(newest("tray-menu")).toContainEqual({ label: "Lock now", enabled: false });
  value([isAway(), vaults()]).toEqual([true, 0]);
  // A start with the system is not somebody who wants the window.
  await (
    await launchApp({ userData: app.profile, args: ["--hidden"] }).catch(() => undefined)
  )?.exited;
  value([isAway(), vaults()]).toEqual([true, 0]);
  await (
    await launchApp({ userData: app.profile }).catch(() => undefined)
  )?.exited;
  await eventually("the window", () => !isAway());
  await app.unlock();
});

test("a question of the vault that was left open comes back with the window", async () => {
  app.host.clickMenu("Lock now");
  await app.vault();
  await app.page.waitForTimeout(500);
  app.host.closeWindow();
  // In front is the vault, a window of its own: closed, it leaves the gate with a button to open it.
  await eventually("the vault to be closed", () => vaults() === 0);
  app.host.closeWindow();
  await eventually("the window to be away", isAway);
  value(vaults()).toBe(0);
  app.host.clickTrayMenu("Open Bulkhead");
  await app.unlock();
});

test("started by the system nothing is shown and the passphrase is waited for; quitting from the icon ends the app", async () => {
  await app.close();
  app = await world.launch({ args: ["--hidden"] });
  await eventually("the icon to wait", () => newest("tray-image") === "waiting-linux.png");
  await app.page.waitForTimeout(500);
  value([newest("shown"), vaults()]).toEqual([undefined, 0]);
  app.host.clickTray();
  await app.unlock();
  await app.openRoom("Harbour crew");
  app.host.closeWindow();
  await eventually("the window to be away", isAway);
  app.host.clickTrayMenu("Quit Bulkhead");
  value((await app.host.exited).code).toBe(0);
});
