import type { EventId, RoomId, UserId } from "../../../protocol/ids.ts";
import { timelineItemSchema, type TimelineContent, type TimelineItem } from "../../../protocol/messages/timeline-item.ts";
import type { EventRecord } from "../../store/tables/events.ts";
import type { QueuedEvent } from "../../store/tables/send-queue.ts";
import { objectField, stringField, type JsonObject } from "../../wire/json.ts";
import type { ClientContext } from "../context.ts";
import { parseShownEventId, parseShownUserId } from "../shown-ids.ts";
import { lineState, requestedOf } from "../verification/verification-line.ts";
import { hasMediaFile } from "../media/media-content.ts";
import { cleanName, NameDirectory } from "../rooms/names.ts";
import { latestEdit } from "./edits.ts";
import { eventText } from "./event-text.ts";
import { PowerLevels } from "../rooms/power-levels.ts";
import { decideMembershipChange } from "./membership-change.ts";
import type { MissingEvents } from "./missing-events.ts";
import { oneLine } from "./message-text.ts";
import { isPollStart } from "./poll-content.ts";
import { viewPoll, viewQueuedPoll } from "./poll-view.ts";
import { decidePinsChange } from "./pins-change.ts";
import { previewEvent } from "./preview.ts";
import { collectReactions } from "./reactions.ts";
import { repliedTo } from "./relation.ts";
import { keySharer, parseShield } from "./shield-view.ts";
import { encodeUtd } from "./utd-cause.ts";

/** Local echoes sort behind everything that the server has ordered. */
export const ECHO_POSITIONS = 2 ** 52;
const MAX_READERS = 20;

type Content = TimelineContent;
type Quote = Extract<Content, { kind: "message" }>["replyTo"];

/** Makes the items of one room as the page sees them. One instance a batch, as it remembers names. */
export class ItemAssembler {
  readonly #context: ClientContext;
  readonly #roomId: RoomId;
  readonly #names: NameDirectory;
  readonly #encrypted: boolean;
  readonly #missing: MissingEvents | undefined;
  #levels: PowerLevels | undefined;

  /** `missing` is told of quoted events that are not here. */
  constructor(context: ClientContext, roomId: RoomId, missing?: MissingEvents) {
    this.#context = context;
    this.#roomId = roomId;
    this.#missing = missing;
    this.#names = new NameDirectory(context.store.members, roomId);
    this.#encrypted = context.store.rooms.load(roomId)?.algorithm !== undefined;
  }

  /** Undefined for an event without an item of its own or without a place. */
  fromEvent(event: EventRecord): TimelineItem | undefined {
    if (event.shown === 0 || event.position === undefined) return undefined;
    const { store, userId } = this.#context;
    const related = store.events.related(this.#roomId, event.eventId);
    const waiting = this.#waitingAboutEvents();
    const pending = waiting.filter((entry) => entry.target === event.eventId);
    const edit = latestEdit(event, related);
    const pendingEdit = pending.findLast((entry) => entry.type === event.type && objectField(entry.content, "m.new_content") !== undefined);
    const content = this.#poll(event, related, pending, edit !== undefined) ?? this.#content(event, edit, pendingEdit, pending);
    return this.#checked({
      ...this.#envelope(event),
      id: event.itemId,
      position: event.position,
      shield: content.kind === "redacted" ? null : parseShield((edit ?? event).shield),
      keySharedBy: content.kind === "redacted" ? null : keySharer(this.#context, this.#names, (edit ?? event).forwarder),
      content,
      reactions:
        content.kind === "redacted"
          ? []
          : collectReactions(
              related.filter((other) => !this.#isBeingRedacted(other)),
              pending,
              userId,
              this.#names,
            ),
      send: pendingEdit === undefined ? null : sendState(pendingEdit, false),
      readBy: this.#readBy(event.position),
    });
  }

  /** What a message said in one of its versions, which may be the event itself, with that version's time and mark. */
  fromVersion(event: EventRecord, index: number): TimelineItem | undefined {
    const said = objectField(event.content, "m.new_content") ?? event.content;
    return this.#checked({
      ...this.#envelope(event),
      id: event.eventId,
      position: index,
      shield: parseShield(event.shield),
      keySharedBy: keySharer(this.#context, this.#names, event.forwarder),
      content: event.utdCode === undefined ? this.#message(event.type, said, false, false, event) : this.#unreadable(event, event.utdCode),
      reactions: [],
      send: null,
      readBy: [],
    });
  }

