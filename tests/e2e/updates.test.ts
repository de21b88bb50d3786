import { randomBytes } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, test, expect as value } from "vitest";
import { type AppDriver, expect, text } from "../support/app-driver.ts";
import { APP_ID, UpdateFeedServer } from "../support/update-feed-server.ts";
import { World } from "./world.ts";

let world: World;
let app: AppDriver;
let feed: UpdateFeedServer;
let appImage: string;
/** Says with what it was started. */
const content = Buffer.concat([Buffer.from('#!/bin/sh\nprintf "%s\\n" "$@" > "$0.started"\nexit\n'), randomBytes(500_000)]);

/** A build of its own with a feed in it, that believes to be an AppImage. */
beforeAll(async () => {
  feed = await UpdateFeedServer.start();
  world = await World.start();
  const dist = join(world.folder, "dist");
  cpSync(join(import.meta.dirname, "../../dist"), dist, { recursive: true });
  const described = { appId: APP_ID, url: feed.url, channel: "stable", keys: [feed.publicKey], windowsPublisher: null };
  writeFileSync(join(dist, "update-feed.json"), JSON.stringify(described));
  appImage = join(world.folder, "bin", "Bulkhead.AppImage");
  mkdirSync(dirname(appImage));
  writeFileSync(appImage, "the old version");
  const env = { APPIMAGE: appImage, APPDIR: dirname(process.execPath) };
  app = await world.launch({ entry: join(dist, "main", "entry.js"), env });
  await app.signIn("you", "a password of the server");
  await app.createPassphrase();
});
afterAll(async () => {
  await World.end(world);
  await feed.stop();
});

const about = () => app.dialog(text("settings.title"));
const button = (id: Parameters<typeof text>[0]) => about().getByRole("button", { name: text(id), exact: true });
const banner = () => app.page.getByRole("region", { name: text("landmark.banners"), exact: true });

test("nothing was asked for yet; a check by hand finds a feed that nobody signed, and says so", async () => {
  value(feed.asked).toEqual([]);
  await app.page.keyboard.press("Control+,");
  await about()
    .getByRole("tab", { name: text("settings.about"), exact: true })
    .click();
  await expect(about().getByText(text("updates.idleText"))).toBeVisible();
  const daily = about().getByRole("switch", { name: text("updates.daily") });
  await expect(daily).toBeChecked();
  await daily.press("Space");
  await expect(daily).not.toBeChecked();
  await app.screenshot("update-daily-off");
  const { signatures } = feed.publish("0.2.0", content);
  feed.serve("stable.json.sig", Buffer.from(signatures.replace(/^.{8}/, "AAAAAAAA")));
  await button("updates.check").click();
  await expect(about().getByText(text("error.update-untrusted.what"))).toBeVisible();
  await app.screenshot("update-untrusted");
});

test("a good update is downloaded, can be stopped on the way, and waits to be installed", async () => {
  feed.publish("0.2.0", content);
  feed.serve("app-0.2.0-x64.AppImage", (response) => {
    response.writeHead(200, { "content-length": String(content.byteLength) });
    response.write(content.subarray(0, 200_000));
  });
  await button("updates.checkAgain").click();
  await expect(about().getByRole("progressbar")).toHaveAttribute("aria-valuetext", /^[12]\d\d kB of 500 kB$/);
  await button("updates.cancel").click();
  await expect(about().getByText(text("updates.availableText"))).toBeVisible();
  feed.serve("app-0.2.0-x64.AppImage", content);
  await button("updates.check").click();
  await expect(about().getByText(text("updates.ready", { version: "0.2.0" }))).toBeVisible();
  await app.screenshot("update-ready");
  value(readFileSync(appImage, "utf8")).toBe("the old version");
});

test("the page's line offers the restart; the program is replaced and started again, with the store closed before", async () => {
  await app.page.keyboard.press("Escape");
  // What would make the account safer is said first.
  await banner()
    .getByRole("button", { name: text("notice.aside"), exact: true })
    .click();
  await expect(banner().getByText(text("updates.banner", { version: "0.2.0" }))).toBeVisible();
  await banner()
    .getByRole("button", { name: text("updates.install"), exact: true })
    .click();
  value((await app.host.exited).code).toBe(0);
  value(readFileSync(appImage).equals(content)).toBe(true);
  await expect.poll(() => (existsSync(`${appImage}.started`) ? readFileSync(`${appImage}.started`, "utf8") : "")).toContain(app.profile);
  const log = readFileSync(join(app.profile, "logs", "bulkhead.log"), "utf8");
  value(log).toMatch(/"updates\.phase"[^\n]*installing[\s\S]*"app\.quit"/);
});
