import { afterAll, beforeAll, test, expect as value } from "vitest";
import { identity } from "../../build/packaging/identity.ts";
import { type AppDriver, expect, text } from "../support/app-driver.ts";
import { World } from "./world.ts";

let world: World;
let app: AppDriver;

/** What the desktop was asked for of this kind, oldest first. */
const recorded = (what: string): unknown[] => app.host.recorded.filter((call) => call.what === what).map((call) => call.value);

beforeAll(async () => {
  world = await World.signedIn();
  app = world.app;
  const eve = await world.foreign("eve");
  await eve.createRoom({ name: "Market", invite: [world.you] });
  await app.page.getByRole("button", { name: text("invite.acceptNamed", { room: "Market" }) }).click();
  await expect(app.composer).toBeVisible();
});
afterAll(() => World.end(world));

test("the program tells Windows the name that its shortcut has, without which there are no notifications", () => {
  value(recorded("app-user-model-id")).toEqual([identity.appId]);
});

test("a right click on a text field has the menu that text fields have, and one beside all text has none", async () => {
  await app.composer.fill("some words");
  await app.composer.click({ button: "right" });
  await expect.poll(() => recorded("popup")).toHaveLength(1);
  value(recorded("popup")[0]).toEqual(value.arrayContaining(["cut", "copy", "paste", "selectAll"]));
  await app.composer.fill("");
  await app.page
    .getByRole("banner")
    .or(app.page.locator("body"))
    .first()
    .click({ button: "right", position: { x: 2, y: 2 } });
  await app.page.waitForTimeout(300);
  value(recorded("popup")).toHaveLength(1);
});

test("the setting that keeps the window out of pictures of the screen reaches the window, now and at the next start", async () => {
  const protection = (): unknown[] => recorded("content-protection");
  // The vault's window was kept out all along, the chat's was not.
  value(new Set(protection())).toEqual(new Set([true, false]));
  const before = protection().length;
  const change = (hideFromCapture: boolean): Promise<unknown> =>
    app.page.evaluate((wanted) => window.bulkhead?.shell.call("changeSettings", { hideFromCapture: wanted }), hideFromCapture);
  value(await change(true)).toMatchObject({ ok: true });
  await expect.poll(() => protection().slice(before)).toEqual([true]);
  app = await world.restart();
  await expect.poll(() => protection()).toContain(true);
  value(protection()).not.toContain(false);
});
