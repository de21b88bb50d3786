import type { RoomId } from "../../../protocol/ids.ts";
import type { EventRecord, NewEvent } from "../../store/tables/events.ts";
import { objectField, stringField, type JsonObject } from "../../wire/json.ts";
import { parseRoomEvent, type RoomEvent } from "../../wire/room-event.ts";
import type { Changes } from "../changes.ts";
import type { ClientContext } from "../context.ts";
import { parseShownEventId, parseShownUserId } from "../shown-ids.ts";
import { decideShown, prevContentOf } from "./classify.ts";
import { clearReading, decryptEvent, type Reading } from "./decrypt.ts";
import { indexForSearch } from "./search-text.ts";
import { NotifyJudge } from "./notify-judge.ts";
import { REDACTION, REPLACEMENT, relationOf } from "./relation.ts";

export type IngestOutcome = "new" | "known" | "refused";

/**
 * Takes events of one room into the timeline, inside the transaction of its caller. Nothing that an event contains makes it throw: what
 * cannot be read is refused and the rest goes on (CVE-2025-66622, CVE-2022-39236).
 */
export class Ingest {
  readonly #context: ClientContext;
  readonly #changes: Changes;
  readonly #roomId: RoomId;
  readonly #judge: NotifyJudge;
  readonly #onRead: (event: RoomEvent) => void;

  /** `onRead` gets each new event as it reads once decrypted, in order. */
  constructor(context: ClientContext, changes: Changes, roomId: RoomId, onRead: (event: RoomEvent) => void = () => undefined) {
    this.#context = context;
    this.#changes = changes;
    this.#roomId = roomId;
    this.#judge = new NotifyJudge(context, roomId);
    this.#onRead = onRead;
  }

