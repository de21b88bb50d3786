import { expect, test } from "vitest";
import { useClientWorld } from "../../tests/support/client-world.ts";
import type { InProcessClient } from "../../tests/support/in-process-client.ts";
import { parseEventId, parseRoomId, type EventId, type RoomId } from "../../protocol/ids.ts";
import type { PollView } from "../../protocol/messages/poll.ts";
import { must } from "../../tests/support/megolm-world.ts";

const world = useClientWorld();

async function pair(encrypted: boolean): Promise<{ alice: InProcessClient; bob: InProcessClient; roomId: RoomId }> {
  const [alice, bob] = [await world.person("alice"), await world.person("bob")];
  const id = await alice.client.rooms.create({ encrypted, invite: [bob.userId], direct: false });
  await bob.until(() => bob.client.summaries().some((room) => room.roomId === id && room.membership === "invite"), "the invite");
  await bob.client.rooms.join(id);
  return { alice, bob, roomId: must(parseRoomId(id)) };
}

function pollIn(client: InProcessClient, roomId: RoomId): { readonly eventId: EventId; readonly poll: PollView } | undefined {
  const item = client.timeline(roomId).find(({ content }) => content.kind === "poll");
  return item?.content.kind === "poll" && item.eventId !== null
    ? { eventId: must(parseEventId(item.eventId)), poll: item.content.poll }
    : undefined;
}

/** As soon as it looks so. */
const untilPoll = (client: InProcessClient, roomId: RoomId, looks: (poll: PollView) => boolean, what: string): Promise<PollView> =>
  client.until(() => {
    const poll = pollIn(client, roomId)?.poll;
    return poll !== undefined && looks(poll) ? poll : undefined;
  }, what);

const votes = (poll: PollView): readonly (number | null)[] => poll.answers.map((answer) => answer.votes);
const LUNCH = { question: "Lunch?", answers: ["Soup", "Bread"], disclosed: true, maxSelections: 1 };

test("two people answer a poll in an encrypted room, one changes their mind, and its maker ends it; the server sees nothing of it", async () => {
  const { alice, bob, roomId } = await pair(true);
  alice.client.polls.start(roomId, LUNCH);
  await bob.until(() => pollIn(bob, roomId), "the poll");
  const eventId = pollIn(bob, roomId)?.eventId ?? must(parseEventId("$none"));
  await untilPoll(alice, roomId, () => pollIn(alice, roomId)?.eventId === eventId, "the server's copy");
  expect(pollIn(bob, roomId)?.poll).toMatchObject({ question: "Lunch?", maxSelections: 1, ended: false, canEnd: false, voters: 0 });

  bob.client.polls.answer(roomId, eventId, ["1"]);
  expect(pollIn(bob, roomId)?.poll.answers[0]).toMatchObject({ mine: true, votes: 1 });
  alice.client.polls.answer(roomId, eventId, ["1"]);
  await untilPoll(alice, roomId, (poll) => votes(poll)[0] === 2, "both votes");
  bob.client.polls.answer(roomId, eventId, ["2"]);
  await untilPoll(alice, roomId, (poll) => votes(poll).join() === "1,1", "the changed vote");
  bob.client.polls.answer(roomId, eventId, []);
  await untilPoll(alice, roomId, (poll) => votes(poll).join() === "1,0", "the vote taken back");

  expect(() => bob.client.polls.end(roomId, eventId)).toThrow(expect.objectContaining({ code: "forbidden" }));
  for (const wrong of [["3"], ["1", "2"], ["1", "1"]])
    expect(() => bob.client.polls.answer(roomId, eventId, wrong)).toThrow(expect.objectContaining({ code: "invalid-request" }));
  alice.client.polls.end(roomId, eventId);
  await untilPoll(bob, roomId, ({ ended }) => ended, "the end");
  expect(() => bob.client.polls.answer(roomId, eventId, ["1"])).toThrow(expect.objectContaining({ code: "conflict" }));

  const accepted = world.server.acceptedEvents(roomId);
  expect(accepted.filter(({ type }) => type.includes("poll"))).toEqual([]);
  expect(JSON.stringify(accepted)).not.toMatch(/Lunch|Soup|msc3381/);
});

test("a poll that hides its votes shows one's own choice, and the rest at its end; in a room in clear as well", async () => {
  const { alice, bob, roomId } = await pair(false);
  alice.client.polls.start(roomId, { ...LUNCH, disclosed: false, maxSelections: 2 });
  await bob.until(() => pollIn(bob, roomId), "the poll");
  const eventId = pollIn(bob, roomId)?.eventId ?? must(parseEventId("$none"));
  bob.client.polls.answer(roomId, eventId, ["1", "2"]);
  await bob.untilSent();
  expect(pollIn(bob, roomId)?.poll).toMatchObject({
    voters: null,
    answers: [
      { votes: null, mine: true },
      { votes: null, mine: true },
    ],
  });
  await untilPoll(alice, roomId, () => pollIn(alice, roomId)?.eventId === eventId, "the server's copy");
  alice.client.polls.end(roomId, eventId);
  const over = await untilPoll(bob, roomId, ({ ended }) => ended, "the end");
  await untilPoll(alice, roomId, ({ ended, voters }) => ended && voters === 1, "the result");
  expect([votes(over), over.voters]).toEqual([[1, 1], 1]);
});
