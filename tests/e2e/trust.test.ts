// Two apps verify each other through their dialogs: devices of one person, and two people. Every dialog on the way is looked at.
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect as value, test } from "vitest";
import { type AppDriver, expect, sentence, shown, text } from "../support/app-driver.ts";
import type { HeadlessClient } from "../support/headless-client.ts";
import { VaultDriver } from "../support/vault-driver.ts";
import { Looks } from "./looks.ts";
import { askPort } from "./page-port.ts";
import { eventually, PASSWORD, World } from "./world.ts";

const OLD = "Said before the second device was there";
const BO = "@bo:harbour.test";
const looks = new Looks("trust");

let world: World;
/** The first device. */
let app: AppDriver;
/** The second device of the same person; later the app of another one. */
let other: AppDriver;
let ada: HeadlessClient;
let traffic: string;

beforeAll(async () => {
  world = await World.start();
  traffic = join(world.folder, "traffic");
  mkdirSync(traffic);
  app = await world.launch({ env: { CHROMIUM_HOST_TRAFFIC: traffic } });
  await app.signIn("you", PASSWORD);
  await app.createPassphrase();
  ada = await world.headless("ada", "Ada");
  const roomId = await ada.createRoom({ direct: true, preset: "trusted_private_chat", invite: [world.you] });
  await app.acceptInvitation("Ada");
  await ada.send(roomId, OLD);
  await app.expectMessage(OLD);
  await setUpRecovery();
}, 300_000);
afterAll(async () => {
  await World.end(world);
});

/** A backup, so that there is history for the second device. The dialogs of it have a test of their own. */
async function setUpRecovery(): Promise<void> {
  await app.takeNotice("no-recovery");
  const vault = await VaultDriver.of(app);
  await vault.at("recovery.off.title");
  await vault.press("recovery.start");
  const groups = await vault.recoveryKey();
  await vault.press("recovery.key.kept");
  await vault.typeGroups(groups);
  await vault.press("recovery.check.submit");
  await vault.at("recovery.ready.title");
  await vault.close();
  await eventually("the backup to have keys", () => (world.homeserver.keyBackup(world.you)?.count ?? 0) > 0);
}

/** Why both sides say that it has failed. */
async function expectFailed(vault: VaultDriver, what: Parameters<typeof text>[0], next: Parameters<typeof text>[0]): Promise<void> {
  await vault.at(what);
  await vault.says("verify.failed.nothing");
  await vault.says(next);
}

/** From the corner's request to the place where a way of comparing is chosen. */
async function accept(request: string, heading: readonly [Parameters<typeof text>[0], Record<string, string>?]): Promise<VaultDriver> {
  await app.takeRequest(request);
  const vault = await VaultDriver.of(app);
  await vault.at(...heading);
  return vault;
}

describe("somebody who vanishes", () => {
  test("is asked, accepts, and is gone", async () => {
    await app.openPerson("Ada");
    await looks.page(app, "person-unverified", app.page, ".panel");
    await app.page.getByRole("button", { name: text("person.verify", { name: "Ada" }) }).click();
    const vault = await VaultDriver.of(app);
    await vault.at("verify.startUser.title", { name: "Ada" });
    await looks.vault(vault, "start-user");
    await vault.press("verify.startUser.ask", { name: "Ada" });
    await vault.at("verify.waiting.asking", { name: "Ada" });
    await looks.vault(vault, "asking-user");
    const { flowId } = await ada.call<{ flowId: string }>("waitForVerification", { state: "requested", timeoutMs: 30_000 });
    await ada.call("acceptVerification", { flowId });
    await vault.at("verify.ready.title");
    await ada.kill();
    await vault.way("verify.ready.sas").click();
    await vault.at("verify.waiting.sas");
    await looks.vault(vault, "agreeing");
    // It goes on without the window; what becomes of it is looked at below.
    await vault.close();
  });
});

