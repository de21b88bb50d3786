import { CodedError } from "../../../protocol/errors.ts";
import type { EventId, RoomId } from "../../../protocol/ids.ts";
import { MAX_PINS, type Pins as PinsView } from "../../../protocol/messages/pins.ts";
import type { EventRecord } from "../../store/tables/events.ts";
import { parsePinnedEvents } from "../../wire/pinned-events.ts";
import type { ClientContext } from "../context.ts";
import { roomPath } from "../http.ts";
import { parseShownEventId } from "../shown-ids.ts";
import { latestEdit } from "../timeline/edits.ts";

import { MissingEvents } from "../timeline/missing-events.ts";
import { previewEvent } from "../timeline/preview.ts";
import { reviewShields } from "../timeline/reread.ts";
import { keySharer, parseShield } from "../timeline/shield-view.ts";
import { NameDirectory } from "./names.ts";

const TYPE = "m.room.pinned_events";

type Message = NonNullable<PinsView[number]["message"]>;

/** Pinned messages of rooms: which those are stands in clear in the room's state, what they say does not. */
export class Pins {
  readonly #context: ClientContext;
  readonly #missing: MissingEvents;

  constructor(context: ClientContext) {
    this.#context = context;
    this.#missing = new MissingEvents(context);
  }

  /** The newest first. Those that are not here are asked for, and told of when they have come. */
  view(roomId: RoomId): PinsView {
    const { store } = this.#context;
    const ids = pinnedIds(this.#context, roomId);
    reviewShields(
      this.#context,
      ids.flatMap((eventId) => store.events.load(roomId, eventId) ?? []),
    );
    const names = new NameDirectory(store.members, roomId);
    return ids.map((eventId) => {
      const event = store.events.load(roomId, eventId);
      if (event === undefined) this.#missing.want(roomId, eventId, undefined);
      return { eventId, message: event === undefined ? null : this.#message(event, names) };
    });
  }

  /** Pins a message, or takes it down. What others have pinned since the last sync is asked for first, so that it stays. */
  async set(roomId: RoomId, eventId: EventId, pinned: boolean): Promise<void> {
    const { http } = this.#context;
    const path = roomPath(roomId, `state/${TYPE}/`);
    const now = await http.json({ kind: "room", method: "GET", path });
    // Where nothing was ever pinned there is no such state.
    if (!now.ok && now.error.code !== "not-found") throw new CodedError(now.error.code);
    const content = now.ok ? now.value : {};
    const ids = parsePinnedEvents(content);
    if (ids.includes(eventId) === pinned) return;
    const next = pinned ? [...ids, eventId] : ids.filter((id) => id !== eventId);
    await http.jsonOrThrow({ kind: "room", method: "PUT", path, body: { ...content, pinned: next } });
  }

  #message(event: EventRecord, names: NameDirectory): Message {
    const { store, userId } = this.#context;
    const edit = latestEdit(event, store.events.related(event.roomId, event.eventId));
    const { kind, preview } = previewEvent(this.#context, event);
    const isShown = kind === "message" || kind === "media";
    return {
      sender: event.sender,
      senderName: names.name(event.sender),
      mine: event.sender === userId,
      at: event.ts,
      kind,
      preview,
      shield: isShown ? this.#shield(event, edit) : null,
      keySharedBy: isShown ? keySharer(this.#context, names, (edit ?? event).forwarder) : null,
    };
  }

  /**
   * SECURITY: the list is the server's to write, and so is a message in clear that it leads to. One without a place in the timeline could not be judged by when
   * encryption was turned on.
   */
  #shield(event: EventRecord, edit: EventRecord | undefined): Message["shield"] {
    const isDoubtful = event.source === undefined && event.position === undefined;
    if (isDoubtful && this.#context.store.rooms.load(event.roomId)?.algorithm !== undefined) return { color: "red", code: "SentInClear" };
    return parseShield((edit ?? event).shield);
  }
}

/** Ids of the pinned messages as a page gets them: the newest first, and no more than it takes. */
export function pinnedIds({ store }: ClientContext, roomId: RoomId): EventId[] {
  const ids = parsePinnedEvents(store.roomState.load(roomId, TYPE)?.content ?? {});
  return ids
    .filter((eventId) => parseShownEventId(eventId) !== undefined)
    .slice(-MAX_PINS)
    .reverse();
}
