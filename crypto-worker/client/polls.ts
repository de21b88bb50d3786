import { CodedError } from "../../protocol/errors.ts";
import type { EventId, RoomId } from "../../protocol/ids.ts";
import type { NewPoll, PollView } from "../../protocol/messages/poll.ts";
import type { EventRecord } from "../store/tables/events.ts";
import type { ClientContext } from "./context.ts";
import { PowerLevels } from "./rooms/power-levels.ts";
import type { Composer } from "./send-queue/composer.ts";
import type { SendQueue } from "./send-queue/send-queue.ts";
import { composeEnd, composePoll, composeResponse } from "./timeline/poll-content.ts";
import { viewPoll } from "./timeline/poll-view.ts";

/** What a person does with polls. All of it goes through the send queue, and is encrypted where the room is. */
export class Polls {
  readonly #context: ClientContext;
  readonly #composer: Composer;
  readonly #queue: SendQueue;

  constructor(context: ClientContext, composer: Composer, queue: SendQueue) {
    this.#context = context;
    this.#composer = composer;
    this.#queue = queue;
  }

  /** Answers with the id of the local echo, once the poll is on disk. */
  start(roomId: RoomId, { question, answers, disclosed, maxSelections }: NewPoll): string {
    this.#composer.requireWritable(roomId);
    const said = { question: question.trim(), answers: answers.map((answer) => answer.trim()), disclosed, maxSelections };
    if ([said.question, ...said.answers].some((text) => text === "" || !text.isWellFormed())) throw new CodedError("invalid-request");
    return this.#queue.enqueue({ roomId, ...composePoll(said) });
  }

  /** Throws `conflict` once the poll is over, and `invalid-request` for answers that it does not have or more than it allows. */
  answer(roomId: RoomId, eventId: EventId, selections: readonly string[]): void {
    const { start, view } = this.#require(roomId, eventId);
    const known = new Set(view.answers.map(({ id }) => id));
    if (view.ended) throw new CodedError("conflict");
    if (selections.length > view.maxSelections || new Set(selections).size < selections.length || selections.some((id) => !known.has(id)))
      throw new CodedError("invalid-request");
    this.#queue.enqueue({ roomId, ...composeResponse(start, selections), target: start.eventId });
  }

  end(roomId: RoomId, eventId: EventId): void {
    const { start, view } = this.#require(roomId, eventId);
    if (view.ended) throw new CodedError("conflict");
    if (!view.canEnd) throw new CodedError("forbidden");
    this.#queue.enqueue({ roomId, ...composeEnd(start, "The poll has ended."), target: start.eventId });
  }

  #require(roomId: RoomId, eventId: EventId): { readonly start: EventRecord; readonly view: PollView } {
    this.#composer.requireWritable(roomId);
    const { store } = this.#context;
    const start = store.events.load(roomId, eventId);
    if (start === undefined) throw new CodedError("not-found");
    const related = store.events.related(roomId, eventId);
    const view =
      start.redactedBy === undefined && start.utdCode === undefined && start.stateKey === undefined
        ? viewPoll(this.#context, start, related, store.sendQueue.aboutEvent(roomId, eventId), PowerLevels.load(store.roomState, roomId))
        : undefined;
    if (view === undefined) throw new CodedError("unsupported");
    return { start, view };
  }
}
