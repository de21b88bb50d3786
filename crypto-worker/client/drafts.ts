import { CodedError } from "../../protocol/errors.ts";
import type { RoomId } from "../../protocol/ids.ts";
import type { Draft, KeptDraft } from "../../protocol/messages/draft.ts";
import type { ClientContext } from "./context.ts";
import { parseShownEventId } from "./shown-ids.ts";
import { ItemAssembler } from "./timeline/item.ts";

/** Rooms whose draft is kept; the one that was saved longest ago makes way. */
const MAX_DRAFTS = 200;

/** What is half written, as plaintext in the encrypted store: the page has no storage of its own. */
export class Drafts {
  readonly #context: ClientContext;

  constructor(context: ClientContext) {
    this.#context = context;
  }

  /** The text of an answer or an edit stays where what it is about is gone; it is then a message of its own. @throws CodedError `not-found` for an unknown room */
  load(roomId: RoomId): KeptDraft | null {
    this.#requireRoom(roomId);
    const draft = this.#context.store.drafts.load(roomId);
    if (draft === undefined) return null;
    const { about } = draft;
    const eventId = about === null ? undefined : parseShownEventId(about.eventId);
    const event = eventId === undefined ? undefined : this.#context.store.events.load(roomId, eventId);
    const item = event === undefined ? undefined : new ItemAssembler(this.#context, roomId).fromEvent(event);
    if (about === null || item === undefined || item.content.kind === "redacted") return { ...draft, about: null };
    return { ...draft, about: { kind: about.kind, item } };
  }

  /** @throws CodedError `not-found` for an unknown room */
  save(roomId: RoomId, draft: Draft | null): void {
    this.#requireRoom(roomId);
    const { store } = this.#context;
    store.transaction(() => {
      if (draft === null) return store.drafts.drop(roomId);
      store.drafts.save(roomId, draft);
      store.drafts.trim(MAX_DRAFTS);
    });
  }

  #requireRoom(roomId: RoomId): void {
    if (this.#context.store.rooms.load(roomId) === undefined) throw new CodedError("not-found");
  }
}
