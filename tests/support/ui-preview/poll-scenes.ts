import type { Page } from "playwright-core";
import type { PollView } from "../../../protocol/messages/poll.ts";
import type { TimelineItem } from "../../../protocol/messages/timeline-item.ts";
import { ADA, NOW } from "./fixture.ts";
import { item } from "./fixture-timeline.ts";
import { chat, click, harbour, inTurn, press, type, type Scene } from "./scene-kit.ts";

const poll = (
  question: string,
  answers: ReadonlyArray<readonly [text: string, votes: number | null, mine?: "mine"]>,
  more: Partial<PollView>,
): PollView => ({
  question,
  disclosed: true,
  maxSelections: 1,
  answers: answers.map(([text, votes, mine], index) => ({ id: `${index + 1}`, text, votes, mine: mine === "mine" })),
  voters: answers.some(([, votes]) => votes === null) ? null : answers.reduce((sum, [, votes]) => sum + (votes ?? 0), 0),
  unread: 0,
  ended: false,
  canEnd: false,
  ...more,
});

/** One that is over, one that hides its votes, and one of our own. */
export function polls(): TimelineItem[] {
  const over = poll(
    "Which pump do we order?",
    [
      ["The loud one", 2],
      ["The dear one", 5, "mine"],
      ["None, and row", 0],
    ],
    { ended: true },
  );
  const hidden = poll(
    "Who can take a shift at the weekend?",
    [
      ["Saturday", null, "mine"],
      ["Sunday morning, before the tide turns and the harbour office closes", null],
      ["Sunday", null],
    ],
    { disclosed: false, maxSelections: 2 },
  );
  const own = poll(
    "Where do we eat on Thursday?",
    [
      ["The pier", 3, "mine"],
      ["Tomas’ boat", 1],
      ["Everyone at home", 0],
    ],
    { canEnd: true, unread: 1 },
  );
  return [over, hidden, own].map((each, index) =>
    item(60 + index, index === 2 ? "me" : ADA, NOW - 40_000 + index * 1000, { kind: "poll", poll: each, edited: false, replyTo: null }),
  );
}

const attach = async (page: Page): Promise<void> => {
  await page.getByRole("button", { name: "Attach" }).click();
};
const newPoll = inTurn(harbour, attach, press("End", "Enter"));
const choose = async (page: Page): Promise<void> => {
  await page.getByText("Tomas’ boat").click();
};
const below = async (page: Page): Promise<void> => {
  await page.getByRole("feed").press("End");
};

export const POLL_SCENES: readonly Scene[] = [
  { name: "polls", path: chat("room", "&polls"), size: [1280, 1000], act: inTurn(harbour, choose) },
  { name: "polls-dark", path: chat("room", "&polls&theme=dark"), size: [1280, 1000], act: harbour },
  { name: "polls-contrast", path: chat("room", "&polls&theme=high-contrast"), size: [1280, 1000], act: inTurn(harbour, choose) },
  { name: "polls-narrow", path: chat("room", "&polls"), size: [420, 900], act: inTurn(harbour, below) },
  { name: "polls-end-dark", path: chat("room", "&polls&theme=dark"), act: inTurn(harbour, click("End poll")) },
  { name: "polls-attach", path: chat("room"), act: inTurn(harbour, attach) },
  { name: "polls-new", path: chat("room"), act: inTurn(newPoll, type("Where do we eat?"), click("Add an answer")) },
  { name: "polls-new-dark-narrow", path: chat("room", "&theme=dark"), size: [420, 700], act: newPoll },
];