describe("a second device of one's own", () => {
  test("says that it is not verified, and leads to how it can be", async () => {
    other = await world.launchOther("second");
    await other.signIn("you", PASSWORD);
    await other.createPassphrase();
    await expect(other.page.getByText(text("notice.unverified-here"), { exact: true })).toBeVisible({ timeout: 30_000 });
    await looks.page(other, "notice-unverified");
    await other.takeNotice("unverified-here");
    const vault = await VaultDriver.of(other);
    await vault.at("verifyThis.title");
    await looks.vault(vault, "verify-this-device");
    // The first device is told.
    await expect(app.page.getByText(/^One of your devices is not verified/)).toBeVisible({ timeout: 30_000 });
  });

  test("asks the first one; when one side says that the emoji differ, both say why it ended and that nothing came of it", async () => {
    const theirs = await VaultDriver.of(other);
    await theirs.way("verifyThis.device").click();
    await theirs.at("verify.waiting.askingOwn");
    await looks.vault(theirs, "asking-own");
    await expect(app.page.getByRole("alertdialog", { name: text("toast.own") })).toBeVisible({ timeout: 30_000 });
    await looks.page(app, "toast-own");
    const ours = await accept(text("toast.own"), ["verify.asked.titleOwn"]);
    await looks.vault(ours, "asked-own");
    await ours.press("verify.asked.accept");
    await theirs.at("verify.ready.title");
    await looks.vault(theirs, "ready-own");
    await theirs.way("verify.ready.sas").click();
    value(await theirs.emoji()).toEqual(await ours.emoji());
    await looks.vault(ours, "emoji-own");
    await theirs.press("verify.mismatch");
    await expectFailed(theirs, "cancelled.mismatch.us", "cancelled.mismatch.nextOwn");
    await expectFailed(ours, "cancelled.mismatch.them", "cancelled.mismatch.nextOwn");
    await looks.vault(ours, "mismatch");
    await ours.close();
  });

  test("starts again; when the first one stops it midway, both say so", async () => {
    const theirs = await VaultDriver.of(other);
    await theirs.press("verify.failed.again");
    await askAgain(theirs);
    const ours = await accept(text("toast.own"), ["verify.asked.titleOwn"]);
    await ours.press("verify.asked.accept");
    await ours.at("verify.ready.title");
    await theirs.at("verify.ready.title");
    await ours.press("verify.cancel");
    await expectFailed(ours, "cancelled.user.us", "cancelled.user.usNext");
    await expectFailed(theirs, "cancelled.user.them", "cancelled.user.themNextOwn");
    await looks.vault(theirs, "stopped-by-other");
    await ours.close();
  });

  test("is verified by a code that it reads from a picture, although the window that showed it was closed meanwhile", async () => {
    const theirs = await VaultDriver.of(other);
    await theirs.press("verify.failed.again");
    await askAgain(theirs);
    let ours = await accept(text("toast.own"), ["verify.asked.titleOwn"]);
    await ours.press("verify.asked.accept");
    await ours.way("verify.ready.show").click();
    await ours.at("verify.show.title");
    await ours.close();
    ours = await VaultDriver.open(app);
    await ours.at("vault.home.title");
    const underway = ours.page.getByRole("list", { name: text("vault.underway") });
    // This one and the one with Ada: those whose end was seen are not listed on.
    await expect(underway.getByRole("listitem")).toHaveCount(2);
    await looks.vault(ours, "home-underway");
    await underway.getByRole("button", { name: new RegExp(text("vault.underway.act")) }).click();
    const code = ours.page.getByRole("img", { name: text("verify.show.label") });
    await expect(code).toBeVisible();
    await looks.vault(ours, "code-shown");
    const picture = join(world.folder, "code.png");
    await code.screenshot({ path: picture });

    await theirs.way("verify.ready.scan").click();
    await theirs.at("verify.scan.title");
    await looks.vault(theirs, "scan");
    await theirs.giveFile("verify.scan.file", join(import.meta.dirname, "..", "..", "package.json"));
    await theirs.says("verify.scan.notPicture");
    await theirs.giveFile("verify.scan.file", picture);
    await theirs.at("verify.waiting.qr");
    await looks.vault(theirs, "code-read");
    await ours.at("verify.scanned.title");
    await looks.vault(ours, "code-was-read");
    await ours.press("verify.scanned.yes");
    await ours.at("verify.done.own");
    await theirs.at("verify.done.own");
    await looks.vault(theirs, "done-own");
    await ours.close();
    await theirs.close();
  });

  test("then has the identity's keys and the history, and both say that all is verified", async () => {
    await expect(other.page.getByText(text("notice.unverified-here"), { exact: true })).toHaveCount(0);
    await expect(app.page.getByText(/^One of your devices is not verified/)).toHaveCount(0);
    await eventually("the second device to have the identity's keys and the backup", async () => {
      const { answers } = await askPort(other.page, [{ method: "safety", params: {} }]);
      const { value: safety } = JSON.parse(answers[0]?.[1] ?? "{}");
      const { privateKeys: keys, backup, thisDeviceVerified } = safety ?? {};
      return thisDeviceVerified && keys.master && keys.selfSigning && keys.userSigning && backup.state === "enabled";
    });
    await other.openRoom("Ada");
    await other.expectMessage(OLD, 40_000);
    const settings = await other.openSettings("devices");
    await expect(settings.getByText(text("security.verified"), { exact: true })).toHaveCount(2);
    await looks.page(other, "settings-devices", other.page, ".modal");
    await other.page.keyboard.press("Escape");
    await other.close();
  });

  async function askAgain(theirs: VaultDriver): Promise<void> {
    await theirs.way("verifyThis.device").click();
    await theirs.at("verify.waiting.askingOwn");
  }
});

