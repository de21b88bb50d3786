import { describe, expect, test } from "vitest";
import { parseEventId, parseRoomId, parseUserId, type UserId } from "../../../protocol/ids.ts";
import { must } from "../../../tests/support/megolm-world.ts";
import { BARE_EVENT } from "../../../tests/support/event-record.ts";
import type { EventRecord } from "../../store/tables/events.ts";
import type { JsonObject } from "../../wire/json.ts";
import { composeEnd, composePoll, composeResponse, parsePoll, parseSelections, type Poll } from "./poll-content.ts";
import { tallyPoll, type PollTally } from "./poll-tally.ts";

const user = (name: string): UserId => must(parseUserId(`@${name}:x.org`));
const [ada, bob, cy, moderator] = [user("ada"), user("bob"), user("cy"), user("moderator")];
const START = { type: "m.poll.start", eventId: must(parseEventId("$start")) };
const POLL: Poll = {
  question: "Lunch?",
  answers: ["soup", "bread", "fish"].map((id) => ({ id, text: id })),
  disclosed: true,
  maxSelections: 2,
};

let row = 0;
function event(change: Partial<EventRecord>): EventRecord {
  row += 1;
  return {
    ...BARE_EVENT,
    row,
    roomId: must(parseRoomId("!room:x.org")),
    eventId: must(parseEventId(`$event${row}`)),
    position: row,
    itemId: `$event${row}`,
    sender: ada,
    type: "m.poll.response",
    content: {},
    ts: row,
    shown: 0,
    relation: "m.reference",
    relatesTo: START.eventId,
    notify: 0,
    redactedBy: undefined,
    redactionReason: undefined,
    ...change,
  };
}

const vote = (sender: UserId, answers: readonly unknown[], change: Partial<EventRecord> = {}): EventRecord =>
  event({ sender, content: { "m.selections": answers as string[] }, ...change });
const end = (sender: UserId, change: Partial<EventRecord> = {}): EventRecord => event({ sender, type: "m.poll.end", ...change });

function count(related: readonly EventRecord[], start: Partial<EventRecord> = {}): PollTally & { readonly counts: readonly number[] } {
  const tally = tallyPoll({
    poll: POLL,
    start: event({ ...START, relation: undefined, relatesTo: undefined, ...start }),
    related,
    pending: [],
    ourselves: bob,
    mayRedact: (userId) => userId === moderator,
  });
  return { ...tally, counts: [...tally.votes.values()] };
}

describe("which votes count", () => {
  test("the newest of each person, by its time, whatever order they came in", () => {
    const late = vote(bob, ["bread"], { ts: 900 });
    const tally = count([late, vote(ada, ["soup"]), vote(bob, ["soup", "fish"], { ts: 100 })]);
    expect(tally.counts).toEqual([1, 1, 0]);
    expect([...tally.mine]).toEqual(["bread"]);
    expect(tally.voters).toBe(2);
  });

  test("no more answers than are allowed, each once", () => {
    expect(count([vote(ada, ["soup", "bread", "fish"])]).counts).toEqual([1, 1, 0]);
    expect(count([vote(ada, ["soup", "soup", "fish"])]).counts).toEqual([1, 0, 0]);
  });

  test("a newer one that is empty, or names an answer that there is not, takes the older away; a redacted one never was", () => {
    for (const spoiled of [[], ["soup", "poison"], [7], [null], [["soup"]], ["__proto__"], Array.from({ length: 101 }, () => "soup")]) {
      const tally = count([vote(ada, ["soup"]), vote(ada, spoiled)]);
      expect([tally.counts, tally.voters]).toEqual([[0, 0, 0], 0]);
    }
    expect(count([vote(ada, ["soup"]), vote(ada, ["fish"], { redactedBy: ada, content: {} })]).counts).toEqual([1, 0, 0]);
  });

  test("what is no response is none: another relation, a state event, another type", () => {
    const no = [
      vote(ada, ["soup"], { relation: "m.annotation" }),
      vote(ada, ["soup"], { stateKey: "" }),
      vote(ada, ["soup"], { type: "m.room.message" }),
    ];
    expect(count(no).voters).toBe(0);
  });

  test("of an encrypted poll nothing in clear and nothing under another's key; what cannot be read is told", () => {
    const source = { type: "m.room.encrypted" };
    const tally = count(
      [
        vote(ada, ["soup"], { source }),
        vote(bob, ["soup"]),
        vote(cy, ["soup"], { source, shield: "red MismatchedSender" }),
        end(ada),
        event({ sender: moderator, type: "m.room.encrypted", source, utdCode: "MissingMegolmSession" }),
      ],
      { source },
    );
    expect(tally.counts).toEqual([1, 0, 0]);
    expect([tally.ended, tally.unread]).toEqual([false, 1]);
  });
});

