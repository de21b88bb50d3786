import { pressToClose } from "../../tools/demo/press-to-close.ts";
import type { Page } from "@playwright/test";
import { afterAll, beforeAll, test, expect as value } from "vitest";
import { type AppDriver, expect, PASSPHRASE, sentence, text } from "../support/app-driver.ts";
import { PASSWORD, World } from "./world.ts";

let world: World;
let app: AppDriver;

beforeAll(async () => {
  world = await World.start();
  app = await world.launch();
});
afterAll(() => World.end(world));

/** Types where the focus is. */
const type = (page: Page, keys: string): Promise<void> => page.keyboard.type(keys);
const press = async (page: Page, ...keys: readonly string[]): Promise<void> => {
  for (const key of keys) await page.keyboard.press(key);
};

/** The part of the window that has the focus. */
const focusedPart = (): Promise<string | null> =>
  app.page.evaluate(() => document.activeElement?.closest<HTMLElement>("[data-landmark]")?.dataset["landmark"] ?? null);

const newRoom = async (name: string): Promise<void> => {
  await press(app.page, "Control+Shift+N");
  await expect(app.dialog(text("newRoom.title"))).toBeVisible();
  await type(app.page, name);
  await press(app.page, "Enter");
  await expect(app.page.getByRole("heading", { level: 1, name, exact: true })).toBeAttached();
  await expect(app.composer).toBeFocused();
};

test("signing in, choosing the passphrase and sending a message need no mouse", async () => {
  await expect(app.page.getByText(sentence("signIn.found"))).toBeVisible();
  await expect(app.page.getByRole("textbox", { name: text("signIn.user"), exact: true })).toBeFocused();
  await type(app.page, "you");
  await press(app.page, "Tab");
  await type(app.page, PASSWORD);
  await press(app.page, "Enter");

  const vault = await app.vault();
  await expect(vault.getByLabel(text("vault.create.passphrase"), { exact: true })).toBeFocused();
  await type(vault, PASSPHRASE);
  await press(vault, "Tab", "Tab");
  await expect(vault.getByLabel(text("vault.create.again"), { exact: true })).toBeFocused();
  await type(vault, PASSPHRASE);
  await expect(vault.getByRole("button", { name: text("vault.create.submit") })).toBeEnabled();
  await press(vault, "Enter");
  await expect(vault.getByRole("button", { name: text("vault.done.close") })).toBeFocused();
  await pressToClose(vault, () => press(vault, "Enter"));

  await app.expectRooms();
  await newRoom("Alpha");
  await type(app.page, "written by hand");
  await press(app.page, "Enter");
  await app.expectDelivered("written by hand");
  await expect(app.composer).toBeFocused();
});

test("↑ in the empty field edits the last message, Escape leaves it as it was", async () => {
  await expect(app.composer).toHaveValue("");
  // The server's copy must be there: a local echo cannot be edited.
  await expect(async () => {
    await press(app.page, "ArrowUp");
    await expect(app.page.getByText(text("composer.editing"))).toBeVisible({ timeout: 500 });
  }).toPass({ timeout: 20_000 });
  await expect(app.composer).toHaveValue("written by hand");
  await press(app.page, "Escape");
  await expect(app.page.getByText(text("composer.editing"))).toHaveCount(0);
  await expect(app.composer).toHaveValue("");
  await expect(app.composer).toBeFocused();
});

test("Ctrl+K jumps to a room by a few letters, Alt+↑ and Alt+↓ step through them", async () => {
  await newRoom("Beta");
  await newRoom("Gamma");
  await press(app.page, "Control+k");
  await expect(app.dialog(text("switcher.title"))).toBeVisible();
  await type(app.page, "alp");
  await expect(app.page.getByRole("listbox", { name: text("switcher.results") }).getByRole("option")).toHaveCount(1);
  await press(app.page, "Enter");
  await expect(app.page.getByRole("heading", { level: 1, name: "Alpha", exact: true })).toBeAttached();
  await expect(app.composer).toBeFocused();

  const order = (await app.roomList.locator(".room-row__name").allTextContents()).map((name) => name.trim());
  const at = order.indexOf("Alpha");
  const [step, back] = at < order.length - 1 ? (["Alt+ArrowDown", "Alt+ArrowUp"] as const) : (["Alt+ArrowUp", "Alt+ArrowDown"] as const);
  const neighbour = order[at + (step === "Alt+ArrowDown" ? 1 : -1)] ?? "";
  await press(app.page, step);
  await expect(app.page.getByRole("heading", { level: 1, name: neighbour, exact: true })).toBeAttached();
  await press(app.page, back);
  await expect(app.page.getByRole("heading", { level: 1, name: "Alpha", exact: true })).toBeAttached();
});

test("Ctrl+/ lists the shortcuts; Escape closes it and gives the focus back", async () => {
  await expect(app.composer).toBeFocused();
  await press(app.page, "Control+/");
  const dialog = app.dialog(text("shortcuts.title"));
  await expect(dialog).toContainText(text("shortcuts.switcher"));
  await expect(dialog).toContainText(text("shortcuts.editLast"));
  await press(app.page, "Escape");
  await expect(dialog).toHaveCount(0);
  await expect(app.composer).toBeFocused();
});

test("F6 goes around the parts of the window, forwards and back, and the focus can be seen", async () => {
  // An account that was just made has a notice.
  await expect(app.page.getByText(text("notice.no-recovery"))).toBeVisible();
  const parts: (string | null)[] = [];
  for (let n = 0; n < 4; n++) {
    parts.push(await focusedPart());
    await press(app.page, "F6");
    const visible = await app.page.evaluate(() => document.activeElement?.matches(":focus-visible") === true);
    value(visible).toBe(true);
  }
  value(new Set(parts)).toEqual(new Set(["composer", "banners", "sidebar", "timeline"]));
  value(await focusedPart()).toBe("composer");
  await press(app.page, "Shift+F6");
  value(await focusedPart()).toBe("timeline");
});

test("in the messages the arrows move, R replies, Delete asks; Escape closes the topmost thing", async () => {
  await press(app.page, "End");
  await expect(app.feed.locator("article:focus")).toContainText("written by hand");
  await press(app.page, "ArrowUp");
  await expect(app.feed.locator("article:focus")).not.toContainText("written by hand");
  await press(app.page, "ArrowDown", "r");
  await expect(app.page.getByText(text("composer.replying", { name: "you" }))).toBeVisible();
  await expect(app.composer).toBeFocused();
  await press(app.page, "Escape");
  await expect(app.page.getByText(text("composer.replying", { name: "you" }))).toHaveCount(0);
  await press(app.page, "Shift+F6", "End", "Delete");
  const dialog = app.dialog(text("tools.deleteTitle"));
  await expect(dialog.getByRole("button", { name: text("common.cancel") })).toBeFocused();
  await press(app.page, "Escape");
  await expect(dialog).toHaveCount(0);
  await app.expectMessage("written by hand");
});

test("the panel opens and closes by key, and Escape leads back to writing", async () => {
  await press(app.page, "Control+.");
  const { panel } = app;
  await expect(panel).toBeVisible();
  await press(app.page, "Escape");
  await expect(panel).toHaveCount(0);
  await expect(app.composer).toBeFocused();
  await press(app.page, "Control+\\");
  await expect(app.sidebar).toHaveCount(0);
  await press(app.page, "Control+\\");
  await expect(app.sidebar).toBeVisible();
});