describe("two people", () => {
  /** The request's line in the room, as the one who asked or the one who was asked sees it. */
  const line = (whose: AppDriver, state: "asked" | "verified"): string => {
    const mine = whose === app ? "yes" : "no";
    return shown("state.verification", { mine, actor: "you", to: "bo", state: shown(`state.verification.${state}`, { mine }) });
  };

  test("verify each other from the person's panel, and the room says so", async () => {
    world.homeserver.registerUser("bo", PASSWORD);
    other = await world.launchOther("bo");
    await other.signIn("bo", PASSWORD);
    await other.createPassphrase();
    await app.startChat(BO);
    await other.page
      .getByRole("button", { name: /^Accept/ })
      .first()
      .click();
    await expect(other.composer).toBeVisible();
    await other.write("Is it you?");
    await app.expectMessage("Is it you?");
    await app.openPerson("bo");
    await app.page.getByRole("button", { name: text("person.verify", { name: "bo" }) }).click();
    const ours = await VaultDriver.of(app);
    await ours.press("verify.startUser.ask", { name: "bo" });
    const request = text("toast.person", { name: "you" });
    await expect(other.page.getByRole("alertdialog", { name: request })).toBeVisible({ timeout: 30_000 });
    await looks.page(other, "toast-person");
    await expect(app.feed.getByText(line(app, "asked"))).toBeVisible();
    await expect(other.feed.getByText(line(other, "asked"))).toBeVisible();
    await other.feed.getByRole("button", { name: text("common.openInVault") }).click();
    const theirs = await VaultDriver.of(other);
    await theirs.at("verify.asked.title", { name: "you" });
    await looks.vault(theirs, "asked-person");
    await theirs.press("verify.asked.accept");
    await ours.at("verify.ready.title");
    await ours.way("verify.ready.sas").click();
    value(await ours.emoji()).toEqual(await theirs.emoji());
    await looks.vault(theirs, "emoji-person");
    await ours.press("verify.match");
    await ours.at("verify.waiting.confirmed");
    await looks.vault(ours, "waiting-for-confirmation");
    await theirs.press("verify.match");
    await theirs.at("verify.done.user", { name: "you" });
    await ours.at("verify.done.user", { name: "bo" });
    await looks.vault(ours, "done-person");
    await ours.close();
    await theirs.close();
    for (const each of [app, other]) {
      await expect(each.main.getByRole("button", { name: text("room.verifiedTitle") })).toBeVisible();
      await expect(each.feed.getByText(line(each, "verified"))).toBeVisible();
      await expect(each.feed.getByRole("button", { name: text("common.openInVault") })).toHaveCount(0);
      await looks.page(each, each === app ? "room-verified" : "room-verified-there");
    }
    await expect(app.panel.getByText(text("person.identityVerified"))).toBeVisible();
  });

  test("who makes a new identity types a word and the password for it; the other one decides before a message goes out", async () => {
    const ours = await VaultDriver.open(app);
    await ours.way("vault.entry.reset").click();
    await ours.at("identity.reset.title");
    await looks.vault(ours, "reset");
    const submit = ours.button("identity.reset.submit");
    const word = ours.field("vault.typed.label", { word: text("identity.reset.word") });
    await word.fill("rest");
    await expect(submit).toBeDisabled();
    await word.fill(text("identity.reset.word"));
    await submit.click();
    await ours.at("vault.auth.title");
    await ours.field("vault.auth.password").fill("not the password");
    await ours.press("vault.auth.submit");
    await ours.says("vault.auth.refusedPassword");
    await looks.vault(ours, "reset-password");
    await ours.field("vault.auth.password").fill(PASSWORD);
    await ours.press("vault.auth.submit");
    await ours.at("identity.reset.done");
    await looks.vault(ours, "reset-done");
    await ours.close();

    const bar = other.page.getByRole("region", { name: text("concern.label") });
    await expect(bar.getByText(text("concern.was-verified.title", { name: "you" }))).toBeVisible({ timeout: 30_000 });
    await looks.page(other, "room-alert");
    await other.write("Is it still you?");
    const held = other.row("Is it still you?");
    await expect(held).toBeVisible();
    await bar.getByRole("button", { name: text("concern.decide") }).click();
    const theirs = await VaultDriver.of(other);
    await theirs.at("change.title", { name: "you" });
    await looks.vault(theirs, "identity-change");
    value(await app.row("Is it still you?").count()).toBe(0);
    await theirs.way("change.withdraw").click();
    await theirs.at("change.withdrawTitle", { name: "you" });
    await looks.vault(theirs, "withdraw");
    await theirs.press("change.withdrawSubmit");
    await theirs.at("change.withdrawn");
    await looks.vault(theirs, "withdrawn");
    await theirs.close();
    await expect(bar.getByText(text("concern.was-verified.title", { name: "you" }))).toHaveCount(0);
    await app.expectMessage("Is it still you?", 40_000);
    await expect(other.main.getByRole("button", { name: text("room.verifiedTitle") })).toHaveCount(0);
  });

  test("whose identity was never verified, and changes, is told of in the room, and accepted there", async () => {
    ada = world.headlessAgain("ada");
    await ada.call("resume");
    await ada.call("resetIdentity", { password: PASSWORD });
    await app.openRoom("Ada");
    const bar = app.page.getByRole("region", { name: text("concern.label") });
    await expect(bar.getByText(text("concern.new-identity.title", { name: "Ada" }))).toBeVisible({ timeout: 30_000 });
    await looks.page(app, "room-attention");
    await bar.getByRole("button", { name: text("concern.accept"), exact: true }).click();
    await expect(bar.getByText(text("concern.new-identity.title", { name: "Ada" }))).toHaveCount(0);
  });
});