describe("the end", () => {
  test("is its maker's, or that of somebody who may delete messages; later votes do not count", () => {
    const votes = [vote(ada, ["soup"], { ts: 10 }), vote(bob, ["fish"], { ts: 30 }), vote(cy, ["fish"], { ts: 20 })];
    for (const who of [ada, moderator]) {
      const tally = count([...votes, end(who, { ts: 20 })]);
      expect([tally.ended, tally.counts]).toEqual([true, [1, 0, 1]]);
      expect(tally.mine.size).toBe(0);
    }
    const others = count([...votes, end(bob, { ts: 1 })]);
    expect([others.ended, others.counts]).toEqual([false, [1, 0, 2]]);
  });

  test("there is one: the first, and a later one opens nothing again", () => {
    const tally = count([end(ada, { ts: 50 }), end(moderator, { ts: 20 }), vote(bob, ["fish"], { ts: 30 })]);
    expect([tally.ended, tally.voters]).toEqual([true, 0]);
    expect(count([end(ada, { ts: 20, redactedBy: ada })]).ended).toBe(false);
  });
});

describe("what a poll is", () => {
  const text = (body: string): JsonObject => ({ "m.text": [{ body }] });

  test("both forms are read, bounded, and what is hostile in them left out", () => {
    const answers = [
      { "m.id": "a", ...text("A") },
      { "m.id": "a", ...text("again") },
      { "m.id": "", ...text("no id") },
      { "m.id": "b", ...text("  ") },
      { id: "c", "org.matrix.msc1767.text": "C" },
      7,
      null,
      { "m.id": "d", ...text("x".repeat(5000)) },
    ];
    const poll = parsePoll({ "m.poll": { kind: "m.disclosed", max_selections: 99, question: text("Q"), answers } });
    expect(poll).toMatchObject({ question: "Q", disclosed: true, maxSelections: 3 });
    expect(poll?.answers.map(({ id, text: said }) => [id, said.length])).toEqual([
      ["a", 1],
      ["c", 1],
      ["d", 1000],
    ]);
    const many = Array.from({ length: 50 }, (_each, i) => ({ "m.id": `${i}`, ...text("x") }));
    expect(parsePoll({ "m.poll": { question: text("Q"), answers: many } })?.answers).toHaveLength(20);
  });

  test("a kind that nobody knows hides the votes, and a number of choices that is none is one", () => {
    for (const max_selections of [0, -1, 1.5, "2", null, {}])
      expect(
        parsePoll({ "m.poll": { kind: "org.example.odd", max_selections, question: text("Q"), answers: [{ "m.id": "a", ...text("A") }] } }),
      ).toMatchObject({ disclosed: false, maxSelections: 1 });
  });

  test("without a question or an answer there is none", () => {
    for (const content of [
      {},
      { "m.poll": 1 },
      { "m.poll": { question: text("Q") } },
      { "m.poll": { question: text("Q"), answers: {} } },
      { "m.poll": { answers: [{ "m.id": "a", ...text("A") }] } },
    ])
      expect(parsePoll(content)).toBeUndefined();
  });

  test("what we make is read as what was meant, and answered in the form that it has", () => {
    const made = composePoll({ question: "Lunch?", answers: ["Soup", "Bread"], disclosed: false, maxSelections: 2 });
    const poll = parsePoll(made.content);
    expect(poll).toMatchObject({ question: "Lunch?", disclosed: false, maxSelections: 2 });
    for (const type of [made.type, "m.poll.start"]) {
      const response = composeResponse({ ...START, type }, ["2"]);
      expect(response.type.startsWith("org.")).toBe(type.startsWith("org."));
      expect([...parseSelections(response.content, poll ?? POLL)]).toEqual(["2"]);
      expect(composeEnd({ ...START, type }, "Over").content["m.relates_to"]).toEqual({ rel_type: "m.reference", event_id: "$start" });
    }
  });
});
