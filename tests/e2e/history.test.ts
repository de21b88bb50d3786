import { afterAll, beforeAll, test, expect as value } from "vitest";
import { TestUser } from "../../tools/homeserver/test-user.ts";
import { type AppDriver, expect, text } from "../support/app-driver.ts";
import { eventually, World } from "./world.ts";

const MESSAGES = 420;
const bodyOf = (n: number): string =>
  n % 7 === 0 ? `Entry ${n}, ${"a long line of the log ".repeat(1 + (n % 5) * 4)}`.trim() : `Entry ${n}`;

let world: World;
let app: AppDriver;

beforeAll(async () => {
  world = await World.signedIn();
  app = world.app;
  const keeper = await TestUser.register(world.homeserver.url, "keeper");
  const roomId = await keeper.createRoom({ preset: "public_chat", name: "Log book", room_alias_name: "log-book" });
  const start = Date.now() - MESSAGES * 60_000;
  for (let n = 1; n <= MESSAGES; n++) {
    const content = { msgtype: "m.text", body: bodyOf(n) };
    world.homeserver.injectEvent(roomId, { type: "m.room.message", sender: keeper.userId, content, originServerTs: start + n * 60_000 });
  }
});
afterAll(() => World.end(world));

type Place = { readonly body: string; readonly top: number; readonly height: number };

/** The message in the middle of what is seen, and where it is. */
function middle(): Promise<Place> {
  return app.page.locator(".timeline__scroller").evaluate((scroller) => {
    const frame = scroller.getBoundingClientRect();
    const rows = [...scroller.querySelectorAll("article.row")];
    const row = rows.find((candidate) => candidate.getBoundingClientRect().bottom > frame.top + frame.height / 2);
    if (row === undefined) throw new Error("no message in the middle");
    const body = row.querySelector(".body")?.textContent ?? "";
    return { body, top: row.getBoundingClientRect().top - frame.top, height: scroller.scrollHeight };
  });
}

/** Waits until the wheel's movement has ended. */
function atRest(): Promise<void> {
  return app.page.locator(".timeline__scroller").evaluate(
    (scroller) =>
      new Promise<void>((resolve) => {
        let last = scroller.scrollTop;
        let still = 0;
        const look = (): void => {
          still = scroller.scrollTop === last ? still + 1 : 0;
          last = scroller.scrollTop;
          if (still >= 6) resolve();
          else requestAnimationFrame(look);
        };
        look();
      }),
  );
}

function placeOf(body: string): Promise<Place> {
  return app.page.locator(".timeline__scroller").evaluate((scroller, wanted) => {
    const row = [...scroller.querySelectorAll("article.row")].find((candidate) => candidate.querySelector(".body")?.textContent === wanted);
    if (row === undefined) throw new Error("the message is not drawn any more");
    return { body: wanted, top: row.getBoundingClientRect().top - scroller.getBoundingClientRect().top, height: scroller.scrollHeight };
  }, body);
}

test("a public room is joined by its address", async () => {
  await app.newMenu("sidebar.join");
  const dialog = app.dialog(text("join.title"));
  await dialog.getByRole("textbox", { name: text("join.label") }).fill("log-book");
  await dialog.getByRole("button", { name: text("join.submit"), exact: true }).click();
  await expect(dialog.getByText(text("join.invalid"))).toBeVisible();
  await dialog.getByRole("textbox", { name: text("join.label") }).fill("#log-book:harbour.test");
  await dialog.getByRole("button", { name: text("join.submit"), exact: true }).click();
  await expect(app.page.getByRole("heading", { level: 1, name: "Log book", exact: true })).toBeAttached();
  await app.expectMessage(bodyOf(MESSAGES));
  await expect(app.page.getByText(text("room.notEncrypted"), { exact: true })).toBeVisible();
});

