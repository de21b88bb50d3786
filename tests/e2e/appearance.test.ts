import { pressToClose } from "../../tools/demo/press-to-close.ts";
import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { afterAll, beforeAll, describe, test, expect as value } from "vitest";
import { type AppDriver, expect, PASSPHRASE, text } from "../support/app-driver.ts";
import type { HeadlessClient } from "../support/headless-client.ts";
import { PASSWORD, World } from "./world.ts";

let world: World;
let app: AppDriver;
let ada: HeadlessClient;

beforeAll(async () => {
  world = await World.start();
  app = await world.launch();
});
afterAll(() => World.end(world));

/** The dialog that is open: what lies below it was looked at without it. */
const OVERLAY = ".modal";

/** What axe-core finds that would keep someone from using this, in one theme and the other. */
async function expectAccessible(name: string, page: Page = app.page, part?: string): Promise<void> {
  const found: string[] = [];
  for (const theme of ["light", "dark"] as const) {
    app.host.setSystemDark(theme === "dark");
    await expect.poll(() => page.evaluate(() => matchMedia("(prefers-color-scheme: dark)").matches)).toBe(theme === "dark");
    // Colours change within 150 ms; half-way they would have another contrast.
    await page.waitForTimeout(300);
    await app.screenshot(`${name}-${theme}`, page);
    const builder = new AxeBuilder({ page }).setLegacyMode(true);
    const { violations } = await (part === undefined ? builder : builder.include(part)).analyze();
    for (const { id, impact, nodes } of violations)
      if (impact === "serious" || impact === "critical")
        found.push(
          `${name}, ${theme}: ${id} ${nodes
            .slice(0, 3)
            .map((node) => `${node.html.slice(0, 160)} (${node.any[0]?.message ?? ""})`)
            .join("; ")}`,
        );
  }
  value(found).toEqual([]);
}