  /** `position` is undefined for an event that is known by a relation only. `live` events may notify. */
  add(raw: unknown, position: number | undefined, live: boolean): IngestOutcome {
    const parsed = parseRoomEvent(raw);
    if (!parsed.ok || !isShowable(parsed.value)) {
      this.#context.log.warn("sync.event-skipped", { code: parsed.ok ? "invalid-ids" : parsed.error });
      return "refused";
    }
    const event = parsed.value;
    const { events } = this.#context.store;
    const known = events.load(this.#roomId, event.eventId);
    if (known !== undefined) {
      if (known.position !== undefined || position === undefined) return "known";
      events.place(known.row, position);
      this.#changes.touch(this.#roomId, event.eventId);
      return "new";
    }
    const { type, content } = this.#insert(event, raw as JsonObject, position, live);
    this.#onRead({ ...event, type, content });
    return "new";
  }

  #insert(event: RoomEvent, raw: JsonObject, position: number | undefined, live: boolean): Reading {
    const { store, userId } = this.#context;
    const redactedBecause = objectField(event.unsigned, "redacted_because");
    const reading = redactedBecause === undefined ? decryptEvent(this.#context, this.#roomId, event, raw, position) : clearReading(event);
    this.#changes.noteReading(this.#roomId, reading);
    const prevContent = prevContentOf(event.unsigned);
    const relation = event.redacts === undefined ? relationOf(reading.content) : { kind: REDACTION, eventId: event.redacts };
    const mine = event.sender === userId;
    const shown = decideShown(userId, {
      sender: event.sender,
      type: reading.type,
      stateKey: event.stateKey,
      content: reading.content,
      prevContent,
    });
    const senderMembership = stringField(event.unsigned, "membership") ?? stringField(event.unsigned, "io.element.msc4115.membership");
    const record: NewEvent = {
      roomId: this.#roomId,
      eventId: event.eventId,
      position,
      itemId: this.#claimEcho(event) ?? event.eventId,
      sender: event.sender,
      type: reading.type,
      content: reading.content,
      stateKey: event.stateKey,
      ts: event.originServerTs,
      shown,
      prevContent,
      source: reading.source,
      sessionId: reading.sessionId,
      utdCode: reading.utdCode,
      withheldCode: reading.withheldCode,
      senderMembership,
      shield: reading.shield,
      forwarder: reading.forwarder,
      relation: relation?.kind,
      relatesTo: relation?.eventId,
      notify: mine || redactedBecause !== undefined ? 0 : this.#judge.decide({ ...event, senderMembership }, reading, shown),
    };
    const stored = store.events.insert(record);
    if (position !== undefined) {
      store.receipts.place(this.#roomId, event.eventId, position);
      store.rooms.placeRead(this.#roomId, event.eventId, position);
    }
    this.#changes.touch(this.#roomId, event.eventId);
    if (redactedBecause !== undefined) this.#redact(stored, redactedBecause, event);
    this.#follow(stored);
    if (live && stored.notify > 0 && stored.utdCode === undefined) {
      this.#changes.notifications.push({ roomId: this.#roomId, eventId: event.eventId });
    }
    this.#bundledEdit(event);
    return reading;
  }

  /** What the event does to others, and what earlier ones do to it. */
  #follow(stored: EventRecord): void {
    const { events } = this.#context.store;
    if (stored.relation === REDACTION && stored.relatesTo !== undefined) {
      const target = events.load(this.#roomId, stored.relatesTo);
      if (target !== undefined) applyRedaction(this.#context, this.#changes, target, stored);
      return;
    }
    const related = events.related(this.#roomId, stored.eventId);
    const redaction = related.find((other) => other.relation === REDACTION);
    if (redaction !== undefined) return applyRedaction(this.#context, this.#changes, stored, redaction);
    if (stored.relation !== undefined && stored.relatesTo !== undefined) this.#changes.touch(this.#roomId, stored.relatesTo);
    indexForSearch(this.#context.store, stored, related);
  }

  /** The server had redacted it before we saw it. */
  #redact(stored: EventRecord, because: JsonObject, event: RoomEvent): void {
    if (stored.stateKey !== undefined) return;
    const redaction = parseRoomEvent(because);
    const content = objectField(because, "content");
    this.#context.store.events.redact(
      stored.row,
      redaction.ok && isShowable(redaction.value) ? redaction.value.sender : event.sender,
      content === undefined ? undefined : stringField(content, "reason")?.slice(0, 1024),
    );
  }

  /** Ends our own local echo, if this is it, and hands over its id: by transaction id, or by the event id that /send has answered. */
  #claimEcho(event: RoomEvent): string | undefined {
    if (event.sender !== this.#context.userId) return undefined;
    const { sendQueue } = this.#context.store;
    const transactionId = stringField(event.unsigned, "transaction_id");
    const echo =
      (transactionId === undefined ? undefined : sendQueue.byTransaction(transactionId)) ?? sendQueue.byEvent(this.#roomId, event.eventId);
    if (echo === undefined || echo.roomId !== this.#roomId) return undefined;
    sendQueue.remove(echo.itemId);
    if (echo.target === undefined) return echo.itemId;
    this.#changes.touch(this.#roomId, echo.target);
    return undefined;
  }

  /** The newest edit that the server bundled: it may lie in history that we do not have. */
  #bundledEdit(event: RoomEvent): void {
    const relations = objectField(event.unsigned, "m.relations");
    const edit = relations === undefined ? undefined : objectField(relations, REPLACEMENT);
    if (edit !== undefined && stringField(edit, "event_id") !== undefined && objectField(edit, "content") !== undefined)
      this.add(edit, undefined, false);
  }
}

function isShowable(event: RoomEvent): boolean {
  return parseShownEventId(event.eventId) !== undefined && parseShownUserId(event.sender) !== undefined;
}

/** Forgets what a message said. State stays: redacting it changes history, not the room. */
function applyRedaction(context: ClientContext, changes: Changes, target: EventRecord, redaction: EventRecord): void {
  if (target.redactedBy !== undefined || target.stateKey !== undefined || target.relation === REDACTION) return;
  const { events, searchIndex } = context.store;
  events.redact(target.row, redaction.sender, stringField(redaction.content, "reason")?.slice(0, 1024));
  searchIndex.remove(target.row);
  changes.touch(target.roomId, target.eventId);
  if (target.relatesTo === undefined) return;
  changes.touch(target.roomId, target.relatesTo);
  const original = events.load(target.roomId, target.relatesTo);
  if (original !== undefined) indexForSearch(context.store, original);
}
