// The menu of a message: a link to it, what it said before, and passing it on to another room.
import { afterAll, beforeAll, expect as value, test } from "vitest";
import { parseMatrixLink } from "../../protocol/matrix-link.ts";
import { type AppDriver, expect, text } from "../support/app-driver.ts";
import type { HeadlessClient } from "../support/headless-client.ts";
import { World } from "./world.ts";

let world: World;
let app: AppDriver;
let ada: HeadlessClient;
let roomId: string;
let otherRoom: string;
let tide: string;

beforeAll(async () => {
  world = await World.signedIn();
  ({ app } = world);
  ada = await world.headless("ada", "Ada Lovelace");
  otherRoom = await ada.createRoom({ name: "Engine room", invite: [world.you] });
  await app.acceptInvitation("Engine room");
  roomId = await ada.createRoom({ name: "Harbour crew", invite: [world.you] });
  await app.acceptInvitation("Harbour crew");
  tide = await ada.send(roomId, "The tide is at six");
  await app.expectMessage("The tide is at six");
  await ada.send(roomId, "Bring a rope");
  await app.expectMessage("Bring a rope");
});
afterAll(() => World.end(world));

test("opens by the context-menu key, and gives the focus back to the message", async () => {
  await app.page.keyboard.press("Shift+F6");
  const row = app.feed.locator("article:focus");
  await expect(row).toContainText("Bring a rope");
  await app.page.keyboard.press("Shift+F10");
  const first = app.page.getByRole("menuitem", { name: text("tools.reply"), exact: true });
  await expect(first).toBeFocused();
  await app.page.keyboard.press("Escape");
  await expect(row).toContainText("Bring a rope");
  await app.page.keyboard.press("Shift+F10");
  await expect(first).toBeFocused();
  await app.page.keyboard.press("Enter");
  await expect(app.composer).toBeFocused();
  await app.page.keyboard.press("Escape");
});

test("is under More in the toolbar, too, and reacts by way of the picker", async () => {
  await app.tool("Bring a rope", "messageMenu.more");
  await app.page.getByRole("menuitem", { name: text("tools.react"), exact: true }).click();
  await app.page.getByRole("combobox", { name: text("emoji.search") }).fill("sailboat");
  await app.page.getByRole("option", { name: "sailboat", exact: true }).click();
  await expect(app.row("Bring a rope").getByRole("button", { name: /^⛵/ })).toBeVisible();
});

test("leaves the right click to the text that is selected", async () => {
  await app.row("The tide is at six").first().getByText("The tide is at six").dblclick();
  await app.row("The tide is at six").first().getByText("The tide is at six").click({ button: "right" });
  await expect(app.page.getByRole("menu")).toHaveCount(0);
  await app.page.evaluate(() => getSelection()?.removeAllRanges());
});

test("copies a link that leads back to the message", async () => {
  await app.choose("The tide is at six", "messageMenu.copyLink");
  const pasted = await paste(/^https:\/\/matrix\.to\/#\//);
  const [, server = ""] = /:(.*)$/.exec(world.you) ?? [];
  const via = /^[\d.]+(?::\d+)?$/.test(server) ? [] : [server];
  value(parseMatrixLink(pasted)).toEqual({ kind: "room", room: roomId, eventId: tide, via });
});

test("a block of code is copied as it stands, by the keyboard", async () => {
  await app.composer.fill("Run this:\n\n```sh\npump --on\n  --until 2.4\n```");
  await app.composer.press("Enter");
  const block = app.feed.locator("pre", { hasText: "pump --on" });
  await block.focus();
  await app.page.keyboard.press("Tab");
  await app.page.keyboard.press("Enter");
  await expect(app.page.getByRole("button", { name: text("common.copied") })).toBeFocused();
  value(await paste(/pump/)).toBe("pump --on\n  --until 2.4");
});

test("shows what an edited message said before", async () => {
  await ada.call("send", { roomId, body: "The tide is at seven", relatesTo: { rel_type: "m.replace", event_id: tide } });
  await app.expectMessage("The tide is at seven");
  await app.choose("The tide is at seven", "messageMenu.history");
  const dialog = app.dialog(text("history.title"));
  await expect(dialog.getByRole("listitem")).toHaveCount(2);
  await expect(dialog.getByRole("listitem").first()).toContainText("The tide is at seven");
  await expect(dialog.getByRole("listitem").last()).toContainText("The tide is at six");
  await expect(dialog.getByText(text("history.incomplete"))).toHaveCount(0);
  await app.screenshot("edit-history");
  await app.page.keyboard.press("Escape");
  await expect(app.feed.locator("article:focus")).toContainText("The tide is at seven");
});

test("passes a message on to another room, as a message of ours that is about nothing else", async () => {
  await app.choose("The tide is at seven", "messageMenu.forward");
  await app.page.getByRole("combobox", { name: text("forward.placeholder") }).fill("engine");
  await app.page.keyboard.press("Enter");
  await app
    .dialog(text("forward.confirmTitle", { room: "Engine room" }))
    .getByRole("button", { name: text("forward.confirm") })
    .click();
  await expect(app.page.getByRole("heading", { level: 1, name: "Engine room", exact: true })).toBeAttached();
  await app.expectDelivered("The tide is at seven");
  const seen = await ada.waitForMessage(otherRoom, { body: "The tide is at seven" });
  value(seen).toMatchObject({ sender: world.you, decrypted: true });
  value(seen).not.toHaveProperty("replyTo");
});

/** What the clipboard holds: a page cannot read it, but whoever pastes can. */
async function paste(expected: RegExp): Promise<string> {
  await expect(async () => {
    await app.composer.fill("");
    await app.composer.press("Control+v");
    await expect(app.composer).toHaveValue(expected, { timeout: 500 });
  }).toPass();
  const pasted = await app.composer.inputValue();
  await app.composer.fill("");
  return pasted;
}
