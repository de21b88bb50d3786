// Who gets what is written, where a person asks for more than the rules that always hold: only verified devices, and a held-back message sent all the same.
import type { Locator } from "@playwright/test";
import { afterAll, beforeAll, expect as value, test } from "vitest";
import { type AppDriver, expect, shown, text } from "../support/app-driver.ts";
import type { HeadlessClient, Message } from "../support/headless-client.ts";
import { VaultDriver } from "../support/vault-driver.ts";
import { Looks } from "./looks.ts";
import { eventually, World } from "./world.ts";

const looks = new Looks("trust-settings");

let world: World;
let app: AppDriver;
let ada: HeadlessClient;
/** A device on ada's account that ada has not confirmed. */
let stranger: HeadlessClient;
let roomId: string;

beforeAll(async () => {
  world = await World.signedIn();
  app = world.app;
  ada = await world.headless("ada", "Ada");
  roomId = await ada.createRoom({ direct: true, preset: "trusted_private_chat", invite: [world.you] });
  await app.acceptInvitation("Ada");
  await ada.send(roomId, "Shall we?");
  await app.expectMessage("Shall we?");
}, 300_000);
afterAll(() => World.end(world));

/** What somebody makes of our newest message, once its sender has said why they do not get the key. */
const isRefused = (reader: HeadlessClient): Promise<void> =>
  eventually("the notice", async () => {
    const { events } = await reader.call<{ events: Message[] }>("timeline", { roomId, limit: 1 });
    return events[0]?.utd?.withheld === "m.unverified";
  });

const bar = (): Locator => app.page.getByRole("group", { name: text("precaution.barLabel") });
const onlyVerified = (within: Locator): Locator => within.getByRole("switch", { name: new RegExp(`^${text("precaution.onlyVerified")}`) });
/** The switch itself is drawn over by its words. */
const flip = (within: Locator): Promise<void> => within.getByText(text("precaution.onlyVerified"), { exact: true }).click();

test("in a room, only verified devices can read: it says whom that leaves out, and they see why", async () => {
  await app.page.getByRole("button", { name: text("room.info"), exact: true }).click();
  await expect(app.panel.getByText(text("precaution.outThen", { names: "Ada" }))).toBeVisible();
  await flip(app.panel);
  await expect(bar().getByText(text("precaution.bar", { names: "Ada" }))).toBeVisible();
  await expect(onlyVerified(app.panel)).toBeChecked();
  await looks.page(app, "room");
  await app.write("For the verified");
  await app.expectDelivered("For the verified");
  await isRefused(ada);
  await flip(app.panel);
  await expect(bar()).toHaveCount(0);
  await app.write("For everyone");
  await ada.call("waitForMessage", { roomId, body: "For everyone", timeoutMs: 30_000 });
});

test("for every room it is one switch in the settings, which the room shows and cannot turn off; it outlives a restart", async () => {
  // The menu's line for it has a mark, since there is no recovery yet.
  const settings = await app.openSettings("devices");
  await settings.getByRole("tab", { name: text("settings.security"), exact: true }).click();
  await flip(settings);
  await expect(onlyVerified(settings)).toBeChecked();
  await looks.page(app, "settings", app.page, ".modal");
  await app.page.keyboard.press("Escape");
  await expect(app.panel.getByText(text("precaution.roomEverywhere"))).toBeVisible();
  await expect(onlyVerified(app.panel)).toBeDisabled();
  await world.restart();
  app = world.app;
  await app.unlock();
  await app.openRoom("Ada");
  await expect(bar().getByText(text("precaution.bar", { names: "Ada" }))).toBeVisible();
  await app.write("Still for the verified");
  await app.expectDelivered("Still for the verified");
  await isRefused(ada);
  await bar()
    .getByRole("button", { name: text("concern.more"), exact: true })
    .click();
  await app.panel.getByRole("button", { name: text("precaution.settings"), exact: true }).click();
  const again = app.dialog(text("settings.title"));
  await expect(onlyVerified(again)).toBeChecked();
  await flip(again);
  await expect(onlyVerified(again)).not.toBeChecked();
  await app.page.keyboard.press("Escape");
  await expect(bar()).toHaveCount(0);
});

test("a message that an unconfirmed device holds back can be sent all the same, after a question, and the next one waits again", async () => {
  await verifyAda();
  stranger = await world.headlessDevice("ada", "stranger");
  const concern = app.page.getByRole("region", { name: text("concern.label") });
  await expect(concern.getByText(text("concern.unsigned-devices.title", { name: "Ada" }))).toBeVisible({ timeout: 30_000 });
  await app.write("I cannot wait");
  const held = app.row("I cannot wait");
  await held.getByRole("button", { name: text("anyway.action"), exact: true }).click({ timeout: 30_000 });
  const question = app.dialog(text("anyway.title"));
  await expect(question.getByText(shown("anyway.text", { names: "Ada", count: 1 }))).toBeVisible();
  await looks.page(app, "question", app.page, ".modal");
  await question.getByRole("button", { name: text("anyway.confirm"), exact: true }).click();
  await app.expectDelivered("I cannot wait");
  for (const reader of [ada, stranger]) await reader.call("waitForMessage", { roomId, body: "I cannot wait", timeoutMs: 30_000 });
  await app.write("This can");
  await app.expectSendState("This can", "failed");
  await concern.getByRole("button", { name: shown("concern.leaveOut", { count: 1 }) }).click();
  const { eventId } = await ada.call<Message>("waitForMessage", { roomId, body: "This can", timeoutMs: 30_000 });
  const seen = await stranger.call<Message>("waitForMessage", { roomId, eventId, timeoutMs: 30_000 });
  value(seen).toMatchObject({ decrypted: false, utd: { withheld: "m.blacklisted" } });
});

test("nothing that was shown would keep somebody from using it", () => {
  value(looks.violations).toEqual([]);
});

async function verifyAda(): Promise<void> {
  await app.openPerson("Ada");
  await app.page.getByRole("button", { name: text("person.verify", { name: "Ada" }) }).click();
  const vault = await VaultDriver.of(app);
  await vault.press("verify.startUser.ask", { name: "Ada" });
  const { flowId } = await ada.call<{ flowId: string }>("waitForVerification", { state: "requested", timeoutMs: 30_000 });
  await ada.call("acceptVerification", { flowId });
  await vault.at("verify.ready.title");
  await vault.way("verify.ready.sas").click();
  const { emoji } = await ada.call<{ emoji: readonly unknown[] }>("sasEmoji", { flowId });
  value(await vault.emoji()).toHaveLength(emoji.length);
  await Promise.all([ada.call("confirmSas", { flowId }), vault.press("verify.match")]);
  await vault.at("verify.done.user", { name: "Ada" });
  await vault.close();
}
