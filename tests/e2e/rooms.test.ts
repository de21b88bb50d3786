import { afterAll, beforeAll, test, expect as value } from "vitest";
import { type AppDriver, expect, text } from "../support/app-driver.ts";
import type { HeadlessClient } from "../support/headless-client.ts";
import { eventually, invitationOf, World } from "./world.ts";

let world: World;
let app: AppDriver;
let ada: HeadlessClient;
const adaId = "@ada:harbour.test";

beforeAll(async () => {
  world = await World.signedIn();
  app = world.app;
  ada = await world.headless("ada", "Ada");
});
afterAll(() => World.end(world));

test("a room made in the dialog is encrypted by default, with whom one chose", async () => {
  await app.newMenu("sidebar.newRoom");
  const dialog = app.dialog(text("newRoom.title"));
  await expect(dialog.getByRole("switch")).toBeChecked();
  await dialog.getByRole("textbox", { name: text("newRoom.name"), exact: true }).fill("Lighthouse");
  await dialog.getByRole("textbox", { name: text("newRoom.topic"), exact: true }).fill("Who lights it tonight");
  await dialog.getByRole("combobox").fill(adaId);
  await dialog
    .getByRole("option", { name: new RegExp(adaId) })
    .first()
    .click();
  await app.screenshot("new-room");
  await dialog.getByRole("button", { name: text("newRoom.submit") }).click();
  await expect(app.page.getByRole("heading", { level: 1, name: "Lighthouse", exact: true })).toBeAttached();
  await expect(app.composer).toHaveAttribute("placeholder", text("composer.placeholder"));
  await expect(app.page.getByText(text("timeline.startEncrypted"))).toBeVisible();

  const roomId = await invitationOf(ada);
  await ada.call("join", { roomId });
  await app.write("Is anybody there?");
  value((await ada.waitForMessage(roomId, { body: "Is anybody there?" })).decrypted).toBe(true);
});

test("the member list says who is here and who rules", async () => {
  await app.openRoom("Lighthouse");
  await app.page.getByRole("button", { name: text("room.membersButton", { count: "2" }) }).click();
  const list = app.page.getByRole("listbox", { name: text("members.list") });
  await expect(list.getByRole("option")).toHaveCount(2);
  await expect(list.getByRole("option", { name: /^you.*Admin$/ })).toBeVisible();
  await list.getByRole("option", { name: "Ada", exact: true }).click();
  await expect(app.page.getByText(adaId).first()).toBeVisible();
  await expect(app.page.getByText(/^Bulkhead on /).first()).toBeVisible();
  await app.screenshot("person");
  await app.page.keyboard.press("Escape");
});

test("a direct chat is made from the dialog, encrypted, and shows as a person", async () => {
  await app.newMenu("sidebar.newDm");
  const dialog = app.dialog(text("newDm.title"));
  await dialog.getByRole("combobox").fill(adaId);
  await dialog
    .getByRole("option", { name: new RegExp(adaId) })
    .first()
    .click();
  await dialog.getByRole("button", { name: text("newDm.submit") }).click();
  await expect(app.page.getByRole("heading", { level: 1, name: "Ada", exact: true })).toBeAttached();
  const roomId = await invitationOf(ada);
  await ada.call("join", { roomId });
  await app.write("Only for you");
  value((await ada.waitForMessage(roomId, { body: "Only for you" })).decrypted).toBe(true);
  await app.page.getByRole("radio", { name: text("sidebar.filter.people"), exact: true }).click();
  await expect(app.roomList.getByRole("option")).toHaveCount(1);
  await expect(app.roomRow("Ada")).toBeVisible();
  await app.page.getByRole("radio", { name: text("sidebar.filter.all"), exact: true }).click();
});

test("an invitation says from whom; accepting it joins, declining it does not", async () => {
  const wanted = await ada.createRoom({ name: "Boat house", invite: [world.you] });
  const refused = await ada.createRoom({ name: "Spam corner", invite: [world.you] });
  await expect(app.page.getByRole("button", { name: /Boat house/ }).first()).toContainText("Ada");
  await app.screenshot("invitations");
  await app.page.getByRole("button", { name: text("invite.declineNamed", { room: "Spam corner" }) }).click();
  await expect(app.page.getByText("Spam corner")).toHaveCount(0);
  await app.page
    .getByRole("button", { name: /Boat house/ })
    .first()
    .click();
  await expect(app.page.getByText(text("invite.screenText"))).toBeVisible();
  await app.main.getByRole("button", { name: text("invite.accept"), exact: true }).click();
  await expect(app.composer).toBeVisible();
  type Members = { userId: string; membership: string }[];
  const membership = async (roomId: string): Promise<string | undefined> =>
    (await ada.call<Members>("members", { roomId })).find(({ userId }) => userId === world.you)?.membership;
  await eventually("ada to see the joining", async () => (await membership(wanted)) === "join");
  await eventually("ada to see the declining", async () => (await membership(refused)) === "leave");
});

test("leaving asks first, and takes the room off the list of the joined", async () => {
  await app.openRoom("Boat house");
  await app.main
    .getByRole("button", { name: text("room.info"), exact: true })
    .last()
    .click();
  await app.page.getByRole("button", { name: text("info.leave"), exact: true }).click();
  const dialog = app.dialog(text("leave.title", { room: "Boat house" }));
  await expect(dialog).toContainText(text("leave.text"));
  await dialog.getByRole("button", { name: text("leave.confirm"), exact: true }).click();
  await expect(dialog).toHaveCount(0);
  await expect(app.composer).toHaveCount(0);
  await eventually("the server to know", () => world.homeserver.roomsOf(world.you).length === 2);
});
