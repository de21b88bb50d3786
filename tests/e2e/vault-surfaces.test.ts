import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startPreviewBrowser, type PreviewBrowser } from "../support/ui-preview/preview-browser.ts";

/**
 * How the vault's steps behave in a real browser against an in-page worker (tests/support/ui-preview): where the focus goes, what Escape does, and that
 * nothing is confirmed by a press that was meant for something else.
 */
let preview: PreviewBrowser;
beforeAll(async () => {
  preview = await startPreviewBrowser();
});
afterAll(() => preview?.close());

async function open(query: string, locale = "en-GB"): Promise<Page> {
  const page = await preview.browser.newPage({ viewport: { width: 520, height: 680 }, reducedMotion: "reduce", locale });
  await page.goto(`${preview.url}/vault.html?${query}`);
  await page.getByRole("heading", { level: 1 }).waitFor();
  return page;
}
const title = (page: Page): Promise<string | null> => page.getByRole("heading", { level: 1 }).textContent();
const focused = (page: Page): Promise<string | undefined> => page.evaluate(() => document.activeElement?.textContent);

test("each step says its name: the heading has the focus, and the first Tab leads into the step", async () => {
  const page = await open("intent=verification&flows=asked");
  expect(await focused(page)).toBe("Ada Lovelace wants to verify");
  await page.getByRole("button", { name: "Accept" }).click();
  await expect.poll(() => focused(page)).toBe("How do you want to compare?");
  await page.keyboard.press("Tab");
  expect(await focused(page)).toMatch(/^Compare emoji/);
  await page.keyboard.press("Enter");
  await expect.poll(() => focused(page), { timeout: 5000 }).toBe("Are they the same?");
  await page.close();
});

test("a step that has just come confirms nothing, and a window without the focus never does", async () => {
  const page = await open("intent=verification&flows=sas-compare");
  const match = page.getByRole("button", { name: "They match" });
  // Not armed at first; the state is read in the same turn in which the step is drawn.
  await page.reload();
  expect(
    await page.evaluate(async () => {
      for (;;) {
        const button = Array.from(document.querySelectorAll("button")).find((each) => each.textContent === "They match");
        if (button !== undefined) return button.disabled;
        await new Promise((resolve) => requestAnimationFrame(resolve));
      }
    }),
  ).toBe(true);
  await expect.poll(() => match.isEnabled()).toBe(true);
  await page.evaluate(() => {
    Object.defineProperty(document, "hasFocus", { value: () => false });
    window.dispatchEvent(new Event("blur"));
  });
  await expect.poll(() => match.isDisabled()).toBe(true);
  await page.getByText("The button works as soon as this window has been in front").waitFor();
  await page.close();
});

test("Escape goes back and never answers", async () => {
  const page = await open("intent=verification&flows=sas-compare");
  await page.keyboard.press("Escape");
  await expect.poll(() => title(page)).toBe("Your account's safety");
  // It goes on, and waits for its answer.
  await page.getByRole("button", { name: /^With Ada Lovelace\s*Waits for you/ }).waitFor();
  await page.close();
});

