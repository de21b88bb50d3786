import { afterAll, beforeAll, expect as value, test } from "vitest";
import { type AppDriver, expect, text } from "../support/app-driver.ts";
import type { HeadlessClient } from "../support/headless-client.ts";
import type { MessageId } from "../../renderer/ui/messages/en.ts";
import { World } from "./world.ts";

let world: World;
let app: AppDriver;
let ada: HeadlessClient;
const rooms: string[] = [];

beforeAll(async () => {
  world = await World.signedIn();
  ({ app } = world);
  ada = await world.headless("ada", "Ada Lovelace");
  for (const name of ["Alpha", "Beta", "Gamma"]) {
    rooms.push(await ada.createRoom({ name, invite: [world.you] }));
    await app.acceptInvitation(name);
  }
});
afterAll(() => World.end(world));

async function choose(room: string, item: MessageId): Promise<void> {
  await app.roomRow(room).click({ button: "right" });
  const menu = app.page.getByRole("menu", { name: text("roomMenu.label", { room }) });
  await menu.getByText(text(item), { exact: true }).click();
  await expect(menu).toHaveCount(0);
}
const order = async (): Promise<string[]> =>
  (await app.roomList.getByRole("option").allTextContents()).map((row) => /Alpha|Beta|Gamma/.exec(row)?.[0] ?? "");

test("a favourite goes to the top, and stays there over a restart of the list's order", async () => {
  await choose("Alpha", "roomMenu.favourite");
  await expect(app.roomRow("Alpha")).toContainText(text("row.favourite"));
  await expect.poll(order).toEqual(["Alpha", "Gamma", "Beta"]);
  await ada.send(rooms[1] ?? "", "in Beta");
  await expect.poll(order).toEqual(["Alpha", "Beta", "Gamma"]);
});

test("a muted room counts nothing; told of everything again, it does", async () => {
  await app.openRoom("Alpha");
  await choose("Gamma", "roomMenu.notify.none");
  await expect(app.roomRow("Gamma")).toContainText(text("row.notify.none"));
  await ada.send(rooms[2] ?? "", "nobody hears this");
  await expect(app.roomRow("Gamma")).toContainText("nobody hears this");
  await expect(app.roomRow("Gamma")).not.toContainText("unread message");
  await choose("Gamma", "roomMenu.notify.all");
  await expect(app.roomRow("Gamma")).not.toContainText(text("row.notify.none"));
  await ada.send(rooms[2] ?? "", "everybody hears this");
  await expect(app.roomRow("Gamma")).toContainText("1 unread message");
});

test("a room is read without opening it, and marked unread until it is opened", async () => {
  await choose("Gamma", "roomMenu.read");
  await expect(app.roomRow("Gamma")).not.toContainText("unread message");
  await choose("Gamma", "roomMenu.unread");
  await expect(app.roomRow("Gamma")).toContainText(text("row.marked"));
  await app.openRoom("Gamma");
  await expect(app.roomRow("Gamma")).not.toContainText(text("row.marked"));
});

test("the menu opens and is used by keyboard, and the list has the focus again", async () => {
  await app.roomList.focus();
  await app.page.keyboard.press("Home");
  await app.page.keyboard.press("Shift+F10");
  await expect(app.page.getByRole("menu")).toBeVisible();
  await app.page.keyboard.press("Escape");
  await expect(app.page.getByRole("menu")).toHaveCount(0);
  await expect(app.roomList).toBeFocused();
  value(await order()).toHaveLength(3);
});

test("the room's details say and change the same", async () => {
  await app.openRoom("Gamma");
  await app.page.keyboard.press("Control+.");
  await app.panel.getByRole("button", { name: text("roomMenu.notify") }).click();
  await app.page.getByRole("option", { name: text("roomMenu.notify.mentions") }).click();
  await expect(app.roomRow("Gamma")).toContainText(text("row.notify.mentions"));
});
