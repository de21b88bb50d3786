import { createHash, randomBytes } from "node:crypto";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, test, expect as value } from "vitest";
import { type AppDriver, expect, text } from "../support/app-driver.ts";
import type { HeadlessClient } from "../support/headless-client.ts";
import { World } from "./world.ts";

let world: World;
let app: AppDriver;
let ada: HeadlessClient;
let roomId: string;

/** A square of one pixel, followed by what no decoder reads. */
const PICTURE = Buffer.concat([
  Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64"),
  randomBytes(300_000),
]);

beforeAll(async () => {
  world = await World.signedIn();
  app = world.app;
  ada = await world.headless("ada", "Ada");
  roomId = await ada.createRoom({ name: "Harbour crew", invite: [world.you] });
  await app.page.getByRole("button", { name: text("invite.acceptNamed", { room: "Harbour crew" }) }).click();
  await expect(app.composer).toBeVisible();
});
afterAll(() => World.end(world));

const hashOf = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");
const open = (name: string) => app.page.getByRole("button", { name: text("media.open", { name }) });

test("a picture is chosen, asked about, sent, and ada has the same", async () => {
  await app.page.locator('input[type="file"]').setInputFiles({ name: "pier.png", mimeType: "image/png", buffer: PICTURE });
  const dialog = app.page.getByRole("dialog", { name: "Send a file to Harbour crew" });
  await expect(dialog).toContainText("pier.png");
  value(world.homeserver.requests({ path: "/_matrix/media/v3/upload" })).toEqual([]);
  await dialog.getByLabel(text("media.caption")).fill("the pier");
  await dialog.getByRole("button", { name: text("media.send"), exact: true }).click();
  await expect(dialog).toHaveCount(0);
  await expect(open("pier.png").locator("img")).toBeVisible();
  const { eventId } = await ada.waitForMessage(roomId, { body: "the pier" });
  const path = join(world.folder, "ada-saved.png");
  value(await ada.call("saveFile", { roomId, eventId, path })).toMatchObject({
    sha256: hashOf(PICTURE),
    name: "pier.png",
    mimetype: "image/png",
  });
});

test("ada's picture is shown in its place, opened, and closed with Escape", async () => {
  const path = join(world.folder, "crane.png");
  writeFileSync(path, PICTURE);
  await ada.call("sendFile", { roomId, path, width: 400, height: 200, caption: "the crane" });
  const shown = open("crane.png");
  await expect(shown.locator("img")).toBeVisible();
  value(await shown.boundingBox()).toMatchObject({ width: 380, height: 190 });
  await shown.click();
  const viewer = app.page.getByRole("dialog", { name: "crane.png" });
  await expect(viewer.getByRole("img", { name: "crane.png" })).toBeVisible();
  await app.screenshot("attachment-viewer");
  await app.page.keyboard.press("Escape");
  await expect(viewer).toHaveCount(0);
  await expect(app.composer).toBeVisible();
});

test("a file whose bytes were changed on the server is neither shown nor saved", async () => {
  const path = join(world.folder, "bad.png");
  writeFileSync(path, PICTURE);
  const before = new Set(world.homeserver.requests({ path: "/_matrix/client/v1/media/download" }).map((request) => request.path));
  await ada.call("sendFile", { roomId, path, caption: "good so far" });
  await expect(open("bad.png").locator("img")).toBeVisible();
  const download = world.homeserver.requests({ path: "/_matrix/client/v1/media/download" }).find((request) => !before.has(request.path));
  const stored = world.homeserver.storedMedia(`mxc://${download?.path.split("/").slice(-2).join("/") ?? ""}`);
  const bad = stored.bytes.slice();
  bad[100] = (bad[100] ?? 0) ^ 1;
  stored.bytes = bad;
  await open("bad.png").click();
  const viewer = app.page.getByRole("dialog", { name: "bad.png" });
  await expect(viewer.getByRole("alert")).toContainText(text("error.attachment-damaged.what"));
  await app.page.keyboard.press("Escape");
});

test("nothing of all that stays on disk", async () => {
  await expect.poll(() => readdirSync(join(world.profile, "account", "media"))).toEqual([]);
});
