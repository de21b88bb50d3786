import { afterAll, beforeAll, test, expect as value } from "vitest";
import { type AppDriver, expect, shown, text } from "../support/app-driver.ts";
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
  type Device = { readonly crossSigned: boolean };
  for (const userId of [adaId, world.you])
    await eventually("everybody's identity", async () =>
      (await ada.call<Device[]>("devices", { userId })).some((device) => device.crossSigned),
    );
});
afterAll(() => World.end(world));

test("what was said before an invitation is there to be read, and shows who gave its key", async () => {
  const roomId = await ada.createRoom({ name: "Archive", invite: [], historyVisibility: "shared" });
  await ada.send(roomId, "The tide was high that day.");
  await ada.call("invite", { roomId, userId: world.you });
  await app.acceptInvitation("Archive");
  await app.expectMessage("The tide was high that day.");
  const shared = text("shield.shared", { sharer: "Ada" });
  await app.page.getByRole("button", { name: shared }).click();
  await expect(app.page.getByText(text("shield.sharedOwnText", { sharer: "Ada" }))).toBeVisible();
  await app.screenshot("shared-key");
  await app.page.keyboard.press("Escape");
  await ada.send(roomId, "Now it is low.");
  await app.expectMessage("Now it is low.");
  await expect(app.page.getByRole("button", { name: shared })).toHaveCount(1);
});

test("the invitation says that the past can be read, and brings it along", async () => {
  await app.newMenu("sidebar.newRoom");
  const dialog = app.dialog(text("newRoom.title"));
  await dialog.getByRole("textbox", { name: text("newRoom.name"), exact: true }).fill("Log book");
  await dialog.getByRole("button", { name: text("newRoom.submit") }).click();
  await expect(app.page.getByRole("heading", { level: 1, name: "Log book", exact: true })).toBeAttached();
  await app.write("First entry");
  await app.expectDelivered("First entry");
  await app.main
    .getByRole("button", { name: text("room.info"), exact: true })
    .last()
    .click();
  await app.page.getByRole("button", { name: text("info.invitePeople"), exact: true }).click();
  const invitation = app.dialog(text("invitePeople.title", { room: "Log book" }));
  await expect(invitation.getByText(text("invitePeople.historyEncrypted"))).toBeVisible();
  await invitation.getByRole("combobox").fill(adaId);
  await invitation
    .getByRole("option", { name: new RegExp(adaId) })
    .first()
    .click();
  await app.screenshot("invite-with-history");
  await invitation.getByRole("button", { name: shown("invitePeople.submit", { count: 1 }) }).click();
  await expect(invitation).toHaveCount(0);
  const roomId = await invitationOf(ada);
  await ada.call("join", { roomId });
  value(await ada.waitForMessage(roomId, { body: "First entry" })).toMatchObject({ decrypted: true, keySharedBy: world.you });
});
