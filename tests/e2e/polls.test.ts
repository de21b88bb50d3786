import { M_POLL_KIND_DISCLOSED, M_POLL_RESPONSE, M_POLL_START, type MatrixEvent } from "matrix-js-sdk";
import { PollEndEvent } from "matrix-js-sdk/lib/extensible_events_v1/PollEndEvent.js";
import { PollResponseEvent } from "matrix-js-sdk/lib/extensible_events_v1/PollResponseEvent.js";
import { PollStartEvent } from "matrix-js-sdk/lib/extensible_events_v1/PollStartEvent.js";
import type { Locator } from "@playwright/test";
import { afterAll, beforeAll, test, expect as value } from "vitest";
import { type AppDriver, expect, shown, text } from "../support/app-driver.ts";
import type { ForeignClient } from "../support/foreign-client.ts";
import { Looks } from "./looks.ts";
import { eventually, World } from "./world.ts";

let world: World;
let app: AppDriver;
let eve: ForeignClient;
let roomId: string;
const looks = new Looks("polls");

beforeAll(async () => {
  world = await World.signedIn();
  app = world.app;
  eve = await world.foreign("eve");
  roomId = await eve.createRoom({ name: "Galley", invite: [world.you] });
  await app.acceptInvitation("Galley");
});
afterAll(() => World.end(world));

/** Sends what js-sdk makes of a poll as Element does. */
async function say(event: PollStartEvent | PollResponseEvent | PollEndEvent): Promise<string> {
  const { type, content } = event.serialize();
  const { event_id } = await eve.client.sendEvent(roomId, type as never, content as never);
  return event_id;
}

/** Events of a kind as js-sdk has read them, the oldest first. */
const read = (kind: { matches(type: string): boolean }, sender: string): MatrixEvent[] =>
  (eve.client.getRoom(roomId)?.getLiveTimeline().getEvents() ?? []).filter(
    (event) => kind.matches(event.getType()) && event.getSender() === sender,
  );

const pollOf = (question: string): Locator => app.feed.locator(".poll").filter({ hasText: question });
const option = (question: string, role: "radio" | "checkbox", name: string): Locator => pollOf(question).getByRole(role, { name });

async function press(question: string, button: "poll.vote" | "poll.change" | "poll.takeBack" | "poll.end"): Promise<void> {
  await pollOf(question)
    .getByRole("button", { name: text(button), exact: true })
    .click();
}

test("a poll is made from the menu of the composer and read by Element's library; a vote that is changed there counts once", async () => {
  await app.page.getByRole("button", { name: text("poll.attach"), exact: true }).click();
  await app.page.getByRole("menuitem", { name: text("poll.new") }).click();
  const dialog = app.dialog(text("poll.newTitle"));
  await app.page.keyboard.type("Lunch?");
  await dialog.getByRole("textbox", { name: shown("poll.answer", { number: 1 }) }).fill("Soup");
  await expect(dialog.getByRole("button", { name: text("poll.submit") })).toBeDisabled();
  await dialog.getByRole("textbox", { name: shown("poll.answer", { number: 2 }) }).fill("Bread");
  await looks.page(app, "new");
  await dialog.getByRole("button", { name: text("poll.submit") }).click();
  await expect(option("Lunch?", "radio", "Soup")).toBeVisible();

  await eventually("js-sdk to read the poll", () => read(M_POLL_START, world.you).length === 1);
  const [start] = read(M_POLL_START, world.you);
  if (start === undefined) throw new Error("there is no poll");
  // Throws for what Element would not show.
  const poll = new PollStartEvent({ type: start.getType(), content: start.getContent() });
  value([poll.question.text, poll.kind, poll.maxSelections]).toEqual(["Lunch?", M_POLL_KIND_DISCLOSED, 1]);
  const ids = poll.answers.map(({ id }) => id);
  for (const id of ids) await say(PollResponseEvent.from([id], start.getId() ?? ""));
  await expect(pollOf("Lunch?").getByText(shown("poll.voters", { count: 1 }))).toBeVisible();
  await expect(option("Lunch?", "radio", shown("poll.votes", { count: 1 }))).toHaveAccessibleName(/Bread/);

  // By keyboard: the arrows choose, and nothing is sent before it is said.
  await option("Lunch?", "radio", "Soup").focus();
  await app.page.keyboard.press("Space");
  await app.page.keyboard.press("ArrowDown");
  await app.page.keyboard.press("ArrowUp");
  value(read(M_POLL_RESPONSE, world.you)).toEqual([]);
  await press("Lunch?", "poll.vote");
  await eventually("js-sdk to read the vote", () => read(M_POLL_RESPONSE, world.you).length === 1);
  const response = new PollResponseEvent({
    type: M_POLL_RESPONSE.name,
    content: read(M_POLL_RESPONSE, world.you)[0]?.getContent() ?? {},
  } as never);
  response.validateAgainst(poll);
  value([response.spoiled, response.answerIds]).toEqual([false, [ids[0]]]);
  await looks.page(app, "open");

  await press("Lunch?", "poll.end");
  await app
    .dialog(text("poll.endTitle"))
    .getByRole("button", { name: text("poll.end"), exact: true })
    .click();
  await expect(pollOf("Lunch?").getByText(shown("poll.result", { count: 2 }))).toBeVisible();
  await looks.page(app, "over");
});

test("a poll of Element's with hidden votes: one's own choice is seen and taken back, the rest when its maker ends it", async () => {
  const start = PollStartEvent.from("Which tins?", ["Beans", "Peas", "Figs"], "org.matrix.msc3381.poll.undisclosed", 2);
  const ids = start.answers.map(({ id }) => id);
  const eventId = await say(start);
  await say(PollResponseEvent.from(ids.slice(0, 2), eventId));
  await pollOf("Which tins?").getByText("Beans", { exact: true }).click();
  await pollOf("Which tins?").getByText("Figs", { exact: true }).click();
  await expect(option("Which tins?", "checkbox", "Peas")).toBeDisabled();
  await press("Which tins?", "poll.vote");
  await expect(pollOf("Which tins?").getByText(text("poll.hidden"))).toBeVisible();
  await expect(pollOf("Which tins?").getByText(/\d vote/)).toHaveCount(0);
  await press("Which tins?", "poll.takeBack");
  await expect(option("Which tins?", "checkbox", "Beans")).not.toBeChecked();
  await expect(pollOf("Which tins?").getByRole("button", { name: text("poll.end"), exact: true })).toHaveCount(0);
  await eventually("the vote to be taken back at the server", () => read(M_POLL_RESPONSE, world.you).length === 3);
  await say(PollEndEvent.from(eventId, "Over"));
  await expect(pollOf("Which tins?").getByText(shown("poll.result", { count: 1 }))).toBeVisible();
  await expect(pollOf("Which tins?").getByRole("listitem").filter({ hasText: "Figs" })).toContainText(shown("poll.votes", { count: 0 }));
});

test("the server has seen nothing of it, and nothing stands in anybody's way", async () => {
  const sent = await eve.rawEvents(roomId);
  value(sent.filter(({ type }) => type.includes("poll"))).toEqual([]);
  value(JSON.stringify(sent)).not.toMatch(/Lunch|tins/);
  value(looks.violations).toEqual([]);
});
