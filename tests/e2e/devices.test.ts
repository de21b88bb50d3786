// One's own devices: what the list tells of them, and what can be done with one, up to its end.
import { afterAll, beforeAll, expect as value, test } from "vitest";
import type { Locator } from "@playwright/test";
import { type AppDriver, expect, shown, text } from "../support/app-driver.ts";
import { VaultDriver } from "../support/vault-driver.ts";
import { Looks } from "./looks.ts";
import { eventually, PASSWORD, World } from "./world.ts";

const looks = new Looks("devices");

let world: World;
let app: AppDriver;
let laptop: AppDriver;

beforeAll(async () => {
  world = await World.signedIn();
  app = world.app;
  laptop = await world.launchOther("laptop");
  await laptop.signIn("you", PASSWORD);
  await laptop.createPassphrase();
}, 300_000);
afterAll(() => World.end(world));

/** A device in the list, by its name. */
const device = (name: string): Locator => app.dialog(text("settings.title")).getByRole("listitem").filter({ hasText: name });

test("the notice of an unverified device leads to the list, which names it and says when it was last seen", async () => {
  await app.takeNotice("unverified-devices");
  const settings = app.dialog(text("settings.title"));
  await expect(settings.getByText(shown("ownDevices.unverifiedTitle", { count: 1 }))).toBeVisible();
  await expect(settings.getByText(shown("ownDevices.others", { count: 1 }))).toBeVisible();
  await expect(settings.getByText(text("ownDevices.here"))).toBeVisible();
  const seen = settings.getByText(/^Last seen /);
  await expect(seen).toHaveCount(1);
  await expect(seen).toContainText(String(new Date().getFullYear()));
  await looks.page(app, "unverified", app.page, ".modal");
});

test("a device gets another name, here, on the server, and there", async () => {
  const [mine, theirs] = world.homeserver.devices(world.you);
  const other = device(theirs?.displayName ?? "").filter({ hasText: text("security.notVerified") });
  await other.getByRole("button", { name: text("ownDevices.rename", { name: theirs?.displayName ?? "" }) }).click();
  await app.page.getByRole("textbox", { name: text("ownDevices.name") }).fill("The laptop");
  await looks.page(app, "rename", app.page, ".modal");
  await app.page.keyboard.press("Enter");
  await expect(device("The laptop")).toBeVisible();
  await eventually("the server to know", () => world.homeserver.devices(world.you).some(({ displayName }) => displayName === "The laptop"));
  value(world.homeserver.devices(world.you).find(({ deviceId }) => deviceId === mine?.deviceId)?.displayName).toBe(mine?.displayName);
  const there = await laptop.openSettings("devices");
  await expect(there.getByText("The laptop", { exact: true })).toBeVisible({ timeout: 30_000 });
  await laptop.page.keyboard.press("Escape");
});

test("is verified from the list, by emoji on both", async () => {
  await device("The laptop")
    .getByRole("button", { name: text("security.verify"), exact: true })
    .click();
  const ours = await VaultDriver.of(app);
  await ours.at("verify.startDevice.title", { name: "The laptop" });
  await looks.vault(ours, "start-device");
  await ours.press("verify.startDevice.ask");
  await ours.says("verify.waiting.askingDeviceText");
  await laptop.takeRequest(text("toast.this"));
  const theirs = await VaultDriver.of(laptop);
  await theirs.at("verify.asked.titleThis");
  await looks.vault(theirs, "asked");
  await theirs.press("verify.asked.accept");
  await ours.way("verify.ready.sas").click();
  value(await ours.emoji()).toEqual(await theirs.emoji());
  await theirs.press("verify.match");
  await ours.press("verify.match");
  await ours.at("verify.done.own");
  await theirs.at("verify.done.own");
  await ours.close();
  await theirs.close();
  const settings = app.dialog(text("settings.title"));
  await expect(settings.getByText(text("security.verified"), { exact: true })).toHaveCount(2);
  await expect(laptop.page.getByText(text("notice.unverified-here"), { exact: true })).toHaveCount(0);
});

test("is signed out with the account's password, after a wrong one", async () => {
  const settings = app.dialog(text("settings.title"));
  await settings.getByRole("checkbox", { name: text("ownDevices.mark", { name: "The laptop" }) }).click({ force: true });
  await expect(settings.getByText(shown("ownDevices.chosen", { count: 1 }))).toBeVisible();
  await looks.page(app, "chosen", app.page, ".modal");
  await settings.getByRole("button", { name: shown("ownDevices.signOut", { count: 1 }), exact: true }).click();
  const vault = await VaultDriver.of(app);
  const title = vault.page.getByRole("heading", { name: shown("devices.out.title", { count: 1 }) });
  await expect(title).toBeVisible();
  await expect(vault.page.getByRole("list", { name: text("devices.out.list") }).getByText("The laptop")).toBeVisible();
  await looks.vault(vault, "sign-out");
  await vault.press("devices.out.submit");
  await vault.at("vault.auth.title");
  await vault.field("vault.auth.password").fill("not the password");
  await vault.press("vault.auth.submit");
  await vault.says("vault.auth.refusedPassword");
  value(world.homeserver.devices(world.you)).toHaveLength(2);
  await vault.field("vault.auth.password").fill(PASSWORD);
  await vault.press("vault.auth.submit");
  await expect(vault.page.getByRole("heading", { name: shown("devices.out.done", { count: 1 }) })).toBeVisible({ timeout: 30_000 });
  await looks.vault(vault, "signed-out");
  await vault.close();
  value(world.homeserver.devices(world.you)).toHaveLength(1);
  await expect(device("The laptop")).toHaveCount(0);
  await expect(settings.getByText(text("ownDevices.alone"))).toBeVisible();
});

test("whose app says that it was signed out, keeps what it has, and can be emptied", async () => {
  await expect(laptop.page.getByText(text("banner.loggedOut"), { exact: true })).toBeVisible({ timeout: 30_000 });
  await looks.page(laptop, "logged-out");
  await laptop.page.getByRole("button", { name: text("banner.loggedOutAction"), exact: true }).click();
  const dialog = laptop.dialog(text("signOut.title"));
  await looks.page(laptop, "remove", laptop.page, ".modal");
  laptop.host.dialogs.next({ response: 0 });
  await dialog
    .getByRole("button", { name: text("signOut.confirm"), exact: true })
    .or(dialog.getByRole("button", { name: text("signOut.confirmAnyway"), exact: true }))
    .click();
  await expect(laptop.page.getByRole("button", { name: text("signIn.submit"), exact: true })).toBeVisible({ timeout: 30_000 });
});

test("no dialog kept anyone out, and each showed the one seal", () => {
  value(looks.violations).toEqual([]);
  value(looks.sealsOf(app)).toHaveLength(1);
  value(looks.sealsOf(laptop)).toHaveLength(1);
});
