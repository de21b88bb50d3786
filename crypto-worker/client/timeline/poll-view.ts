import type { PollView } from "../../../protocol/messages/poll.ts";
import type { EventRecord } from "../../store/tables/events.ts";
import type { QueuedEvent } from "../../store/tables/send-queue.ts";
import type { JsonObject } from "../../wire/json.ts";
import type { ClientContext } from "../context.ts";
import type { PowerLevels } from "../rooms/power-levels.ts";
import { isPollStart, parsePoll, type Poll } from "./poll-content.ts";
import { tallyPoll } from "./poll-tally.ts";
import { effectiveContent } from "./search-text.ts";

/** How a poll stands: `pending` are what of ours waits to be sent about it. Undefined for what is none. */
export function viewPoll(
  { userId }: Pick<ClientContext, "userId">,
  start: EventRecord,
  related: readonly EventRecord[],
  pending: readonly QueuedEvent[],
  levels: PowerLevels,
): PollView | undefined {
  const poll = isPollStart(start.type) ? parsePoll(effectiveContent(start, related)) : undefined;
  if (poll === undefined) return undefined;
  const mayRedact = (sender: typeof userId): boolean => levels.may(sender, "redact");
  const tally = tallyPoll({ poll, start, related, pending, ourselves: userId, mayRedact });
  const open = poll.disclosed || tally.ended;
  return {
    ...described(poll),
    answers: poll.answers.map(({ id, text }) => ({
      id,
      text,
      votes: open ? (tally.votes.get(id) ?? 0) : null,
      mine: tally.mine.has(id),
    })),
    voters: open ? tally.voters : null,
    unread: tally.unread,
    ended: tally.ended,
    canEnd: !tally.ended && (start.sender === userId || mayRedact(userId)),
  };
}

/** A poll of ours that waits to be sent: there is nothing to answer yet. Undefined for what is none. */
export function viewQueuedPoll(type: string, content: JsonObject): PollView | undefined {
  const poll = isPollStart(type) ? parsePoll(content) : undefined;
  if (poll === undefined) return undefined;
  const votes = poll.disclosed ? 0 : null;
  return {
    ...described(poll),
    answers: poll.answers.map(({ id, text }) => ({ id, text, votes, mine: false })),
    voters: votes,
    unread: 0,
    ended: false,
    canEnd: false,
  };
}

const described = ({ question, disclosed, maxSelections }: Poll): Pick<PollView, "question" | "disclosed" | "maxSelections"> => ({
  question,
  disclosed,
  maxSelections,
});