describe("no screen keeps anyone out, in light and dark", () => {
  test("signing in", async () => {
    await app.fillSignIn("you", PASSWORD);
    await expectAccessible("sign-in");
  });

  test("choosing the passphrase, and the seal", async () => {
    await app.signIn("you", PASSWORD);
    const vault = await app.vault();
    await expect(vault.getByRole("heading", { name: text("vault.create.title") })).toBeVisible();
    await expectAccessible("vault-create", vault);
    await expectAccessible("vault-gate");
    await vault.getByLabel(text("vault.create.passphrase"), { exact: true }).fill(PASSPHRASE);
    await vault.getByLabel(text("vault.create.again"), { exact: true }).fill(PASSPHRASE);
    await vault.getByRole("button", { name: text("vault.create.submit") }).click();
    await expect(vault.getByText(text("vault.done.createdText"))).toBeVisible();
    await app.seal(vault);
    await expectAccessible("vault-seal", vault);
    await pressToClose(vault, () => vault.getByRole("button", { name: text("vault.done.close") }).click());
  });

  test("the first run", async () => {
    await app.expectRooms();
    await expectAccessible("first-run");
  });

  test("an invitation", async () => {
    ada = await world.headless("ada", "Ada");
    await ada.createRoom({ name: "Harbour crew", invite: [world.you] });
    await app.page
      .getByRole("button", { name: /Harbour crew/ })
      .first()
      .click();
    await expect(app.page.getByText(text("invite.screenText"))).toBeVisible();
    await expectAccessible("invitation");
  });

  test("a conversation", async () => {
    await app.main.getByRole("button", { name: text("invite.accept"), exact: true }).click();
    await expect(app.composer).toBeVisible();
    const [roomId = ""] = world.homeserver.roomsOf(world.you);
    await ada.send(roomId, "Good morning, with a link https://example.org and **weight**");
    await ada.send(roomId, "> quoted\n\nand `code`");
    await app.write("Good morning, Ada");
    await app.expectDelivered("Good morning, Ada");
    world.homeserver.injectEvent(roomId, {
      type: "m.room.encrypted",
      sender: "@ada:harbour.test",
      content: {
        algorithm: "m.megolm.v1.aes-sha2",
        ciphertext:
          "AwgAEnACgAkLmt6qF84IK++J7UDH2Za1YVchHyprqTqsg2yyOwAtHaZTwyNg37afzg8f3r9IsN9rH4RNFg7MaZencUJe4qvELiDiopUjy5wYVDAtqdBzer5bWRD9ldxp1FLgbQvBcjkkywYjCsmsq6+hArILd9oAQZnGKn/qLsK+5uNX3PaWzDRC9wZPQvWYYPCTov3jCwXKTPsLKIiTrcCXDqMvnn8m+T3zF/I2zqxg158tnUwWWIw51UO",
        device_id: "NOSUCHDEVICE",
        sender_key: "IlRMeOPX2e0MurIyfWEucYBRVOEEUMrOHqn/8mLqMjA",
        session_id: "X3lUlvLELLYxeTx4yOVu6UDpasGEVO0Jbu+QFnm0cKQ",
      },
    });
    await expect(app.feed.getByRole("button", { name: text("utd.why") })).toBeVisible();
    await expectAccessible("conversation");
    await app.row("Good morning, Ada").hover();
    await expectAccessible("conversation-tools");
  });

  test("the panels", async () => {
    await app.page.keyboard.press("Control+.");
    await expect(app.page.getByText(text("info.encryption"), { exact: true })).toBeVisible();
    await expectAccessible("panel-info", app.page, ".panel");
    await app.page.getByRole("button", { name: text("room.membersButton", { count: "2" }) }).click();
    await expect(app.page.getByRole("listbox", { name: text("members.list") }).getByRole("option")).toHaveCount(2);
    await expectAccessible("panel-members", app.page, ".panel");
    await app.page
      .getByRole("listbox", { name: text("members.list") })
      .getByRole("option", { name: "Ada" })
      .click();
    await expect(app.page.getByText(/^Bulkhead on /).first()).toBeVisible();
    await expectAccessible("panel-person", app.page, ".panel");
    await app.page.keyboard.press("Control+f");
    await app.page.keyboard.type("morning");
    await expect(app.page.getByText("2 messages", { exact: true })).toBeVisible();
    await expectAccessible("panel-search", app.page, ".panel");
    // The first Escape empties the search field.
    await app.page.keyboard.press("Escape");
    await app.page.keyboard.press("Escape");
    await expect(app.panel).toHaveCount(0);
  });

  test("the dialogs", async () => {
    await app.newMenu("sidebar.newRoom");
    await expectAccessible("dialog-new-room", app.page, OVERLAY);
    await app.page.keyboard.press("Escape");
    await app.newMenu("sidebar.newDm");
    await expectAccessible("dialog-new-dm", app.page, OVERLAY);
    await app.page.keyboard.press("Escape");
    await app.page.keyboard.press("Control+k");
    await expectAccessible("dialog-switcher", app.page, OVERLAY);
    await app.page.keyboard.press("Escape");
    await app.page.keyboard.press("Control+/");
    await expectAccessible("dialog-shortcuts", app.page, OVERLAY);
    await app.page.keyboard.press("Escape");
    await app.accountMenu("account.signOut");
    await expectAccessible("dialog-sign-out", app.page, OVERLAY);
    await app.page.keyboard.press("Escape");
  });

  test("the settings", async () => {
    await app.page.keyboard.press("Control+,");
    const dialog = app.dialog(text("settings.title"));
    for (const section of ["account", "security", "devices", "appearance", "notifications", "messages", "keyboard", "about"] as const) {
      await dialog.getByRole("tab", { name: text(`settings.${section}`), exact: true }).click();
      await expectAccessible(`settings-${section}`, app.page, OVERLAY);
    }
    await app.page.keyboard.press("Escape");
  });

  test("unlocking", async () => {
    app.killWorker();
    const vault = await app.vault();
    await expect(vault.getByRole("heading", { name: text("vault.unlock.title") })).toBeVisible();
    await app.typePassphrase("wrong one");
    await expect(vault.getByText(/That was not the passphrase/)).toBeVisible({ timeout: 30_000 });
    await expectAccessible("vault-unlock", vault);
    await app.unlock();
  });
});