  fromQueue(entry: QueuedEvent, isSending: boolean): TimelineItem | undefined {
    if (entry.target !== undefined) return undefined;
    const { userId } = this.#context;
    return {
      id: entry.itemId,
      eventId: entry.eventId ?? null,
      position: ECHO_POSITIONS + entry.id,
      sender: userId,
      senderName: this.#names.name(userId),
      senderAvatar: this.#names.avatar(userId),
      mine: true,
      at: entry.createdAt,
      encrypted: this.#encrypted,
      shield: null,
      keySharedBy: null,
      content: this.#queued(entry),
      reactions: [],
      send: sendState(entry, isSending),
      readBy: [],
    };
  }

  /** What a page could not parse would cost it the whole answer: such an item is left out, and is a bug of ours. */
  #checked(item: TimelineItem): TimelineItem | undefined {
    if (timelineItemSchema.safeParse(item).success) return item;
    this.#context.log.error("bug", { kind: "item", code: item.content.kind });
    return undefined;
  }

  /** Undefined for what is no poll, or has nothing left of one. */
  #poll(event: EventRecord, related: readonly EventRecord[], pending: readonly QueuedEvent[], edited: boolean): Content | undefined {
    const isGone = event.redactedBy !== undefined || event.utdCode !== undefined || pending.some(isWaitingRedaction);
    if (isGone || event.stateKey !== undefined || !isPollStart(event.type)) return undefined;
    this.#levels ??= PowerLevels.load(this.#context.store.roomState, this.#roomId);
    const votes = related.filter((other) => !this.#isBeingRedacted(other));
    const poll = viewPoll(this.#context, event, votes, pending, this.#levels);
    return poll === undefined ? undefined : { kind: "poll", poll, edited, replyTo: this.#quote(repliedTo(event.content), event.eventId) };
  }

  #content(
    event: EventRecord,
    edit: EventRecord | undefined,
    pendingEdit: QueuedEvent | undefined,
    pending: readonly QueuedEvent[],
  ): Content {
    const { userId } = this.#context;
    if (event.redactedBy !== undefined) return this.#redacted(event.redactedBy, event.redactionReason);
    if (pending.some(isWaitingRedaction)) return this.#redacted(userId, undefined);
    if (event.utdCode !== undefined) return this.#unreadable(event, event.utdCode);
    if (event.stateKey !== undefined) return this.#state(event, event.stateKey);
    const to = requestedOf(userId, event.sender, event.type, event.content);
    if (to !== undefined)
      return { kind: "verification", to, toName: this.#names.name(to), state: lineState(this.#context, this.#roomId, event, to) };
    const replacement = pendingEdit?.content ?? edit?.content;
    const edited = replacement === undefined ? undefined : objectField(replacement, "m.new_content");
    return this.#message(event.type, edited ?? event.content, edited !== undefined, event.notify === 2, event);
  }

  /** Who sent an event, and when. */
  #envelope(event: EventRecord): Pick<TimelineItem, "eventId" | "sender" | "senderName" | "senderAvatar" | "mine" | "at" | "encrypted"> {
    return {
      eventId: event.eventId,
      sender: event.sender,
      senderName: this.#names.name(event.sender),
      senderAvatar: this.#names.avatar(event.sender),
      mine: event.sender === this.#context.userId,
      at: event.ts,
      encrypted: event.source !== undefined,
    };
  }

  #unreadable(event: EventRecord, code: string): Content {
    const { withheldCode, senderMembership: membership, ts: sentAt } = event;
    return {
      kind: "undecryptable",
      utd: encodeUtd({ code, withheldCode, membership, sentAt, deviceCreatedAt: this.#context.deviceCreatedAt }),
    };
  }

  /** A file that waits to be sent has no place yet, and can be shown all the same. */
  #queued(entry: QueuedEvent): Content {
    const poll = viewQueuedPoll(entry.type, entry.content);
    if (poll !== undefined) return { kind: "poll", poll, edited: false, replyTo: null };
    const content = this.#message(entry.type, entry.content, false, false);
    if (content.kind !== "media") return content;
    const parts = this.#context.store.outgoingAttachments.of(entry.itemId).map(({ part }) => part);
    // One that is passed on lies on the server already.
    return {
      ...content,
      available: content.available || parts.includes("file"),
      hasThumbnail: content.hasThumbnail || parts.includes("thumbnail"),
    };
  }

  /** `original` carries the reply of an edited message: an edit cannot change what was answered. */
  #message(type: string, content: JsonObject, edited: boolean, mentionsMe: boolean, original?: EventRecord): Content {
    const text = eventText(type, content);
    if (text === undefined) return { kind: "unsupported", type: type.slice(0, 255) };
    const replyTo = this.#quote(repliedTo(original?.content ?? content), original?.eventId);
    if (text.kind === "message") return { ...text, edited, mentionsMe, replyTo };
    const has = (part: "file" | "thumbnail"): boolean => hasMediaFile(content, part, original?.source !== undefined);
    return { ...text, edited, replyTo, available: has("file"), hasThumbnail: has("thumbnail") };
  }

  #redacted(by: UserId, reason: string | undefined): Content {
    return { kind: "redacted", by, byName: this.#names.name(by), reason: reason?.slice(0, 1024) ?? null };
  }

  #state(event: EventRecord, stateKey: string): Content {
    switch (event.type) {
      case "m.room.member": {
        const change = decideMembershipChange(event.content, event.prevContent, stateKey === event.sender);
        const target = parseShownUserId(stateKey) ?? event.sender;
        if (change === undefined) return { kind: "unsupported", type: event.type };
        const name =
          cleanName(stringField(event.content, "displayname")) ??
          cleanName(event.prevContent && stringField(event.prevContent, "displayname"));
        return {
          kind: "membership",
          change,
          target,
          targetName: name ?? target,
          reason: stringField(event.content, "reason")?.slice(0, 1024) ?? null,
        };
      }
      case "m.room.create":
        return { kind: "created" };
      case "m.room.encryption":
        return { kind: "encryption-enabled" };
      case "m.room.name":
        return { kind: "name-changed", name: cleanName(stringField(event.content, "name")) ?? "" };
      case "m.room.topic":
        return { kind: "topic-changed", topic: (stringField(event.content, "topic") ?? "").slice(0, 4096) };
      case "m.room.avatar":
        return { kind: "avatar-changed" };
      case "m.room.pinned_events":
        return decidePinsChange(event.content, event.prevContent);
      default:
        return { kind: "unsupported", type: event.type.slice(0, 255) };
    }
  }

  #quote(eventId: EventId | undefined, askedBy: EventId | undefined): Quote {
    if (eventId === undefined || parseShownEventId(eventId) === undefined) return null;
    const event = this.#context.store.events.load(this.#roomId, eventId);
    if (event === undefined) {
      this.#missing?.want(this.#roomId, eventId, askedBy);
      return { eventId, sender: null, senderName: null, preview: null };
    }
    const { preview } = previewEvent(this.#context, event);
    return { eventId, sender: event.sender, senderName: this.#names.name(event.sender), preview: oneLine(preview) };
  }

  #readBy(position: number): TimelineItem["readBy"] {
    const { store } = this.#context;
    const until = store.events.nextShown(this.#roomId, position) ?? Number.MAX_SAFE_INTEGER;
    return store.receipts
      .between(this.#roomId, position, until, MAX_READERS)
      .map(({ userId }) => ({ userId, displayName: this.#names.name(userId) }));
  }

  #waiting: readonly QueuedEvent[] | undefined;
  /** What of ours waits to be sent about events of this room: looked up once a batch, as it is nearly always nothing. */
  #waitingAboutEvents(): readonly QueuedEvent[] {
    this.#waiting ??= this.#context.store.sendQueue.inRoom(this.#roomId).filter((entry) => entry.target !== undefined);
    return this.#waiting;
  }

  #isBeingRedacted(event: EventRecord): boolean {
    return this.#waitingAboutEvents().some((entry) => isWaitingRedaction(entry) && entry.target === event.eventId);
  }
}

const isWaitingRedaction = (entry: QueuedEvent): boolean => entry.type === "m.room.redaction" && entry.state !== "failed";

function sendState(entry: QueuedEvent, isSending: boolean): TimelineItem["send"] {
  return { state: entry.state === "queued" && isSending ? "sending" : entry.state, error: entry.error ?? null };
}
