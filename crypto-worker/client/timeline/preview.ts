import type { RoomId } from "../../../protocol/ids.ts";
import type { RoomSummary } from "../../../protocol/messages/room-summary.ts";
import type { EventRecord } from "../../store/tables/events.ts";
import { stringField } from "../../wire/json.ts";
import type { ClientContext } from "../context.ts";
import { NameDirectory } from "../rooms/names.ts";
import { eventText } from "./event-text.ts";
import { formattedText } from "./formatted-text.ts";
import { oneLine, type MessageText } from "./message-text.ts";
import { decideMembershipChange } from "./membership-change.ts";
import { effectiveContent } from "./search-text.ts";

type LastMessage = NonNullable<RoomSummary["lastMessage"]>;

/** The newest thing worth a line in the room list: a message of the timeline or one of ours that still waits. */
export function lastMessage(context: ClientContext, roomId: RoomId): LastMessage | null {
  const { store, userId } = context;
  const names = new NameDirectory(store.members, roomId);
  const waiting = store.sendQueue.inRoom(roomId).findLast((entry) => entry.target === undefined && entry.state !== "sent");
  if (waiting !== undefined) {
    const text = eventText(waiting.type, waiting.content);
    return {
      eventId: null,
      sender: userId,
      senderName: names.name(userId),
      mine: true,
      preview: text === undefined ? "" : lineOf(text),
      kind: text?.kind === "media" ? "media" : "message",
      at: waiting.createdAt,
    };
  }
  const event = store.events.latestMessage(roomId);
  if (event === undefined) return null;
  const { kind, preview } = previewEvent(context, event);
  return {
    eventId: event.eventId,
    sender: event.sender,
    senderName: names.name(event.sender),
    mine: event.sender === userId,
    preview,
    kind,
    at: event.ts,
  };
}

/** One line of plain text about an event. */
export function previewEvent(context: ClientContext, event: EventRecord): Pick<LastMessage, "kind" | "preview"> {
  if (event.redactedBy !== undefined) return { kind: "redacted", preview: "" };
  if (event.utdCode !== undefined) return { kind: "undecryptable", preview: "" };
  if (event.stateKey !== undefined) return { kind: "state", preview: oneLine(describeState(event)) };
  const text = eventText(event.type, effectiveContent(event, context.store.events.related(event.roomId, event.eventId)));
  if (text === undefined) return { kind: "message", preview: "" };
  return { kind: text.kind, preview: lineOf(text) };
}

/** Without the stars and brackets of Markdown, which stand in the body of a formatted message. */
const lineOf = ({ body, html }: MessageText): string => oneLine((html === null ? "" : formattedText(html)) || body);

/** What somebody did, without who. */
function describeState(event: EventRecord): string {
  switch (event.type) {
    case "m.room.member":
      return describeMembership(event);
    case "m.room.create":
      return "created the room";
    case "m.room.encryption":
      return "turned on encryption";
    case "m.room.name":
      return "changed the room's name";
    case "m.room.topic":
      return "changed the topic";
    case "m.room.pinned_events":
      return "changed the pinned messages";
    default:
      return "changed the room";
  }
}

function describeMembership(event: EventRecord): string {
  const target = stringField(event.content, "displayname") ?? event.stateKey ?? "";
  const change = decideMembershipChange(event.content, event.prevContent, event.stateKey === event.sender);
  switch (change) {
    case "joined":
      return "joined";
    case "left":
    case "declined":
      return "left";
    case "invited":
      return `invited ${target}`;
    case "kicked":
      return `removed ${target}`;
    case "banned":
      return `banned ${target}`;
    case "renamed":
      return "took a new name";
    default:
      return "changed membership";
  }
}
