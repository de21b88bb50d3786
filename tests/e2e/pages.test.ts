import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startPreviewBrowser, type PreviewBrowser } from "../support/ui-preview/preview-browser.ts";

/**
 * The chat page by itself, in a real browser with the app's policy, against an in-page worker (tests/support/ui-preview): what has to be seen
 * to be believed, such as that nothing moves under the reader's eyes.
 */
let preview: PreviewBrowser;
beforeAll(async () => {
  preview = await startPreviewBrowser();
});
afterAll(() => preview?.close());

type Opened = { readonly page: Page; readonly problems: string[] };

async function open(scene: string): Promise<Opened> {
  const page = await preview.browser.newPage({ viewport: { width: 1280, height: 800 }, reducedMotion: "reduce" });
  const problems: string[] = [];
  page.on("console", (message) => {
    // The browser also reports what the policy forbids in the inert document that the sanitiser parses into; nothing of it reaches the page.
    if (message.type() === "error" && !message.text().endsWith("The action has been blocked.")) problems.push(message.text());
  });
  page.on("pageerror", (error) => void problems.push(error.message));
  await page.goto(`${preview.url}/chat.html?scene=${scene}`);
  await page
    .getByRole("option", { name: /^Harbour crew/ })
    .first()
    .waitFor();
  return { page, problems };
}

async function openRoom(page: Page, name: RegExp = /^Harbour crew/): Promise<void> {
  await page.getByRole("option", { name }).first().click();
  await page.getByRole("feed").waitFor();
  await page.waitForTimeout(400);
}

const scrollTop = (page: Page): Promise<number> => page.locator(".timeline__scroller").evaluate((element) => element.scrollTop);
const fromBottom = (page: Page): Promise<number> =>
  page.locator(".timeline__scroller").evaluate((element) => element.scrollHeight - element.scrollTop - element.clientHeight);

/** The topmost message that is fully in view, and where. */
const anchor = (page: Page): Promise<{ readonly text: string; readonly top: number }> =>
  page.locator(".timeline__scroller").evaluate((scroller) => {
    const edge = scroller.getBoundingClientRect().top;
    const rows = Array.from(scroller.querySelectorAll<HTMLElement>("article")).filter((row) => row.getBoundingClientRect().top >= edge);
    const first = rows.sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top)[0];
    return { text: first?.getAttribute("aria-label") ?? "", top: first?.getBoundingClientRect().top ?? -1 };
  });
const topOf = (page: Page, label: string): Promise<number> =>
  page
    .locator("article")
    .evaluateAll((rows, wanted) => rows.find((row) => row.getAttribute("aria-label") === wanted)?.getBoundingClientRect().top ?? -1, label);

test("hostile HTML becomes text and allowed elements, runs nothing and loads nothing", async () => {
  const { page, problems } = await open("room");
  await openRoom(page);
  const requests: string[] = [];
  page.on("request", (request) => void (request.url().startsWith("blob:") || requests.push(request.url())));
  await page.evaluate(() => {
    const hostile = [
      '<img src="https://evil.example/x.png" onerror="window.pwned=1">',
      "<script>window.pwned=1</script>",
      '<a href="javascript:window.pwned=1">bad</a><a href="https://good.example/">good</a>',
      '<svg onload="window.pwned=1"><a xlink:href="javascript:1">s</a></svg><math><mtext></mtext></math>',
      '<iframe src="https://evil.example"></iframe><object data="x"></object><style>body{display:none}</style>',
      '<p style="position:fixed;inset:0" id="root" class="dialog" onclick="window.pwned=1">styled</p>',
      '<form action="https://evil.example"><input name="a"><button>go</button></form>',
      '<mx-reply><blockquote>fallback</blockquote></mx-reply><span data-mx-spoiler="why">secret</span>',
      "<b>".repeat(300) + "deep",
    ].join("");
    const { fake } = window;
    const who = fake?.people[0];
    if (fake === undefined || who === undefined) throw new Error("no fixture");
    const item = fake.item(90_000, who, Date.now(), {
      kind: "message",
      msgtype: "text",
      body: "x",
      html: hostile,
      edited: false,
      mentionsMe: false,
      replyTo: null,
    });
    fake.emit("timelineChanged", { roomId: "!room0:harbour.example", upserts: [item], removals: [], resetBefore: null });
  });
  const body = page.locator(".rich").last();
  await body.getByText("styled").waitFor();
  expect(
    await body.locator("img, script, iframe, object, style, svg, math, form, input, [style], [id], [onclick], [onerror]").count(),
  ).toBe(0);
  expect(await body.locator("a").evaluateAll((links) => links.map((link) => link.getAttribute("href")))).toEqual(["https://good.example/"]);
  expect(await page.evaluate(() => Reflect.get(window, "pwned"))).toBeUndefined();
  expect(await body.textContent()).not.toContain("fallback");
  expect(await body.textContent()).toContain("deep");
  expect(await body.textContent()).not.toContain("secret");
  await body.getByRole("button", { name: "why" }).click();
  expect(await body.textContent()).toContain("secret");
  expect(requests).toEqual([]);
  expect(problems).toEqual([]);
  await page.close();
});