test("Escape asks before a recovery key is lost that nobody has kept", async () => {
  const page = await open("intent=recovery&safety=no-recovery");
  await page.getByRole("button", { name: "Set up" }).click();
  await page.getByRole("heading", { name: "Your recovery key" }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("heading", { name: "Leave without having kept it?" }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("heading", { name: "Your recovery key" }).waitFor();
  await page.close();
});

test("so does the window's frame, each time, until the key was kept or given up", async () => {
  const page = await open("intent=recovery&safety=no-recovery");
  await page.getByRole("button", { name: "Set up" }).click();
  await page.getByRole("heading", { name: "Your recovery key" }).waitFor();
  let kept = 0;
  // Chromium asks here; Electron takes it that the page stays. Closing by the frame is the same event as leaving for another page.
  page.on("dialog", (dialog) => {
    kept += 1;
    void dialog.dismiss();
  });
  const unload = (): Promise<void> => page.evaluate(() => location.assign("about:blank"));
  for (const times of [1, 2]) {
    await unload();
    await expect.poll(() => kept).toBe(times);
    await page.getByRole("heading", { name: "Leave without having kept it?" }).waitFor();
  }
  await page.getByRole("button", { name: "Leave", exact: true }).click();
  await page.getByRole("heading", { name: "Your recovery key" }).waitFor({ state: "detached" });
  await unload();
  await page.waitForURL("about:blank");
  expect(kept).toBe(2);
  await page.close();
});

test("the emoji are a list of seven, each with its place and its name in the person's language", async () => {
  const names = async (locale: string): Promise<readonly (string | null)[]> => {
    const page = await open("intent=verification&flows=sas-compare", locale);
    const items = page.getByRole("list", { name: "Seven emoji to compare" }).getByRole("listitem");
    const texts = await items.locator(".visually-hidden").allTextContents();
    await page.close();
    return texts;
  };
  expect(await names("en-GB")).toEqual(
    ["Dog", "Cactus", "Book", "Panda", "Pin", "Robot", "Strawberry"].map((name, place) => `${place + 1} of 7: ${name}`),
  );
  expect((await names("de-DE"))[0]).toBe("1 of 7: Hund");
});

test("what cannot be undone takes a word", async () => {
  const page = await open("intent=reset-identity");
  const reset = page.getByRole("button", { name: "Reset identity" });
  await page.waitForTimeout(800);
  expect(await reset.isDisabled()).toBe(true);
  await page.getByRole("textbox").fill("rese");
  expect(await reset.isDisabled()).toBe(true);
  await page.getByRole("textbox").fill(" Reset ");
  await expect.poll(() => reset.isEnabled()).toBe(true);
  await page.close();
});

test("a passphrase can wait: Escape closes the vault, as the window behind has the way out of a forgotten one", async () => {
  const page = await open("scene=unlock");
  await page.getByText(/^Forgotten it\?/).waitFor();
  await page.keyboard.press("Escape");
  await expect.poll(() => page.evaluate(() => window.fakeShell?.calls.at(-1)?.[0])).toBe("closeVault");
  await page.close();
});

test("who waits in vain for another device has another way", async () => {
  const page = await open("intent=verification&flows=asking&own&nodevice&safety=unverified");
  await page.getByRole("button", { name: "Another way" }).click();
  await page.getByRole("button", { name: /^With your recovery key/ }).waitFor();
  await page.close();
});

test("after a wrong passphrase for a key file the field for it has the focus", async () => {
  const page = await open("intent=import-keys");
  const keys = `-----BEGIN MEGOLM SESSION DATA-----\n${"A".repeat(400)}\n-----END MEGOLM SESSION DATA-----\n`;
  await page.locator("input[type=file]").setInputFiles({ name: "keys.txt", mimeType: "text/plain", buffer: Buffer.from(keys) });
  const field = page.getByLabel("Its passphrase", { exact: true });
  await field.fill("nope");
  await page.waitForTimeout(700);
  await field.press("Enter");
  await page.getByText(/^That passphrase does not open this file/).waitFor();
  expect(await field.evaluate((element) => element === document.activeElement)).toBe(true);
  await page.close();
});

test.each([
  ["the emoji", "intent=verification&flows=sas-compare"],
  ["a request", "intent=verification&flows=asked"],
  ["a code", "intent=verification&flows=qr-shown"],
  ["the overview", ""],
  ["a passphrase to choose", "scene=create"],
  ["recovery", "intent=recovery&safety=no-recovery"],
])("magnified twofold, nothing of %s is cut off, and the seal stays in sight", async (_name, query) => {
  const page = await preview.browser.newPage({ viewport: { width: 260, height: 340 }, reducedMotion: "reduce" });
  await page.goto(`${preview.url}/vault.html?${query}`);
  await page.getByRole("heading", { level: 1 }).waitFor();
  const cut = await page.evaluate(() =>
    [...document.querySelectorAll("button, input, h1, h2, p, li, .seal, .vault__word")].flatMap((element) => {
      const { left, right } = element.getBoundingClientRect();
      return left < 0 || right > innerWidth ? [element.textContent.slice(0, 40)] : [];
    }),
  );
  expect(cut).toEqual([]);
  const [word, seal] = await Promise.all([page.locator(".vault__word").boundingBox(), page.locator(".seal").first().boundingBox()]);
  expect((word?.x ?? 0) + (word?.width ?? 999)).toBeLessThanOrEqual(seal?.x ?? 0);
  await page.close();
});
