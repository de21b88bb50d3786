import type { UserId } from "../../../protocol/ids.ts";
import type { EventRecord } from "../../store/tables/events.ts";
import type { QueuedEvent } from "../../store/tables/send-queue.ts";
import { isPollEnd, isPollResponse, parseSelections, type Poll } from "./poll-content.ts";

export type PollTally = {
  /** Votes by answer. */
  readonly votes: ReadonlyMap<string, number>;
  /** People who have chosen something. */
  readonly voters: number;
  readonly mine: ReadonlySet<string>;
  readonly ended: boolean;
  /** What may be votes and cannot be read. */
  readonly unread: number;
};

type Ballot = {
  readonly poll: Poll;
  readonly start: EventRecord;
  /** What relates to the start. */
  readonly related: readonly EventRecord[];
  /** What of ours waits to be sent about it. */
  readonly pending: readonly QueuedEvent[];
  readonly ourselves: UserId;
  /** Whether somebody may redact messages of others, and so end their polls. */
  readonly mayRedact: (userId: UserId) => boolean;
};

/**
 * Counts a poll (MSC3381). The newest response of a person up to the end counts, also one that chooses nothing; one that was redacted never was. The oldest end of
 * somebody who may end it is the end. Times are what their servers say.
 */
export function tallyPoll({ poll, start, related, pending, ourselves, mayRedact }: Ballot): PollTally {
  const references = related.filter((event) => isReference(event) && event.redactedBy === undefined && event.stateKey === undefined);
  const believed = references.filter((event) => isBelieved(start, event));
  const maySpeak = (sender: UserId): boolean => sender === start.sender || mayRedact(sender);
  const endedAt = Math.min(...believed.flatMap(({ type, sender, ts }) => (isPollEnd(type) && maySpeak(sender) ? [ts] : [])));

  const newest = new Map<UserId, EventRecord>();
  for (const event of believed) {
    if (!isPollResponse(event.type) || event.ts > endedAt) continue;
    const before = newest.get(event.sender);
    if (before === undefined || isLater(event, before)) newest.set(event.sender, event);
  }
  const choices = new Map([...newest].map(([sender, { content }]) => [sender, parseSelections(content, poll)]));
  const waiting = pending.filter(({ state }) => state !== "failed");
  const ours = waiting.findLast(({ type }) => isPollResponse(type));
  if (ours !== undefined && endedAt === Infinity) choices.set(ourselves, parseSelections(ours.content, poll));

  const votes = new Map<string, number>(poll.answers.map(({ id }) => [id, 0]));
  for (const chosen of choices.values()) for (const id of chosen) votes.set(id, (votes.get(id) ?? 0) + 1);
  return {
    votes,
    voters: [...choices.values()].filter(({ size }) => size > 0).length,
    mine: choices.get(ourselves) ?? new Set(),
    ended: endedAt !== Infinity || waiting.some(({ type }) => isPollEnd(type)),
    unread: references.filter(({ utdCode, ts }) => utdCode !== undefined && ts <= endedAt).length,
  };
}

const isReference = ({ relation }: EventRecord): boolean => relation === "m.reference";

/**
 * SECURITY: of a poll that was encrypted, what was not is no vote and no end: a server could have written it. Nor is what came under a key of somebody else than
 * its sender.
 */
const isBelieved = (start: EventRecord, event: EventRecord): boolean =>
  event.utdCode === undefined && (start.source === undefined || event.source !== undefined) && event.shield !== "red MismatchedSender";

const isLater = (a: EventRecord, b: EventRecord): boolean => a.ts > b.ts || (a.ts === b.ts && a.eventId > b.eventId);