type Box = { readonly name: string; readonly left: number; readonly top: number; readonly right: number; readonly bottom: number };

describe.each([
  [800, 600],
  [1280, 800],
  [2560, 1440],
])("at %i × %i", (width, height) => {
  const parts = ".sidebar, .room-header, .timeline, .composer, .panel";

  beforeAll(async () => {
    app.host.setSystemDark(false);
    await app.page.setViewportSize({ width, height });
    await expect.poll(() => app.page.evaluate(() => [innerWidth, innerHeight])).toEqual([width, height]);
    await app.openRoom("Harbour crew");
  });

  const boxes = (): Promise<readonly Box[]> =>
    app.page.evaluate(
      (selector) =>
        [...document.querySelectorAll(selector)].map((element) => {
          const { left, top, right, bottom } = element.getBoundingClientRect();
          return { name: element.classList[0] ?? "", left, top, right, bottom };
        }),
      parts,
    );

  /** Buttons and fields whose middle something else covers, or that lie outside of the window. */
  const covered = (): Promise<readonly string[]> =>
    app.page.evaluate(() =>
      [...document.querySelectorAll<HTMLElement>("button, input, textarea, [role=option], [role=tab]")].flatMap((element) => {
        const { left, top, width: w, height: h } = element.getBoundingClientRect();
        if (
          w === 0 ||
          h === 0 ||
          element.closest("[aria-hidden=true], [inert], .visually-hidden, .timeline__scroller, .room-list") !== null
        )
          return [];
        const hit = document.elementFromPoint(left + w / 2, top + h / 2);
        const fine = hit !== null && (element.contains(hit) || hit.contains(element) || hit.closest("label")?.contains(element) === true);
        return fine
          ? []
          : [`${element.tagName} ${element.className} ${element.getAttribute("aria-label") ?? element.textContent.slice(0, 40)}`];
      }),
    );

  function overlaps(found: readonly Box[]): string[] {
    return found.flatMap((a, i) =>
      found.slice(i + 1).flatMap((b) => {
        const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
        const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        return wide > 1 && high > 1 ? [`${a.name} and ${b.name}`] : [];
      }),
    );
  }

  test("nothing overlaps, nothing is cut off", async () => {
    const found = await boxes();
    value(found.map(({ name }) => name)).toEqual(value.arrayContaining(["sidebar", "room-header", "timeline", "composer"]));
    value(overlaps(found)).toEqual([]);
    for (const { name, left, top, right, bottom } of found)
      value([left >= -1, top >= -1, right <= width + 1, bottom <= height + 1], name).toEqual([true, true, true, true]);
    value(await covered()).toEqual([]);
    value(await app.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
    await app.screenshot(`room-${width}x${height}`);
  });

  test("with the panel: beside the messages where there is room, over them where there is not", async () => {
    await app.page.keyboard.press("Control+.");
    const { panel } = app;
    await expect(panel).toBeVisible();
    await app.page.waitForTimeout(300);
    const found = await boxes();
    const place = found.find(({ name }) => name === "panel");
    value((place?.right ?? 0) <= width + 1 && (place?.left ?? -1) >= 0).toBe(true);
    if (width >= 1000) value(overlaps(found)).toEqual([]);
    else value(overlaps(found.filter(({ name }) => name !== "panel"))).toEqual([]);
    await app.screenshot(`panel-${width}x${height}`);
    await app.page.keyboard.press("Escape");
    await expect(panel).toHaveCount(0);
  });

  test("the largest dialog fits", async () => {
    await app.page.keyboard.press("Control+,");
    const box = await app.dialog(text("settings.title")).boundingBox();
    value(box !== null && box.x >= 0 && box.y >= 0 && box.x + box.width <= width && box.y + box.height <= height).toBe(true);
    await app.screenshot(`settings-${width}x${height}`);
    await app.page.keyboard.press("Escape");
  });
});
