import type { EventRecord } from "../../store/tables/events.ts";
import { objectField } from "../../wire/json.ts";
import { REPLACEMENT } from "./relation.ts";

/**
 * The edit that counts, if any. CVE-2026-45057: the same sender, room and type, no state on either side, not an edit of an edit, and
 * encrypted if the original was; anything else is ignored. Its own shield is the one to be shown.
 */
export function latestEdit(original: EventRecord, related: readonly EventRecord[]): EventRecord | undefined {
  let latest: EventRecord | undefined;
  for (const candidate of related) {
    if (isValidEdit(original, candidate) && (latest === undefined || isLater(candidate, latest))) latest = candidate;
  }
  return latest;
}

/** Every version that its sender has made of a message since, the oldest first. One that cannot be read is among them: what it says is not known to be no edit. */
export function laterVersions(original: EventRecord, related: readonly EventRecord[]): EventRecord[] {
  const isUnread = (edit: EventRecord): boolean =>
    edit.utdCode !== undefined && original.source !== undefined && isByItsSender(original, edit);
  return related.filter((edit) => isValidEdit(original, edit) || isUnread(edit)).sort((a, b) => (isLater(a, b) ? 1 : -1));
}

function isValidEdit(original: EventRecord, edit: EventRecord): boolean {
  return (
    isByItsSender(original, edit) &&
    edit.type === original.type &&
    edit.utdCode === undefined &&
    (original.source === undefined || edit.source !== undefined) &&
    objectField(edit.content, "m.new_content") !== undefined
  );
}

/** Whether the envelope is that of an edit: all of it that can be told without reading the content. */
function isByItsSender(original: EventRecord, edit: EventRecord): boolean {
  return (
    edit.relation === REPLACEMENT &&
    edit.relatesTo === original.eventId &&
    edit.eventId !== original.eventId &&
    edit.roomId === original.roomId &&
    edit.sender === original.sender &&
    edit.stateKey === undefined &&
    original.stateKey === undefined &&
    original.relation !== REPLACEMENT &&
    original.redactedBy === undefined &&
    edit.redactedBy === undefined
  );
}

const isLater = (a: EventRecord, b: EventRecord): boolean => a.ts > b.ts || (a.ts === b.ts && a.eventId > b.eventId);
