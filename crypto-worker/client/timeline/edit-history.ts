import type { ChatContract } from "../../../protocol/chat.ts";
import type { ResultOf } from "../../../protocol/define.ts";
import { CodedError } from "../../../protocol/errors.ts";
import type { EventId, RoomId } from "../../../protocol/ids.ts";
import { arrayField, isJsonObject, objectField, stringField, type JsonValue } from "../../wire/json.ts";
import type { ClientContext } from "../context.ts";
import { segment } from "../http.ts";
import { laterVersions } from "./edits.ts";
import { Ingest } from "./ingest.ts";
import { ItemAssembler } from "./item.ts";
import { relationOf, REPLACEMENT } from "./relation.ts";
import { reviewShields } from "./reread.ts";

const PAGE = 50;
const MAX_PAGES = 4;
/** The original and the newest edits. */
const MAX_VERSIONS = 100;

/** What messages have said before they were edited, as far as the server still has it. */
export class EditHistory {
  readonly #context: ClientContext;

  constructor(context: ClientContext) {
    this.#context = context;
  }

  /** Throws `not-found` for a message that is not here, or was deleted. Where the server cannot be asked, what is here is all there is. */
  async of(roomId: RoomId, eventId: EventId): Promise<ResultOf<ChatContract["editHistory"]>> {
    this.#require(roomId, eventId);
    const askedAll = await this.#fetch(roomId, eventId);
    const { store } = this.#context;
    const original = this.#require(roomId, eventId);
    const edits = laterVersions(original, store.events.related(roomId, eventId));
    const shown = [original, ...edits.slice(-(MAX_VERSIONS - 1))];
    reviewShields(this.#context, shown);
    const assembler = new ItemAssembler(this.#context, roomId);
    const versions = shown.flatMap((event, index) => assembler.fromVersion(store.events.byRow(event.row) ?? event, index) ?? []);
    return { versions, complete: askedAll && shown.length === edits.length + 1 };
  }

  #require(roomId: RoomId, eventId: EventId) {
    const event = this.#context.store.events.load(roomId, eventId);
    if (event === undefined || event.redactedBy !== undefined) throw new CodedError("not-found");
    return event;
  }

  /** Takes the edits that the server knows, the newest first. Answers whether those are all. */
  async #fetch(roomId: RoomId, eventId: EventId): Promise<boolean> {
    const path = `/_matrix/client/v1/rooms/${segment(roomId)}/relations/${segment(eventId)}/m.replace`;
    let from: string | undefined;
    for (let page = 0; page < MAX_PAGES; page++) {
      const query = new URLSearchParams({ dir: "b", limit: String(PAGE), ...(from === undefined ? {} : { from }) });
      const answer = await this.#context.http.json({ kind: "room", method: "GET", path: `${path}?${query.toString()}` });
      if (!answer.ok) return false;
      const edits = (arrayField(answer.value, "chunk") ?? []).slice(0, PAGE).filter((raw) => isSaidToEdit(raw, eventId));
      this.#context.commit((changes) => {
        const ingest = new Ingest(this.#context, changes, roomId);
        for (const raw of edits) ingest.add(raw, undefined, false);
      });
      const next = stringField(answer.value, "next_batch");
      if (next === undefined || next === from) return true;
      from = next;
    }
    return false;
  }
}

/** The relation stands in clear, also beside a ciphertext. Nothing else is taken from this answer. */
function isSaidToEdit(raw: JsonValue, eventId: EventId): boolean {
  const content = isJsonObject(raw) ? objectField(raw, "content") : undefined;
  const relation = content === undefined ? undefined : relationOf(content);
  return relation?.kind === REPLACEMENT && relation.eventId === eventId;
}
