import type { ChatContract } from "../../protocol/chat.ts";
import type { ParamsOf, ResultOf } from "../../protocol/define.ts";
import { parseRoomId } from "../../protocol/ids.ts";
import type { ClientContext } from "./context.ts";
import { NameDirectory } from "./rooms/names.ts";
import { messageText, oneLine } from "./timeline/message-text.ts";
import { effectiveContent } from "./timeline/search-text.ts";

type Query = ParamsOf<ChatContract["search"]>;
type Hits = ResultOf<ChatContract["search"]>;

const SNIPPET_CHARS = 200;

/** Search over the plaintext of every message that this device has read. */
export class Search {
  readonly #context: ClientContext;

  constructor(context: ClientContext) {
    this.#context = context;
  }

  /** Newest first. */
  find({ query, roomId, limit }: Query): Hits {
    const { store } = this.#context;
    const room = roomId === undefined ? undefined : parseRoomId(roomId);
    if (room !== undefined && !room.ok) return [];
    // Rows are in the order of arrival, which for history that was fetched later is not the order of time.
    const rows = store.searchIndex.find(query, limit * 4, room?.value);
    const first = query.match(/[\p{L}\p{N}\p{M}_]+/u)?.[0] ?? "";
    return rows
      .flatMap((row) => store.events.byRow(row) ?? [])
      .filter((event) => event.redactedBy === undefined && event.utdCode === undefined)
      .sort((a, b) => b.ts - a.ts)
      .slice(0, limit)
      .map((event) => {
        const text = messageText(effectiveContent(event, store.events.related(event.roomId, event.eventId)));
        return {
          roomId: event.roomId,
          eventId: event.eventId,
          sender: event.sender,
          senderName: new NameDirectory(store.members, event.roomId).name(event.sender),
          at: event.ts,
          snippet: snippetAround(text?.body ?? "", first),
        };
      });
  }
}

/** One line of plain text around the first match. */
export function snippetAround(body: string, word: string): string {
  const line = oneLine(body, body.length);
  const at = line.toLowerCase().indexOf(word.toLowerCase());
  if (line.length <= SNIPPET_CHARS) return line;
  const start = Math.max(0, Math.min(at - SNIPPET_CHARS / 4, line.length - SNIPPET_CHARS));
  const cut = line.slice(start, start + SNIPPET_CHARS);
  return `${start > 0 ? "…" : ""}${cut}${start + SNIPPET_CHARS < line.length ? "…" : ""}`.toWellFormed();
}
