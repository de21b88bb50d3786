import { afterAll, beforeAll, expect as value, test } from "vitest";
import { type AppDriver, expect, text } from "../support/app-driver.ts";
import type { HeadlessClient } from "../support/headless-client.ts";
import { World } from "./world.ts";

let world: World;
let app: AppDriver;
let ada: HeadlessClient;
let roomId: string;

beforeAll(async () => {
  world = await World.signedIn();
  ({ app } = world);
  ada = await world.headless("ada", "Ada Lovelace");
  roomId = await ada.createRoom({ name: "Harbour crew", invite: [world.you] });
  await app.acceptInvitation("Harbour crew");
  await ada.send(roomId, "The tide is at six");
  await app.expectMessage("The tide is at six");
});
afterAll(() => World.end(world));

test("an emoji is found by its name, and picked with Enter or by closing the colon", async () => {
  await app.composer.pressSequentially("all done :tad");
  await expect(app.page.getByRole("listbox", { name: text("emoji.suggestions") })).toBeVisible();
  await app.composer.press("Enter");
  await expect(app.composer).toHaveValue("all done 🎉 ");
  await app.composer.pressSequentially(":rocket:");
  await expect(app.composer).toHaveValue("all done 🎉 🚀");
  await app.composer.press("Control+z");
  await expect(app.composer).not.toHaveValue("all done 🎉 🚀");
  await app.composer.fill("");
  await app.composer.pressSequentially("at 12:30");
  await expect(app.page.getByRole("listbox", { name: text("emoji.suggestions") })).toHaveCount(0);
  await app.composer.fill("");
});

test("the picker puts an emoji where the caret is, and gives the focus back", async () => {
  await app.composer.fill("ab");
  await app.composer.press("ArrowLeft");
  await app.page.getByRole("button", { name: text("emoji.insert"), exact: true }).click();
  await app.page.getByRole("combobox", { name: text("emoji.search") }).fill("anchor");
  await app.page.keyboard.press("Enter");
  await expect(app.composer).toHaveValue("a⚓b");
  await expect(app.composer).toBeFocused();
  await app.composer.fill("");
});

test("any emoji can be a reaction", async () => {
  await app.tool("The tide is at six", "tools.react");
  await app.page.getByRole("combobox", { name: text("emoji.search") }).fill("sailboat");
  await app.page.getByRole("option", { name: "sailboat", exact: true }).click();
  await expect(app.row("The tide is at six").getByRole("button", { name: /^⛵/ })).toBeVisible();
});

test("Ctrl+B and its like put Markdown around what is selected, and take it off again", async () => {
  await app.composer.fill("very dry");
  await app.composer.press("Control+Shift+ArrowLeft");
  await app.composer.press("Control+b");
  await expect(app.composer).toHaveValue("very **dry**");
  await app.composer.press("Control+b");
  await expect(app.composer).toHaveValue("very dry");
  await app.composer.press("Control+i");
  await app.composer.press("Enter");
  await expect(app.row("very dry").locator("em")).toHaveText("dry");
  value((await ada.waitForMessage(roomId, { body: "very *dry*" })).decrypted).toBe(true);
});

test("at twice its size, or in half a window, there is either the list or a room to write in, and a way between them", async () => {
  await app.page.setViewportSize({ width: 640, height: 400 });
  await expect(app.feed).toBeVisible();
  await expect(app.sidebar).toHaveCount(0);
  const composer = await app.composer.boundingBox();
  value(composer !== null && composer.width > 300).toBe(true);
  value(await app.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
  await app.page.getByRole("button", { name: text("sidebar.back"), exact: true }).click();
  await expect(app.sidebar).toBeVisible();
  await expect(app.main).toHaveCount(0);
  await app.openRoom("Harbour crew");
});