test("what is being read does not move while older messages arrive", async () => {
  const { page, problems } = await open("room&latency=250");
  await openRoom(page);
  await page.mouse.move(800, 400);
  await page.mouse.wheel(0, -1800);
  await page.waitForTimeout(60);
  const before = await anchor(page);
  const rows = await page.locator("article").count();
  expect(before.text).not.toBe("");
  await page.waitForTimeout(1200);
  expect(rows).toBeGreaterThan(3);
  expect(Math.abs((await topOf(page, before.text)) - before.top)).toBeLessThanOrEqual(2);
  // Far back, page by page: a thousand messages later the anchor still holds.
  for (let i = 0; i < 12; i++) {
    await page.mouse.wheel(0, -4000);
    await page.waitForTimeout(350);
  }
  const far = await anchor(page);
  await page.waitForTimeout(900);
  expect(Math.abs((await topOf(page, far.text)) - far.top)).toBeLessThanOrEqual(2);
  expect(problems).toEqual([]);
  await page.close();
});

test("the anchor holds when a message above it opens late; the end holds when one is at the end", async () => {
  const { page } = await open("room");
  await openRoom(page);
  const decrypt = (): Promise<void> =>
    page.evaluate(() => {
      const { fake } = window;
      const waiting = fake?.timelineOf("!room0:harbour.example").findLast((item) => item.content.kind === "undecryptable");
      if (fake === undefined || waiting === undefined) throw new Error("no fixture");
      const content = {
        kind: "message",
        msgtype: "text",
        body: "late\n".repeat(12),
        html: null,
        edited: false,
        mentionsMe: false,
        replyTo: null,
      } as const;
      fake.emit("timelineChanged", {
        roomId: "!room0:harbour.example",
        upserts: [{ ...waiting, content }],
        removals: [],
        resetBefore: null,
      });
    });
  expect(await fromBottom(page)).toBeLessThanOrEqual(1);
  await decrypt();
  await page.waitForTimeout(300);
  expect(await fromBottom(page)).toBeLessThanOrEqual(1);
  await page.close();
});

test("new messages: followed at the end, counted while reading back, never pulled along", async () => {
  const { page } = await open("room");
  await openRoom(page);
  const receive = (body: string): Promise<void> =>
    page.evaluate((text) => {
      const { fake } = window;
      const who = fake?.people[1];
      if (fake === undefined || who === undefined) throw new Error("no fixture");
      const content = {
        kind: "message",
        msgtype: "text",
        body: text,
        html: null,
        edited: false,
        mentionsMe: false,
        replyTo: null,
      } as const;
      const item = fake.item(80_000 + Number(text.slice(1)), who, Date.now(), content);
      fake.emit("timelineChanged", { roomId: "!room0:harbour.example", upserts: [item], removals: [], resetBefore: null });
    }, body);
  await receive("n1");
  await page.waitForTimeout(250);
  expect(await fromBottom(page)).toBeLessThanOrEqual(1);
  await page.mouse.move(800, 400);
  await page.mouse.wheel(0, -1500);
  await page.waitForTimeout(500);
  const at = await anchor(page);
  await receive("n2");
  await receive("n3");
  await page.waitForTimeout(300);
  expect(Math.abs((await topOf(page, at.text)) - at.top)).toBeLessThanOrEqual(2);
  await page.getByRole("button", { name: "2 new messages" }).click();
  await page.waitForTimeout(300);
  expect(await fromBottom(page)).toBeLessThanOrEqual(1);
  // Read out once, as news, and not the history that was loaded meanwhile.
  expect(await page.getByRole("log").textContent()).toBe("Grace Hopper: n3");
  await page.close();
});

