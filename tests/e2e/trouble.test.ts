import { afterAll, beforeAll, test, expect as value } from "vitest";
import { type AppDriver, expect, text } from "../support/app-driver.ts";
import type { HeadlessClient } from "../support/headless-client.ts";
import { isObject, objectOr } from "../../tools/homeserver/json.ts";
import { World } from "./world.ts";

let world: World;
let app: AppDriver;
let ada: HeadlessClient;
let roomId: string;
const adaId = "@ada:harbour.test";

beforeAll(async () => {
  world = await World.signedIn();
  app = world.app;
  ada = await world.headless("ada", "Ada");
  roomId = await invitedTo("Harbour crew");
  await ada.send(roomId, "Before the storm");
  await app.expectMessage("Before the storm");
});
afterAll(() => World.end(world));

/** A room of ada's that we have joined and opened. */
async function invitedTo(name: string): Promise<string> {
  const created = await ada.createRoom({ name, invite: [world.you] });
  await app.page.getByRole("button", { name: text("invite.acceptNamed", { room: name }) }).click();
  await expect(app.page.getByRole("heading", { level: 1, name, exact: true })).toBeAttached();
  await expect(app.composer).toBeVisible();
  return created;
}

const yourDevice = (): string => world.homeserver.devices(world.you)[0]?.deviceId ?? "";
/** Ends the sync that the server is holding. */
const wake = (): void => world.homeserver.injectToDevice(world.you, yourDevice(), { type: "test.wake", sender: adaId, content: {} });

test("what is written while the server cannot be reached waits, is shown as waiting, and goes out by itself", async () => {
  const fault = world.homeserver.faults.add({ kind: "drop", path: /^\/_matrix/, userId: world.you });
  wake();
  const banner = app.page.getByText(text("banner.unreachable")).or(app.page.getByText(text("banner.offline")));
  await expect(banner).toBeVisible({ timeout: 45_000 });
  await app.write("Sent into the wind");
  await app.expectSendState("Sent into the wind", "queued");
  await expect(app.roomRow("Harbour crew")).toContainText(text("row.pending"));
  await app.screenshot("offline");
  fault.remove();
  await expect(banner).toHaveCount(0, { timeout: 45_000 });
  await app.expectDelivered("Sent into the wind");
  value((await ada.waitForMessage(roomId, { body: "Sent into the wind" })).decrypted).toBe(true);
});

const refuseSends = () =>
  world.homeserver.faults.add({
    kind: "status",
    status: 403,
    errcode: "M_FORBIDDEN",
    method: "PUT",
    path: /\/send\//,
    userId: world.you,
  });

test("what the server refuses is marked with the reason; it can be sent again", async () => {
  const fault = refuseSends();
  await app.write("Refused at first");
  await app.expectSendState("Refused at first", "failed");
  await expect(app.row("Refused at first")).toContainText(text("error.forbidden.what"));
  await expect(app.roomRow("Harbour crew")).toContainText(text("row.failed"));
  await app.screenshot("failed-send");
  fault.remove();
  await app
    .row("Refused at first")
    .getByRole("button", { name: text("send.retry") })
    .click();
  await app.expectDelivered("Refused at first");
  value((await ada.waitForMessage(roomId, { body: "Refused at first" })).decrypted).toBe(true);
  await expect(app.row("Refused at first")).toHaveCount(1);
});

test("or deleted, and then it is never sent", async () => {
  const fault = refuseSends();
  await app.write("Never mind");
  await app.expectSendState("Never mind", "failed");
  await app
    .row("Never mind")
    .getByRole("button", { name: text("send.delete") })
    .click();
  await expect(app.row("Never mind")).toHaveCount(0);
  fault.remove();
  await app.write("On second thoughts");
  await ada.waitForMessage(roomId, { body: "On second thoughts" });
  const { events } = await ada.call<{ events: { body?: string }[] }>("timeline", { roomId, limit: 10 });
  value(events.map(({ body }) => body)).not.toContain("Never mind");
});

