// The way back after every device is gone, from the notice that it is missing to old messages on a new device: by key, by passphrase, by key file.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect as value, test } from "vitest";
import { encodeRecoveryKey } from "../../crypto-worker/machine/secret-storage/recovery-key.ts";
import { Secret } from "../../crypto-worker/primitives/secret.ts";
import { type AppDriver, expect, shown, text } from "../support/app-driver.ts";
import { VaultDriver } from "../support/vault-driver.ts";
import { Looks } from "./looks.ts";
import { eventually, PASSWORD, World } from "./world.ts";

const OLD = "Written when the first device was still there";
const RECOVERY_PASSPHRASE = "lantern over the quiet harbour";
const FILE_PASSPHRASE = "seven gulls on a wet roof";
const looks = new Looks("recovery");

let world: World;
/** The first device: it is signed out, and later signed in again. */
let app: AppDriver;
/** The next one, on a profile of its own. */
let next: AppDriver;
let saved: string;
let recoveryKey: readonly string[] = [];

beforeAll(async () => {
  world = await World.start();
  saved = join(world.folder, "saved");
  app = await world.launch({ env: { CHROMIUM_HOST_DOWNLOADS: saved } });
  await app.signIn("you", PASSWORD);
  await app.createPassphrase();
  const ada = await world.headless("ada", "Ada");
  const roomId = await ada.createRoom({ direct: true, preset: "trusted_private_chat", invite: [world.you] });
  await app.acceptInvitation("Ada");
  await ada.send(roomId, OLD);
  await app.expectMessage(OLD);
}, 300_000);
afterAll(() => World.end(world));

async function savedFile(name: string): Promise<string> {
  const path = join(saved, name);
  await eventually(`${name} to be saved`, () => existsSync(path));
  return path;
}

describe("before there is recovery", () => {
  test("signing out says what would be lost, and how to keep it", async () => {
    await app.accountMenu("account.signOut");
    const dialog = app.dialog(text("signOut.title"));
    await expect(dialog.getByText(text("signOut.lossTitle"))).toBeVisible();
    await expect(dialog.getByText(text("signOut.loseIdentity"))).toBeVisible();
    await expect(dialog.getByText(/is in no backup|are in no backup/)).toBeVisible();
    await expect(dialog.getByRole("button", { name: text("signOut.recovery"), exact: true })).toBeVisible();
    await expect(dialog.getByRole("button", { name: text("security.export"), exact: true })).toBeVisible();
    await expect(dialog.getByRole("button", { name: text("signOut.confirmAnyway"), exact: true })).toBeVisible();
    await looks.page(app, "sign-out-losses", app.page, ".modal");
    await dialog.getByRole("button", { name: text("common.cancel"), exact: true }).click();
  });

  test("the notice leads to it; the key is shown once, can be copied and saved, and what was kept is checked", async () => {
    await app.takeNotice("no-recovery");
    const vault = await VaultDriver.of(app);
    await vault.at("recovery.off.title");
    await looks.vault(vault, "choose");
    await vault.press("recovery.start");
    recoveryKey = await vault.recoveryKey();
    await vault.press("recovery.key.copy");
    await expect(vault.button("recovery.key.copied")).toBeVisible();
    await vault.press("recovery.key.save");
    await vault.says("recovery.key.saved");
    await looks.vault(vault, "key-shown");
    value(readFileSync(await savedFile(text("recovery.key.file")), "utf8")).toContain(recoveryKey.join(" "));
    await vault.page.keyboard.press("Escape");
    await vault.at("recovery.leave.title");
    await looks.vault(vault, "leave-without");
    await vault.press("recovery.leave.stay");
    await vault.press("recovery.key.kept");
    const [first = 0] = await vault.askedGroups();
    await vault.typeGroups(recoveryKey.map(() => "abcd"));
    await vault.press("recovery.check.submit");
    await vault.says("recovery.check.wrong", { place: String(first) });
    await looks.vault(vault, "check-wrong");
    await vault.typeGroups(recoveryKey);
    await vault.press("recovery.check.submit");
    await vault.at("recovery.ready.title");
    await looks.vault(vault, "ready");
    await vault.close();
    await expect(app.page.getByText(text("notice.no-recovery"), { exact: true })).toHaveCount(0);
  });
});

