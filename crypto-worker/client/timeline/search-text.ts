import type { CryptoStore } from "../../store/store.ts";
import type { EventRecord } from "../../store/tables/events.ts";
import { objectField, type JsonObject } from "../../wire/json.ts";
import { latestEdit } from "./edits.ts";
import { messageText } from "./message-text.ts";
import { REPLACEMENT } from "./relation.ts";

/** Brings the search index up to date with a message, or with the message that an edit is about. */
export function indexForSearch(store: CryptoStore, event: EventRecord, known?: readonly EventRecord[]): void {
  if (event.relation === REPLACEMENT && event.relatesTo !== undefined) {
    const original = store.events.load(event.roomId, event.relatesTo);
    if (original !== undefined) indexForSearch(store, original);
    return;
  }
  if (event.type !== "m.room.message" || event.shown !== 2) return;
  const related = event.redactedBy === undefined ? (known ?? store.events.related(event.roomId, event.eventId)) : [];
  const content = effectiveContent(event, related);
  const text = messageText(content);
  if (text === undefined || event.redactedBy !== undefined) store.searchIndex.remove(event.row);
  else store.searchIndex.save(event.row, text.body);
}

/** What a message says after its latest edit. */
export function effectiveContent(event: EventRecord, related: readonly EventRecord[]): JsonObject {
  const edit = latestEdit(event, related);
  return (edit === undefined ? undefined : objectField(edit.content, "m.new_content")) ?? event.content;
}