test("a message whose key is missing says why and what to do, and turns into the message when the key comes", async () => {
  const fogBank = await invitedTo("Fog bank");
  // The server answers ada that it took her key, but keeps it.
  const fault = world.homeserver.faults.add({ kind: "status", status: 200, path: "/_matrix/client/v3/sendToDevice", userId: adaId });
  await ada.send(fogBank, "Seen through the fog");
  const line = app.feed.getByText(text("utd.waiting", { name: "Ada" }), { exact: true });
  await expect(line).toBeVisible();
  await expect(app.roomRow("Fog bank")).toContainText(text("row.undecryptable"));
  await app.feed.getByRole("button", { name: text("utd.why") }).click();
  await expect(app.page.getByText(text("utd.waitingNext", { name: "Ada" }))).toBeVisible();
  await app.screenshot("undecryptable");
  await app.page.keyboard.press("Escape");
  value(fault.fired).toBeGreaterThan(0);
  fault.remove();
  for (const { body } of world.homeserver
    .requests({ path: "/_matrix/client/v3/sendToDevice/m.room.encrypted", userId: adaId })
    .slice(-fault.fired)) {
    const messages = isObject(body) ? objectOr(body["messages"]) : {};
    const content = objectOr(objectOr(messages[world.you])[yourDevice()]);
    world.homeserver.injectToDevice(world.you, yourDevice(), { type: "m.room.encrypted", sender: adaId, content });
  }
  await app.expectMessage("Seen through the fog");
  await expect(line).toHaveCount(0);
  await expect(app.roomRow("Fog bank")).toContainText("Ada: Seen through the fog");
});

test("the worker dies: it is said, the passphrase is asked for again, and all goes on where it was", async () => {
  await app.openRoom("Harbour crew");
  await app.page.evaluate((wanted) => {
    const note = (): void => {
      if (document.body.textContent.includes(wanted)) document.documentElement.dataset["sawBanner"] = "yes";
    };
    new MutationObserver(note).observe(document.body, { subtree: true, childList: true, characterData: true });
  }, text("banner.workerRestarting"));
  app.killWorker();
  await expect(app.page.getByRole("heading", { name: text("vaultGate.unlock") })).toBeVisible({ timeout: 30_000 });
  value(await app.page.evaluate(() => document.documentElement.dataset["sawBanner"])).toBe("yes");
  await ada.send(roomId, "Sent while you were away");
  await app.unlock();
  await app.expectMessage("Sent while you were away");
  await app.expectMessage("Before the storm");
  await app.write("Still afloat");
  value((await ada.waitForMessage(roomId, { body: "Still afloat" })).decrypted).toBe(true);
  await app.expectDelivered("Still afloat");
});

test("after a restart of the whole app the history is readable, and the conversation goes on", async () => {
  app = await world.restart();
  await app.unlock();
  await app.openRoom("Harbour crew");
  for (const body of ["Before the storm", "Sent into the wind", "Still afloat"]) await app.expectMessage(body);
  await app.write("Back again");
  value((await ada.waitForMessage(roomId, { body: "Back again" })).decrypted).toBe(true);
  await ada.send(roomId, "Welcome back");
  await app.expectMessage("Welcome back");
});

test("main is killed while a message waits: it is on disk, and goes out after the next start", async () => {
  const fault = world.homeserver.faults.add({ kind: "drop", path: /^\/_matrix/, userId: world.you });
  await app.write("Written before the crash");
  await app.expectSendState("Written before the crash", "queued");
  await app.host.kill();
  fault.remove();
  app = await world.launch();
  await app.unlock();
  value((await ada.waitForMessage(roomId, { body: "Written before the crash" })).decrypted).toBe(true);
  await app.openRoom("Harbour crew");
  await app.expectDelivered("Written before the crash");
  await expect(app.row("Written before the crash")).toHaveCount(1);
});
