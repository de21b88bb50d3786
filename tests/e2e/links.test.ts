import { afterAll, beforeAll, test, expect as value } from "vitest";
import { launchApp } from "../../tools/chromium-host/launch.ts";
import { TestUser } from "../../tools/homeserver/test-user.ts";
import { type AppDriver, expect, text } from "../support/app-driver.ts";
import { eventually, World } from "./world.ts";

let world: World;
let app: AppDriver;
let keeper: TestUser;
let market: string;
let firstLine: string;
let boathouse: string;
const BOATHOUSE = "#boathouse:harbour.test";

beforeAll(async () => {
  world = await World.signedIn();
  app = world.app;
  keeper = await TestUser.register(world.homeserver.url, "keeper");
  world.homeserver.registerUser("grace", "a password of the server");
  market = await keeper.createRoom({ preset: "public_chat", name: "Market", room_alias_name: "market", invite: [world.you] });
  boathouse = await keeper.createRoom({ preset: "public_chat", name: "Boathouse", room_alias_name: "boathouse" });
  say(boathouse, "Welcome on board");
  await app.acceptInvitation("Market");
  firstLine = say(market, "The first line");
  for (let n = 0; n < 60; n++) say(market, `Line ${n}`);
  await app.expectMessage("Line 59");
});
afterAll(() => World.end(world));

function say(roomId: string, body: string, html?: string): string {
  const formatted = html === undefined ? {} : { format: "org.matrix.custom.html", formatted_body: html };
  const content = { msgtype: "m.text", body, ...formatted };
  return world.homeserver.injectEvent(roomId, { type: "m.room.message", sender: keeper.userId, content }).eventId;
}

/** What our account has asked of the server that says anything about this room or person. */
const askedAbout = (name: string): readonly string[] =>
  world.homeserver
    .requests({ userId: world.you })
    .filter(({ path, query, body }) => JSON.stringify([path, query, body]).includes(name))
    .map(({ method, path }) => `${method} ${path}`);

/** As the system does with a link: the program is started once more. */
async function openFromSystem(link: string): Promise<void> {
  const second = await launchApp({ userData: app.profile, args: [link] }).then(
    ({ exited }) => exited,
    () => undefined,
  );
  value(second?.code ?? 0).toBe(0);
}

const joinDialog = () => app.dialog(text("link.joinTitle"));
const personDialog = () => app.dialog(text("link.personTitle"));

test("a link in a message to a room that is not ours asks first; until then the server hears nothing of it", async () => {
  say(market, "Come along", `<a href="https://matrix.to/#/%23boathouse%3Aharbour.test">Come along</a>`);
  await app.feed.getByRole("link", { name: "Come along" }).click();
  await expect(joinDialog().getByText(BOATHOUSE, { exact: true })).toBeVisible();
  await app.screenshot("link-join");
  await app.page.keyboard.press("Enter");
  await expect(joinDialog(), "Enter cancels").toHaveCount(0);
  await app.page.waitForTimeout(300);
  value([...askedAbout("boathouse"), ...askedAbout(boathouse)]).toEqual([]);
  await expect(app.roomRow("Boathouse")).toHaveCount(0);

  await app.feed.getByRole("link", { name: "Come along" }).click();
  await joinDialog()
    .getByRole("button", { name: text("join.submit"), exact: true })
    .click();
  await app.expectMessage("Welcome on board");
  await expect(app.page.getByRole("heading", { level: 1, name: "Boathouse", exact: true })).toBeAttached();
  value(app.host.openedExternal).toEqual([]);
});

test("a link that the system opens goes to the app that runs: to the message in a room of ours, by its alias too", async () => {
  await openFromSystem(`matrix:r/market:harbour.test/e/${encodeURIComponent(firstLine.slice(1))}`);
  await expect(app.page.getByRole("heading", { level: 1, name: "Market", exact: true })).toBeAttached();
  await app.expectMessage("The first line");
  await expect(app.row("The first line")).toBeInViewport();
  await openFromSystem("https://matrix.to/#/%23boathouse:harbour.test");
  await expect(app.page.getByRole("heading", { level: 1, name: "Boathouse", exact: true })).toBeAttached();
  await expect(joinDialog()).toHaveCount(0);
});

test("a link to a person asks before it writes to them", async () => {
  await openFromSystem("matrix:u/grace:harbour.test?action=chat");
  await expect(personDialog().getByText("@grace:harbour.test", { exact: true })).toBeVisible();
  await app.page.waitForTimeout(300);
  value(askedAbout("grace")).toEqual([]);
  await personDialog()
    .getByRole("button", { name: text("person.message"), exact: true })
    .click();
  await expect(app.composer).toBeVisible();
  await eventually("the invitation", () => askedAbout("grace").some((line) => line.endsWith("/createRoom")));
  // The second time there is a chat to go to.
  await app.openRoom("Boathouse");
  await openFromSystem("matrix:u/grace:harbour.test");
  await personDialog()
    .getByRole("button", { name: text("link.personOpen"), exact: true })
    .click();
  await expect(personDialog()).toHaveCount(0);
  value(askedAbout("grace").filter((line) => line.endsWith("/createRoom"))).toHaveLength(1);
});

test("a person of the open room is shown there", async () => {
  await app.openRoom("Market");
  await openFromSystem(`https://matrix.to/#/${encodeURIComponent(keeper.userId)}`);
  await expect(app.panel.getByText(keeper.userId, { exact: true })).toBeVisible();
  await expect(personDialog()).toHaveCount(0);
});

test("what is no Matrix link only brings the window to the front", async () => {
  await app.openRoom("Boathouse");
  for (const link of ["matrix:nonsense", "https://matrix.to.example/#/#market:harbour.test", "javascript:alert(1)"])
    await openFromSystem(link);
  await app.page.waitForTimeout(300);
  await expect(app.page.getByRole("heading", { level: 1, name: "Boathouse", exact: true })).toBeAttached();
  await expect(app.page.getByRole("alertdialog")).toHaveCount(0);
});

test("a link waits behind the lock", async () => {
  app.host.clickMenu("Lock now");
  await expect(app.page.getByRole("heading", { name: text("vaultGate.unlock") })).toBeVisible();
  await openFromSystem(`matrix:roomid/${encodeURIComponent(market.slice(1))}?via=harbour.test`);
  await app.page.waitForTimeout(300);
  await expect(app.page.getByRole("heading", { name: text("vaultGate.unlock") })).toBeVisible();
  await app.unlock();
  await expect(app.page.getByRole("heading", { level: 1, name: "Market", exact: true })).toBeAttached();
});

test("a link starts the app, and is followed once the rooms are there; it is followed once", async () => {
  app = await world.restart({ args: ["https://matrix.to/#/@ada:harbour.test"] });
  await app.unlock();
  await expect(personDialog().getByText("@ada:harbour.test", { exact: true })).toBeVisible();
  await app.page.keyboard.press("Escape");
  await expect(personDialog()).toHaveCount(0);
  app.host.clickMenu("Lock now");
  await app.unlock();
  await app.page.waitForTimeout(300);
  await expect(personDialog()).toHaveCount(0);
});
