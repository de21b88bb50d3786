import type { Locator, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startPreviewBrowser, type PreviewBrowser } from "../support/ui-preview/preview-browser.ts";

/**
 * What the chat page says about keys and identities, in a real browser against an in-page worker (tests/support/ui-preview): that it is seen in
 * time, that it never takes the focus and never loses it, and that a locked app shows nothing.
 */
let preview: PreviewBrowser;
beforeAll(async () => {
  preview = await startPreviewBrowser();
});
afterAll(() => preview?.close());

async function open(query = ""): Promise<Page> {
  const page = await preview.browser.newPage({ viewport: { width: 1280, height: 800 }, reducedMotion: "reduce" });
  await page.goto(`${preview.url}/chat.html?scene=room${query}`);
  await page
    .getByRole("option", { name: /^Harbour crew/ })
    .first()
    .click();
  await page.getByRole("feed").waitFor();
  await expect.poll(() => focusIn(page)).toBe("composer");
  return page;
}

/** The part of the window that has the focus. */
const focusIn = (page: Page): Promise<string | null> =>
  page.evaluate(() => document.activeElement?.closest<HTMLElement>("[data-landmark]")?.dataset["landmark"] ?? null);

/** What main was asked for, by verb. */
const calls = (page: Page): Promise<readonly string[]> =>
  page.evaluate(() => window.fakeShell?.calls.map((call) => JSON.stringify(call)) ?? []);

const request = (page: Page, name: string): Locator => page.getByRole("alertdialog", { name });

test("a request leaves the focus where it is; F6 leads to it, Escape puts it aside and leads back", async () => {
  const page = await open("&requests=2");
  await request(page, "Ada Lovelace wants to verify you").waitFor();
  await page.keyboard.type("I was writing");
  expect(await page.getByRole("textbox", { name: /^Message to/ }).inputValue()).toBe("I was writing");
  for (let n = 0; n < 5 && (await focusIn(page)) !== "toasts"; n++) await page.keyboard.press("F6");
  expect(await focusIn(page)).toBe("toasts");
  await page.keyboard.press("Enter");
  await expect.poll(() => calls(page)).toContain(`["openVault",{"intent":{"kind":"verification","flowId":"$f1"}}]`);
  await page.keyboard.press("Escape");
  await expect.poll(() => request(page, "Ada Lovelace wants to verify you").count()).toBe(0);
  // The next one has it now, and after the last it is back in the field.
  expect(await focusIn(page)).toBe("toasts");
  await page.keyboard.press("Escape");
  await expect.poll(() => page.getByRole("alertdialog").count()).toBe(0);
  expect(await focusIn(page)).toBe("composer");
  // What was put aside can still be found.
  await page.keyboard.press("Control+,");
  await page.getByRole("tab", { name: "Security" }).click();
  await page.getByText("Ada Lovelace wants to verify you").waitFor();
  await page.close();
});

test("a request that comes while a dialog is open can be answered beside it", async () => {
  const page = await open("&requests=1");
  await page.keyboard.press("Control+k");
  const field = page.getByRole("combobox").or(page.getByPlaceholder("Person or room"));
  await field.first().waitFor();
  await request(page, "Ada Lovelace wants to verify you").getByRole("button", { name: "Open in the Vault" }).click();
  await expect.poll(async () => (await calls(page)).join()).toContain("openVault");
  expect(await field.first().isVisible()).toBe(true);
  await page.close();
});

test("the notice wins over nothing more pressing, and stays away once it was put aside", async () => {
  const page = await open("&safety=no-recovery");
  const notice = page.getByText("Recovery is not set up.");
  await notice.waitFor();
  await page.evaluate(() => window.fakeShell?.emit("connectionChanged", { state: "offline", retryAt: null, workerRestarting: false }));
  await page.getByText("You are offline.").waitFor();
  expect(await notice.count()).toBe(0);
  await page.evaluate(() => window.fakeShell?.emit("connectionChanged", { state: "online", retryAt: null, workerRestarting: false }));
  await notice.waitFor();
  await page.getByRole("button", { name: "Not now" }).click();
  await expect.poll(() => notice.count()).toBe(0);
  expect(await focusIn(page)).toBe("composer");
  await page.close();
});

test("a changed identity stands over the field before anything is written, and goes when it is accepted", async () => {
  const page = await open("&trust=new");
  const bar = page.getByRole("region", { name: "Changes of identity" });
  await bar.getByText("Noor Haddad's identity has changed").waitFor();
  await bar.getByRole("button", { name: "Accept" }).click();
  await expect.poll(() => bar.getByRole("button").count()).toBe(0);
  expect(await page.getByRole("button", { name: "New identity" }).count()).toBe(0);
  await page.close();
});

test("messages held back by a person cannot be tried again before that is decided, and can after", async () => {
  const page = await open("&trust=unsigned&heldback");
  const held = page.locator("article", { hasText: "And the readings, Ada." });
  await held.getByRole("button", { name: "Show the device" }).waitFor();
  expect(await held.getByRole("button", { name: "Send again" }).count()).toBe(0);
  await page.getByRole("button", { name: "Leave it out" }).click();
  await held.getByRole("button", { name: "Send again" }).waitFor();
  await page.close();
});

test("a locked app shows nothing and keeps nothing: messages, names, drafts and dialogs are gone", async () => {
  const page = await open("&safety=no-recovery&requests=1");
  await page.keyboard.type("half a thought about the pump");
  await page.keyboard.press("Control+,");
  await page.getByRole("dialog").waitFor();
  await page.keyboard.press("Control+Shift+L");
  await expect.poll(() => calls(page)).toContain(`["lock",{}]`);
  await page.evaluate(() => window.fakeShell?.emit("appStateChanged", { phase: "vault", task: "unlock", userId: "@you:harbour.example" }));
  await page.getByRole("heading", { name: "Unlock in the Vault" }).waitFor();
  const shown = await page.evaluate(() => `${document.title} ${document.documentElement.outerHTML}`);
  for (const word of ["Harbour", "Ada", "pump", "bulkhead door", "Robin", "wants to verify", "Recovery"]) expect(shown).not.toContain(word);
  // And an unlock brings the room back, but not what was typed.
  await page.evaluate(() =>
    window.fakeShell?.emit("appStateChanged", { phase: "ready", userId: "@you:harbour.example", deviceId: "BULKHEAD01", appLock: true }),
  );
  await page.getByRole("feed").waitFor();
  const field = page.getByRole("textbox", { name: /^Message to Harbour crew/ });
  expect(await field.inputValue()).toBe("");
  expect(await page.getByRole("dialog").count()).toBe(0);
  await page.close();
});
