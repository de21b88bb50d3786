import { afterAll, beforeAll, test } from "vitest";
import { type AppDriver, expect, text } from "../support/app-driver.ts";
import { World } from "./world.ts";

let world: World;
let app: AppDriver;

beforeAll(async () => {
  world = await World.signedIn();
  ({ app } = world);
  await app.newMenu("sidebar.newRoom");
  const dialog = app.dialog(text("newRoom.title"));
  await dialog.getByRole("textbox", { name: text("newRoom.name"), exact: true }).fill("Harbour crew");
  await dialog.getByRole("button", { name: text("newRoom.submit") }).click();
  await expect(app.page.getByRole("heading", { level: 1, name: "Harbour crew", exact: true })).toBeAttached();
  for (const body of ["The tide is at six", "Bring a rope", "And a lamp"]) {
    await app.write(body);
    await app.expectDelivered(body);
  }
});
afterAll(() => World.end(world));

const lines = () => app.feed.getByRole("article").filter({ hasText: / pinned a message/ });
const listed = () => app.panel.getByRole("region", { name: text("pins.title") }).getByRole("listitem");

test("a message is pinned in its menu, which is said, and stands in the room's details, the newest first", async () => {
  await app.choose("The tide is at six", "messageMenu.pin");
  await expect(lines()).toHaveCount(1);
  await app.choose("Bring a rope", "messageMenu.pin");
  await expect(lines()).toHaveCount(2);
  await app.page.keyboard.press("Control+.");
  await expect(listed()).toHaveCount(2);
  await expect(listed().first()).toContainText("Bring a rope");
  await expect(listed().last()).toContainText("The tide is at six");
  await app.screenshot("pins");
});

test("the list and the line lead to the message", async () => {
  const flashing = app.feed.locator(".row--flash");
  await listed().last().getByRole("button").first().click();
  await expect(flashing).toContainText("The tide is at six");
  await expect(flashing).toHaveCount(0);
  await lines()
    .last()
    .getByRole("button", { name: text("pins.show") })
    .click();
  await expect(flashing).toContainText("Bring a rope");
});

test("it is taken down in the list and in the menu, and the list goes with the last", async () => {
  await app.panel.getByRole("button", { name: text("pins.unpin", { text: "The tide is at six" }) }).click();
  await expect(listed()).toHaveCount(1);
  await app.choose("Bring a rope", "messageMenu.unpin");
  await expect(app.panel.getByRole("region", { name: text("pins.title") })).toHaveCount(0);
  await expect(app.feed.getByText(/ unpinned a message/).first()).toBeVisible();
});