test("the keyboard goes everywhere and the focus is never lost", async () => {
  const { page, problems } = await open("room");
  await page.keyboard.press("Control+k");
  await page.keyboard.type("harbour crew");
  await page.keyboard.press("Enter");
  const field = page.getByRole("textbox", { name: "Message to Harbour crew" });
  await field.waitFor();
  const focused = (): Promise<string> =>
    page.evaluate(
      () => document.activeElement?.closest("[data-landmark]")?.getAttribute("data-landmark") ?? document.activeElement?.tagName ?? "",
    );
  await expect.poll(focused).toBe("composer");
  await page.waitForTimeout(300);
  await page.keyboard.press("Shift+F6");
  expect(await focused()).toBe("timeline");
  for (let i = 0; i < 40; i++) await page.keyboard.press("ArrowUp");
  expect(await page.evaluate(() => document.activeElement?.tagName)).toBe("ARTICLE");
  const label = await page.evaluate(() => document.activeElement?.getAttribute("aria-label"));
  await page.mouse.move(800, 400);
  await page.mouse.wheel(0, 9000);
  await page.waitForTimeout(300);
  // Scrolled out of sight, the focused message keeps the focus.
  expect(await page.evaluate(() => document.activeElement?.getAttribute("aria-label"))).toBe(label);
  await page.keyboard.press("r");
  await expect.poll(focused).toBe("composer");
  await page.getByText(/^Replying to/).waitFor();
  await page.keyboard.press("Escape");
  await expect.poll(() => page.getByText(/^Replying to/).count()).toBe(0);
  expect(await focused()).toBe("composer");
  await page.keyboard.press("ArrowUp");
  await page.getByText("Editing your message").waitFor();
  await page.keyboard.press("Escape");
  await page.keyboard.press("Control+.");
  await expect.poll(focused).toBe("panel");
  await page.keyboard.press("Escape");
  expect(await focused()).toBe("composer");
  await page.keyboard.press("F6");
  expect(await focused()).toBe("sidebar");
  await page.keyboard.press("Control+,");
  await page.getByRole("dialog").waitFor();
  await page.keyboard.press("Escape");
  await expect.poll(focused).toBe("sidebar");
  await page.keyboard.press("Alt+ArrowDown");
  await page.getByRole("textbox", { name: "Message to Ada Lovelace" }).waitFor();
  expect(problems).toEqual([]);
  await page.close();
});

test("a draft waits in its room, and what is sent appears at the end", async () => {
  const { page } = await open("room");
  await openRoom(page);
  const field = page.getByRole("textbox", { name: /^Message to/ });
  await field.fill("half a thou");
  await openRoom(page, /^Engine room/);
  await expect.poll(() => field.inputValue()).toBe("");
  await openRoom(page);
  await expect.poll(() => field.inputValue()).toBe("half a thou");
  await field.press("End");
  await page.keyboard.type("ght");
  await page.keyboard.press("Enter");
  await page.getByText("half a thought").waitFor();
  expect(await field.inputValue()).toBe("");
  expect(await fromBottom(page)).toBeLessThanOrEqual(1);
  expect(await scrollTop(page)).toBeGreaterThan(0);
  await page.close();
});

test("two hundred rooms are there at once, and typing stays quick beside a long timeline", async () => {
  const { page } = await open("room");
  await openRoom(page);
  const field = page.getByRole("textbox", { name: /^Message to/ });
  await field.focus();
  const worst = await page.evaluate(async () => {
    const input = document.querySelector<HTMLTextAreaElement>("textarea");
    if (input === null) throw new Error("no field");
    const setter = Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value")?.set;
    const times: number[] = [];
    for (let i = 1; i <= 40; i++) {
      const started = performance.now();
      setter?.call(input, "x".repeat(i));
      input.dispatchEvent(new Event("input", { bubbles: true }));
      times.push(performance.now() - started);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    return times.sort((a, b) => a - b)[36] ?? Infinity;
  });
  expect(worst).toBeLessThan(16);
  await page.close();
});
