import { parseRoomId } from "../../../protocol/ids.ts";
import type { EventRecord } from "../../store/tables/events.ts";
import { objectField } from "../../wire/json.ts";
import type { Changes } from "../changes.ts";
import type { ClientContext } from "../context.ts";
import { takeVerificationEvent } from "../verification/verification-intake.ts";
import { decideShown } from "./classify.ts";
import { decryptSource } from "./decrypt.ts";
import { indexForSearch } from "./search-text.ts";
import { NotifyJudge } from "./notify-judge.ts";
import { relationOf } from "./relation.ts";

/** A key, or the word that there will be none, has arrived: reads again what was waiting for it. */
export function rereadSession(context: ClientContext, changes: Changes, room: string, sessionId: string, live: boolean): void {
  const roomId = parseRoomId(room);
  if (!roomId.ok) return;
  const events = context.store.events.undecryptable(roomId.value, sessionId);
  context.machine.decryptAhead(events.map(({ source }) => ({ event: source, roomId: roomId.value })));
  for (const event of events) rereadEvent(context, changes, event, live);
}

/** Decrypts a stored event again: for a late key, or because what is known about its sender's device has changed. */
export function rereadEvent(context: ClientContext, changes: Changes, event: EventRecord, live: boolean): void {
  if (event.source === undefined) return;
  const { store } = context;
  const reading = decryptSource(context, event.roomId, objectField(event.source, "content") ?? {}, event.source);
  // A device that vanished must not make a message unreadable that could be read.
  if (reading.utdCode !== undefined && event.utdCode === undefined) return;
  changes.noteReading(event.roomId, reading);
  const same = (["utdCode", "withheldCode", "shield", "forwarder"] as const).every((key) => reading[key] === event[key]);
  if (same) return;
  const wasUnreadable = event.utdCode !== undefined;
  const shown = decideShown(context.userId, {
    sender: event.sender,
    type: reading.type,
    stateKey: undefined,
    content: reading.content,
    prevContent: undefined,
  });
  const relation = relationOf(reading.content);
  const notify =
    reading.utdCode === undefined && wasUnreadable ? new NotifyJudge(context, event.roomId).decide(event, reading, shown) : event.notify;
  store.events.setDecryption(event.row, { ...reading, shown, relation: relation?.kind, relatesTo: relation?.eventId, notify });
  if (wasUnreadable && reading.utdCode === undefined) {
    const { eventId, sender, ts: originServerTs } = event;
    takeVerificationEvent(context, event.roomId, {
      eventId,
      sender,
      originServerTs,
      ...reading,
      unsigned: objectField(event.source, "unsigned") ?? {},
    });
  }
  changes.touch(event.roomId, event.eventId);
  if (relation !== undefined) changes.touch(event.roomId, relation.eventId);
  if (shown === 0 && event.shown > 0) changes.timeline(event.roomId).removals.add(event.itemId);
  const stored = store.events.byRow(event.row);
  if (stored !== undefined) indexForSearch(store, stored);
  if (live && wasUnreadable && reading.utdCode === undefined && notify > 0) {
    changes.notifications.push({ roomId: event.roomId, eventId: event.eventId });
  }
}

/** A mark of doubt may have been lifted since it was stored. */
export function reviewShields(context: ClientContext, events: readonly EventRecord[]): void {
  const doubtful = events.filter((event) => event.source !== undefined && (event.shield !== undefined || event.utdCode !== undefined));
  if (doubtful.length === 0) return;
  context.commit((changes) => {
    for (const event of doubtful) rereadEvent(context, changes, event, false);
  });
}