describe("all the while", () => {
  test("the verification with the one who vanished has run out of time, and says so", async () => {
    const vault = await VaultDriver.open(app);
    await vault.way("vault.underway.with", { name: "Ada" }).click();
    // A message of the agreement is waited for a minute (Client-Server API, "Short Authentication String").
    await expect(vault.heading("cancelled.timeout.what")).toBeVisible({ timeout: 70_000 });
    await vault.says("cancelled.timeout.next");
    await looks.vault(vault, "timeout");
    await vault.close();
  });

  test("each dialog showed one and the same seal, and the chat page never got it", async () => {
    const [seal = "", ...more] = looks.sealsOf(app);
    value(more).toEqual([]);
    value(seal).toMatch(sentence("vault.sealLabel"));
    const [theirs = "", ...differing] = looks.sealsOf(other);
    value(differing).toEqual([]);
    value(theirs).not.toBe(seal);
    const html = await app.page.content();
    const symbols = seal.replace(text("vault.sealLabel", { symbols: "" }), "");
    value(symbols.split(", ")).toHaveLength(5);
    value(html).not.toContain(symbols);
    const carried = (link: string): string => readFileSync(join(traffic, `${link}.log`), "utf8");
    const numbers = /"symbols":\[[\d,]+\]/.exec(carried("vault"))?.[0] ?? "";
    value(numbers).not.toBe("");
    value(carried("chat")).not.toContain(numbers);
    value(carried("chat")).not.toContain('"symbols"');
    value(carried("chat").length).toBeGreaterThan(10_000);
  });

  test("no dialog kept anyone out", () => {
    value(looks.violations).toEqual([]);
  });
});
