import { afterAll, beforeAll, test, expect as value } from "vitest";
import { type AppDriver, expect, sentence, text } from "../support/app-driver.ts";
import type { HeadlessClient } from "../support/headless-client.ts";
import { World } from "./world.ts";

let world: World;
let app: AppDriver;
let ada: HeadlessClient;
let roomId: string;

beforeAll(async () => {
  world = await World.signedIn();
  app = world.app;
  ada = await world.headless("ada", "Ada");
  roomId = await ada.createRoom({ name: "Harbour crew", invite: [world.you] });
});
afterAll(() => World.end(world));

/** Everything that the server has of the room, as text. */
const onServer = (): string => JSON.stringify(world.homeserver.acceptedEvents(roomId));

test("an invitation is accepted in the list, and ada's encrypted message is read", async () => {
  await app.page.getByRole("button", { name: text("invite.acceptNamed", { room: "Harbour crew" }) }).click();
  await expect(app.composer).toBeVisible();
  await ada.send(roomId, "The tide is at six");
  await app.expectMessage("The tide is at six");
  await expect(app.roomRow("Harbour crew")).toContainText("Ada: The tide is at six");
  await expect(app.composer).toHaveAttribute("placeholder", text("composer.placeholder"));
  value(onServer()).not.toContain("The tide is at six");
});

test("an answer is shown at once, and ada decrypts it", async () => {
  await app.write("I will be on the *pier*");
  await expect(app.composer).toHaveValue("");
  await expect(app.feed.locator("em", { hasText: "pier" })).toBeVisible();
  const seen = await ada.waitForMessage(roomId, { body: "I will be on the *pier*" });
  value(seen).toMatchObject({ decrypted: true, sender: world.you });
  value(onServer()).not.toContain("pier");
  await app.screenshot("conversation");
});

test("a reply carries its quote, for us and for ada", async () => {
  await app.tool("The tide is at six", "tools.reply");
  await expect(app.page.getByText(text("composer.replying", { name: "Ada" }))).toBeVisible();
  await app.write("Then I am early");
  const row = app.row("Then I am early");
  await expect(row.getByRole("button", { name: text("item.jumpToReply", { name: "Ada" }) })).toContainText("The tide is at six");
  await expect(app.page.getByText(text("composer.replying", { name: "Ada" }))).toHaveCount(0);
  const seen = await ada.waitForMessage(roomId, { body: "Then I am early" });
  const answered = await ada.waitForMessage(roomId, { body: "The tide is at six" });
  const reply = world.homeserver.acceptedEvents(roomId).find(({ eventId }) => eventId === seen.eventId);
  value(reply?.content["m.relates_to"]).toEqual({ "m.in_reply_to": { event_id: answered.eventId } });
});

test("an edit takes the message's place, is marked, and reaches ada", async () => {
  await app.tool("Then I am early", "tools.edit");
  await expect(app.composer).toHaveValue("Then I am early");
  await app.write("Then I am late");
  await app.expectMessage("Then I am late");
  await expect(app.row("Then I am late").getByText(text("item.edited"), { exact: true })).toBeVisible();
  await expect(app.row("Then I am early")).toHaveCount(0);
  await ada.waitForMessage(roomId, { body: "Then I am late" });
});

test("an edit of ada's changes her message in place", async () => {
  const eventId = await ada.send(roomId, "Bring roap");
  await app.expectMessage("Bring roap");
  await ada.call("send", { roomId, body: "Bring rope", relatesTo: { rel_type: "m.replace", event_id: eventId } });
  await app.expectMessage("Bring rope");
  await expect(app.row("Bring roap")).toHaveCount(0);
});

test("a reaction is shown with its count and can be taken back", async () => {
  await app.row("Bring rope").hover();
  const toolbar = app.row("Bring rope").getByRole("toolbar");
  const [first] = await toolbar.getByRole("button", { name: sentence("tools.reactWith") }).all();
  if (first === undefined) throw new Error("no quick reaction");
  await first.click();
  const chip = app.row("Bring rope").getByRole("button", { name: /1 person: / });
  await expect(chip).toBeVisible();
  await expect(chip).toHaveAttribute("aria-pressed", "true");
  await chip.click();
  await expect(chip).toHaveCount(0);
});

test("a message that is deleted leaves a line in its place, and nothing of its text", async () => {
  await app.choose("Then I am late", "tools.delete");
  await app
    .dialog(text("tools.deleteTitle"))
    .getByRole("button", { name: text("tools.deleteConfirm") })
    .click();
  await expect(app.feed.getByText(text("item.redacted"), { exact: true })).toBeVisible();
  await expect(app.row("Then I am late")).toHaveCount(0);
  await expect(app.row("Then I am early")).toHaveCount(0);
});

test("several messages keep their order", async () => {
  for (const body of ["one", "two", "three"]) await app.write(body);
  await ada.waitForMessage(roomId, { body: "three" });
  const { events } = await ada.call<{ events: { body?: string; decrypted: boolean }[] }>("timeline", { roomId, limit: 3 });
  value(events.map(({ body }) => body)).toEqual(["one", "two", "three"]);
  await app.expectDelivered("three");
});

test("what arrives while another room is open is counted, and read by opening it", async () => {
  await app.newMenu("sidebar.newRoom");
  const dialog = app.dialog(text("newRoom.title"));
  await dialog.getByRole("textbox", { name: text("newRoom.name"), exact: true }).fill("Notes");
  await dialog.getByRole("button", { name: text("newRoom.submit") }).click();
  await expect(app.page.getByRole("heading", { level: 1, name: "Notes", exact: true })).toBeAttached();
  await ada.send(roomId, "Where are you?");
  await expect(app.roomRow("Harbour crew")).toContainText("1 unread message");
  await app.openRoom("Harbour crew");
  await app.expectMessage("Where are you?");
  await expect(app.roomRow("Harbour crew")).not.toContainText("unread message");
});
