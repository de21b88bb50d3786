import type { EventId, RoomId } from "../../../protocol/ids.ts";
import type { ClientContext } from "../context.ts";
import { inBackground } from "../background.ts";
import { roomPath, segment } from "../http.ts";
import { Ingest } from "./ingest.ts";

const MAX_REMEMBERED = 2000;
const MAX_AT_ONCE = 4;

/** Fetches events that are quoted but lie in history which is not here. Each is asked for once a start. */
export class MissingEvents {
  readonly #context: ClientContext;
  readonly #asked = new Set<EventId>();
  readonly #waiting: { readonly roomId: RoomId; readonly eventId: EventId; readonly askedBy: EventId | undefined }[] = [];
  #running = 0;

  constructor(context: ClientContext) {
    this.#context = context;
  }

  /** `askedBy` is the event that quotes it, to be shown anew. */
  want(roomId: RoomId, eventId: EventId, askedBy: EventId | undefined): void {
    if (this.#asked.has(eventId)) return;
    if (this.#asked.size >= MAX_REMEMBERED) this.#asked.clear();
    this.#asked.add(eventId);
    this.#waiting.push({ roomId, eventId, askedBy });
    this.#next();
  }

  #next(): void {
    while (this.#running < MAX_AT_ONCE) {
      const wanted = this.#waiting.shift();
      if (wanted === undefined) return;
      this.#running += 1;
      inBackground(
        this.#context,
        this.#fetch(wanted.roomId, wanted.eventId, wanted.askedBy).finally(() => {
          this.#running -= 1;
          this.#next();
        }),
      );
    }
  }

  async #fetch(roomId: RoomId, eventId: EventId, askedBy: EventId | undefined): Promise<void> {
    const { http, commit } = this.#context;
    const answer = await http.json({ kind: "room", method: "GET", path: roomPath(roomId, `event/${segment(eventId)}`) });
    if (!answer.ok) {
      // A refusal is the server's last word; anything else may be asked again.
      if (!answer.error.permanent) this.#asked.delete(eventId);
      return;
    }
    commit((changes) => {
      new Ingest(this.#context, changes, roomId).add(answer.value, undefined, false);
      if (askedBy !== undefined) changes.touch(roomId, askedBy);
    });
  }
}