test("older messages are loaded up to the beginning, and what is being read stays in its place", async () => {
  // Slow enough that a page arrives while one is reading, not while one scrolls.
  const slow = world.homeserver.faults.add({ kind: "delay", ms: 1200, path: /\/messages$/, userId: world.you });
  const scroller = app.page.locator(".timeline__scroller");
  const seen = new Set<string>();
  const note = async (): Promise<void> => {
    for (const body of await scroller.locator("article.row .body").allTextContents()) seen.add(body);
  };
  const shifts: number[] = [];
  const atStart = app.page.getByRole("heading", { name: text("timeline.start", { room: "Log book" }) });
  for (let tries = 0; tries < 120 && !(await atStart.isVisible()); tries++) {
    await scroller.hover();
    await app.page.mouse.wheel(0, -450);
    await app.page.waitForTimeout(80);
    await note();
    const loading = app.page.getByText(text("timeline.loadingOlder"));
    if (!(await loading.isVisible())) continue;
    await atRest();
    const before = await middle();
    // It may have come while the scrolling ended; then this round shows nothing.
    if (!(await loading.isVisible())) continue;
    await expect(loading).toHaveCount(0);
    await eventually(
      "the page to be drawn",
      async () => (await placeOf(before.body)).height > before.height || (await atStart.count()) > 0,
      5000,
    );
    await app.page.waitForTimeout(150);
    shifts.push((await placeOf(before.body)).top - before.top);
    await note();
  }
  slow.remove();
  await expect(atStart).toBeVisible();
  value(shifts.length).toBeGreaterThan(2);
  value(Math.max(...shifts.map(Math.abs)), `the message moved by ${shifts.join(", ")} px`).toBeLessThanOrEqual(2);
  const missing = Array.from({ length: MESSAGES }, (_, n) => bodyOf(n + 1)).filter((body) => !seen.has(body));
  value(missing).toEqual([]);
});

test("new messages do not move what is being read; a button leads to them", async () => {
  const before = await middle();
  const roomId = world.homeserver.roomsOf(world.you)[0] ?? "";
  const sender = world.homeserver.acceptedEvents(roomId)[0]?.sender ?? "";
  for (const body of ["New one", "New two"])
    world.homeserver.injectEvent(roomId, { type: "m.room.message", sender, content: { msgtype: "m.text", body } });
  const jump = app.page.getByRole("button", { name: "2 new messages", exact: true });
  await expect(jump).toBeVisible();
  value(Math.abs((await placeOf(before.body)).top - before.top)).toBeLessThanOrEqual(2);
  await jump.click();
  await app.expectMessage("New two");
  await expect(jump).toHaveCount(0);
});

test("a failed load of older messages is told and can be tried again", async () => {
  const again = await TestUser.register(world.homeserver.url, "keeper-of-two");
  const roomId = await again.createRoom({ preset: "public_chat", name: "Second book", room_alias_name: "second-book" });
  for (let n = 1; n <= 120; n++) {
    world.homeserver.injectEvent(roomId, {
      type: "m.room.message",
      sender: again.userId,
      content: { msgtype: "m.text", body: `Line ${n}` },
    });
  }
  const broken = world.homeserver.faults.add({
    kind: "status",
    status: 403,
    errcode: "M_FORBIDDEN",
    path: /\/messages$/,
    userId: world.you,
  });
  await app.newMenu("sidebar.join");
  const dialog = app.dialog(text("join.title"));
  await dialog.getByRole("textbox", { name: text("join.label") }).fill("https://matrix.to/#/%23second-book:harbour.test?via=harbour.test");
  await dialog.getByRole("button", { name: text("join.submit"), exact: true }).click();
  await app.expectMessage("Line 120");
  const failed = app.page.getByText(text("timeline.olderFailed"));
  await app.page.locator(".timeline__scroller").hover();
  await app.page.mouse.wheel(0, -3000);
  await expect(failed).toBeVisible({ timeout: 40_000 });
  // Scrolling on would try again by itself.
  await app.page.waitForTimeout(1000);
  await expect(failed).toBeVisible();
  broken.remove();
  await app.main.getByRole("button", { name: text("common.retry") }).click();
  await expect(failed).toHaveCount(0);
  for (let tries = 0; tries < 40 && !(await app.row("Line 1").isVisible()); tries++) {
    await app.page.mouse.wheel(0, -1500);
    await app.page.waitForTimeout(100);
  }
  await expect(app.row("Line 1")).toBeVisible();
});