describe("with recovery", () => {
  test("its place in the vault shows how it stands and no key; settings show that every room key is saved", async () => {
    const vault = await VaultDriver.open(app);
    await vault.way("vault.entry.recovery").click();
    await vault.at("recovery.on.title");
    await looks.vault(vault, "on");
    const html = await vault.page.content();
    for (const group of recoveryKey) value(html.includes(group)).toBe(false);
    await vault.close();
    const settings = await app.openSettings("security");
    await expect(settings.getByText(/room keys? (is|are) saved/)).toBeVisible({ timeout: 30_000 });
    await looks.page(app, "settings", app.page, ".modal");
    await app.page.keyboard.press("Escape");
  });

  test("keys go into a file that a passphrase locks", async () => {
    const vault = await VaultDriver.open(app);
    await vault.way("vault.entry.export").click();
    await vault.at("keys.export.title");
    await looks.vault(vault, "export");
    await vault.field("vault.create.passphrase").fill(FILE_PASSPHRASE);
    await vault.field("vault.create.again").fill(FILE_PASSPHRASE);
    await vault.press("keys.export.submit");
    await expect(vault.heading("keys.export.ready")).toBeVisible({ timeout: 60_000 });
    await vault.press("keys.export.save");
    await vault.says("keys.export.saved");
    await looks.vault(vault, "export-ready");
    value(readFileSync(await savedFile(text("keys.export.file")), "utf8")).toMatch(/^-----BEGIN MEGOLM SESSION DATA-----/);
    await vault.press("vault.finished");
    await vault.close();
  });

  test("signing out loses nothing, asks for the recovery key that will be needed, and leaves the sign-in form", async () => {
    await app.accountMenu("account.signOut");
    const dialog = app.dialog(text("signOut.title"));
    await expect(dialog.getByText(text("signOut.keyText"))).toBeVisible();
    await looks.page(app, "sign-out-safe", app.page, ".modal");
    // The system asks once more, which no page can answer.
    app.host.dialogs.next({ response: 0 });
    await dialog.getByRole("button", { name: text("signOut.confirm"), exact: true }).click();
    await expect(app.page.getByRole("button", { name: text("signIn.submit"), exact: true })).toBeVisible({ timeout: 30_000 });
    // What is left takes the keys of what is written meanwhile.
    value(world.homeserver.devices(world.you)).toMatchObject([{ displayName: "Dehydrated device" }]);
  });
});

describe("on a new device", () => {
  test("old messages are closed; the key from the file opens them, and no other key does", async () => {
    next = await world.launchOther("next");
    await next.signIn("you", PASSWORD);
    await next.createPassphrase();
    await next.openRoom("Ada");
    await expect(next.feed.getByRole("button", { name: text("utd.why") }).first()).toBeVisible({ timeout: 30_000 });
    value(await next.row(OLD).count()).toBe(0);
    await looks.page(next, "room-closed");
    await next.takeNotice("unverified-here");
    const vault = await VaultDriver.of(next);
    await vault.at("verifyThis.title");
    // There is no other device left to ask.
    await expect(vault.way("verifyThis.device")).toHaveCount(0);
    await vault.way("verifyThis.recovery").click();
    await vault.at("recovery.enter.title");
    const key = recoveryKey.join(" ");
    await vault.field("recovery.enter.key").fill(`${key.slice(0, -1)}${key.endsWith("a") ? "b" : "a"}`);
    await vault.says("recovery.enter.typo");
    await expect(vault.button("recovery.enter.submit")).toBeDisabled();
    await looks.vault(vault, "enter-typo");
    await vault.field("recovery.enter.key").fill(encodeRecoveryKey(Secret.from(new Uint8Array(32).fill(7), "recovery-key")));
    await vault.press("recovery.enter.submit");
    await expect(vault.page.getByText(text("recovery.enter.wrongKey"))).toBeVisible({ timeout: 30_000 });
    await looks.vault(vault, "enter-wrong");
    await vault.giveFile("recovery.enter.file", join(saved, text("recovery.key.file")));
    await vault.says("recovery.enter.good");
    await vault.press("recovery.enter.submit");
    await vault.at("recovery.entered.title");
    await looks.vault(vault, "back-in");
    await vault.close();
    await next.expectMessage(OLD, 40_000);
    await expect(next.page.getByText(text("notice.unverified-here"), { exact: true })).toHaveCount(0);
  });

  test("a new key with a passphrase takes the place of the old one", async () => {
    const vault = await VaultDriver.open(next);
    await vault.way("vault.entry.recovery").click();
    await vault.way("recovery.on.change").click();
    await vault.at("recovery.change.title");
    await vault.page.getByRole("radio", { name: new RegExp(`^${text("recovery.how.both")}`) }).click({ force: true });
    await vault.field("recovery.enter.passphrase").fill(RECOVERY_PASSPHRASE);
    await vault.field("vault.create.again").fill(RECOVERY_PASSPHRASE);
    await looks.vault(vault, "change");
    await vault.press("recovery.change.submit");
    const made = await vault.recoveryKey();
    value(made).not.toEqual(recoveryKey);
    await vault.press("recovery.key.kept");
    await vault.typeGroups(made);
    await vault.press("recovery.check.submit");
    await vault.at("recovery.ready.changed");
    await vault.close();
  });
});

describe("signed in again where one had signed out", () => {
  test("the key file opens what was written, without that the device is verified", async () => {
    await app.signIn("you", PASSWORD);
    await app.createPassphrase();
    await app.openRoom("Ada");
    await expect(app.feed.getByRole("button", { name: text("utd.why") }).first()).toBeVisible({ timeout: 30_000 });
    const vault = await VaultDriver.open(app);
    await vault.way("vault.entry.import").click();
    await vault.at("keys.import.title");
    await vault.giveFile("keys.import.choose", join(saved, text("keys.export.file")));
    await vault.field("keys.import.passphrase").fill(RECOVERY_PASSPHRASE);
    await vault.press("keys.import.submit");
    await expect(vault.page.getByText(text("keys.import.wrong"))).toBeVisible({ timeout: 60_000 });
    await looks.vault(vault, "import-wrong");
    await vault.field("keys.import.passphrase").fill(FILE_PASSPHRASE);
    await vault.press("keys.import.submit");
    await expect(vault.heading("keys.import.done")).toBeVisible({ timeout: 60_000 });
    await looks.vault(vault, "imported");
    await vault.close();
    await app.expectMessage(OLD);
    await expect(app.page.getByText(text("notice.unverified-here"), { exact: true })).toBeVisible();
  });

  test("the passphrase verifies it, the third device in all, and the old key is worth nothing", async () => {
    await app.takeNotice("unverified-here");
    const vault = await VaultDriver.of(app);
    await expect(vault.page.getByText(shown("verifyThis.deviceText", { count: 1 }))).toBeVisible();
    await vault.way("verifyThis.recovery").click();
    await vault.at("recovery.enter.title");
    await vault.field("recovery.enter.key").fill(recoveryKey.join(""));
    await vault.press("recovery.enter.submit");
    await expect(vault.page.getByText(text("recovery.enter.wrongKey"))).toBeVisible({ timeout: 30_000 });
    await vault.press("recovery.enter.usePassphrase");
    await vault.at("recovery.enter.titlePassphrase");
    await looks.vault(vault, "enter-passphrase");
    await vault.field("recovery.enter.passphrase").fill(FILE_PASSPHRASE);
    await vault.press("recovery.enter.submit");
    await expect(vault.page.getByText(text("recovery.enter.wrongPassphrase"))).toBeVisible({ timeout: 30_000 });
    await looks.vault(vault, "enter-passphrase-wrong");
    await vault.field("recovery.enter.passphrase").fill(RECOVERY_PASSPHRASE);
    await vault.press("recovery.enter.submit");
    await vault.at("recovery.entered.title");
    await vault.close();
    await expect(app.page.getByText(text("notice.unverified-here"), { exact: true })).toHaveCount(0);
  });
});

test("no dialog kept anyone out, and each showed its store's seal", () => {
  value(looks.violations).toEqual([]);
  value(looks.sealsOf(next)).toHaveLength(1);
  // The first profile had two stores, one after the other.
  value(looks.sealsOf(app)).toHaveLength(2);
});
