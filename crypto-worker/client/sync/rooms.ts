import type { EventId, RoomId } from "../../../protocol/ids.ts";
import type { RoomRecord } from "../../store/tables/rooms.ts";
import {
  arrayField,
  booleanField,
  integerField,
  isJsonObject,
  objectField,
  stringField,
  type JsonObject,
  type JsonValue,
} from "../../wire/json.ts";
import { parseRoomEvent, parseStrippedStateEvent } from "../../wire/room-event.ts";
import type { Changes } from "../changes.ts";
import type { ClientContext } from "../context.ts";
import { applyState, applyStrippedState } from "../rooms/state.ts";
import { parseShownUserId } from "../shown-ids.ts";
import { Ingest } from "../timeline/ingest.ts";
import { isInTime } from "../verification/verification-gaps.ts";
import { isVerificationEvent, takeVerificationEvent, type RoomEventFacts } from "../verification/verification-intake.ts";
import { applyRoomAccountData } from "./account-data.ts";
import { applyEphemeral, type TypingRegister } from "./ephemeral.ts";
import { markOwnAsRead } from "./receipts.ts";

/** Room left between two chunks of a timeline for what lies between them. */
const GAP_SIZE = 2 ** 32;

export function applyJoinedRoom(
  context: ClientContext,
  changes: Changes,
  typing: TypingRegister,
  roomId: RoomId,
  body: JsonObject,
  isFirst: boolean,
): void {
  const { rooms, roomState, members } = context.store;
  const before = rooms.load(roomId);
  const room = rooms.enter(roomId, "join", true);
  if (before?.membership !== "join") {
    // The server sends the whole state of a room that is new to us, and what we knew from an invite or from an earlier stay is stale.
    roomState.dropStripped(roomId);
    members.drop(roomId);
    rooms.setMembersComplete(roomId, false);
  }
  changes.rooms.add(roomId);
  for (const raw of events(body, "state")) applyRawState(context, changes, roomId, raw);
  applyTimeline(context, changes, room, objectField(body, "timeline") ?? {}, before?.membership === "join", isFirst);
  applySummary(context, room, objectField(body, "summary"));
  applyRoomAccountData(context, changes, roomId, objectField(body, "account_data"));
  applyEphemeral(context, changes, typing, roomId, objectField(body, "ephemeral"));
  const unread = objectField(body, "unread_notifications");
  if (unread !== undefined) {
    rooms.setServerUnread(roomId, count(unread, "notification_count"), count(unread, "highlight_count"));
  }
}

export function applyInvitedRoom(
  context: ClientContext,
  changes: Changes,
  roomId: RoomId,
  body: JsonObject,
  membership: "invite" | "knock",
): void {
  const { rooms, roomState } = context.store;
  rooms.enter(roomId, membership, true);
  roomState.dropStripped(roomId);
  changes.rooms.add(roomId);
  for (const raw of events(body, `${membership}_state`)) {
    const state = parseStrippedStateEvent(raw);
    if (state.ok) applyStrippedState(context, changes, roomId, state.value);
  }
}

export function applyLeftRoom(context: ClientContext, changes: Changes, roomId: RoomId, body: JsonObject): void {
  const { rooms, roomState } = context.store;
  const before = rooms.load(roomId);
  // A room that we never knew and have left already is of no interest.
  if (before === undefined) return;
  for (const raw of events(body, "state")) applyRawState(context, changes, roomId, raw);
  applyTimeline(context, changes, before, objectField(body, "timeline") ?? {}, true, true);
  const own = roomState.load(roomId, "m.room.member", context.userId);
  const membership = own !== undefined && stringField(own.content, "membership") === "ban" ? "ban" : "leave";
  // Being removed by somebody else is worth seeing; what we left or declined ourselves disappears.
  const removed = before.membership === "join" && own !== undefined && own.sender !== context.userId;
  rooms.enter(roomId, membership, removed);
  changes.rooms.add(roomId);
}

/** `wasJoined`: what is new follows on what we have, unless it is limited. A room that we come back to has gone on without us. */
function applyTimeline(
  context: ClientContext,
  changes: Changes,
  room: RoomRecord,
  timeline: JsonObject,
  wasJoined: boolean,
  isSilent: boolean,
): void {
  const { store, userId } = context;
  const { roomId } = room;
  const raws = arrayField(timeline, "events") ?? [];
  const oldest = store.events.oldestPosition(roomId);
  const prevBatch = stringField(timeline, "prev_batch");
  const limited = booleanField(timeline, "limited") === true || !wasJoined;
  const live = wasJoined && !isSilent;
  const startsNewChunk = oldest === undefined || (limited && !connects(context, roomId, raws));
  let position = startsNewChunk && oldest !== undefined ? room.nextPosition + GAP_SIZE : room.nextPosition;
  const first = position;
  if (startsNewChunk && raws.length > 0) {
    const isWhole = isJsonObject(raws[0]) && stringField(raws[0], "type") === "m.room.create";
    if (prevBatch !== undefined && !isWhole) store.gaps.open(roomId, { position: first, token: prevBatch });
    if (oldest !== undefined) changes.timeline(roomId).resetBefore = first;
  }
  const gap =
    startsNewChunk && oldest !== undefined && beginsInTime(raws, context.env.now()) ? { roomId, position: first, after: [] } : undefined;
  if (gap !== undefined) changes.verificationGaps.push(gap);
  const ingest = new Ingest(context, changes, roomId, (event) => takeVerification(context, roomId, event, gap?.after));
  // Changes of membership within the gap may not have been sent: the list is fetched again before anything is encrypted for it.
  if (limited && oldest !== undefined) store.rooms.setMembersComplete(roomId, false);
  let ownNewest: { readonly position: number; readonly eventId: EventId } | undefined;
  for (const raw of raws) {
    const outcome = ingest.add(raw, position, live);
    if (outcome === "refused") continue;
    const event = parseRoomEvent(raw);
    if (event.ok && event.value.stateKey !== undefined) applyState(context, changes, roomId, event.value);
    if (outcome === "new") {
      if (event.ok && event.value.sender === userId && event.value.stateKey === undefined)
        ownNewest = { position, eventId: event.value.eventId };
      position += 1;
    }
  }
  store.rooms.setNextPosition(roomId, position);
  if (ownNewest !== undefined) markOwnAsRead(context, changes, roomId, ownNewest.eventId, ownNewest.position);
}

/** What came after a gap, in `after`, waits for what was said in the gap. */
function takeVerification(context: ClientContext, roomId: RoomId, event: RoomEventFacts, after: RoomEventFacts[] | undefined): void {
  if (after === undefined) takeVerificationEvent(context, roomId, event);
  else if (isVerificationEvent(event.type, event.content)) after.push(event);
}

/** Whether what lies before these may be young enough to matter to a verification. */
function beginsInTime(raws: readonly JsonValue[], now: number): boolean {
  const first = parseRoomEvent(raws[0]);
  return first.ok && isInTime(first.value.originServerTs, now);
}

/** Whether a limited timeline reaches back to what we have after all. */
function connects(context: ClientContext, roomId: RoomId, raws: readonly JsonValue[]): boolean {
  return raws.some((raw) => {
    const event = parseRoomEvent(raw);
    return event.ok && context.store.events.load(roomId, event.value.eventId)?.position !== undefined;
  });
}

function applyRawState(context: ClientContext, changes: Changes, roomId: RoomId, raw: unknown): void {
  const event = parseRoomEvent(raw);
  if (event.ok) applyState(context, changes, roomId, event.value);
  else context.log.warn("sync.event-skipped", { code: event.error });
}

function applySummary(context: ClientContext, room: RoomRecord, summary: JsonObject | undefined): void {
  if (summary === undefined) return;
  const heroes = arrayField(summary, "m.heroes")
    ?.slice(0, 5)
    .flatMap((hero) => parseShownUserId(hero) ?? []);
  const joined = integerField(summary, "m.joined_member_count");
  const invited = integerField(summary, "m.invited_member_count");
  context.store.rooms.setCounts(
    room.roomId,
    heroes ?? room.heroes,
    natural(joined) ?? room.joinedCount,
    natural(invited) ?? room.invitedCount,
  );
}

const events = (body: JsonObject, section: string): readonly JsonValue[] => arrayField(objectField(body, section) ?? {}, "events") ?? [];
const count = (object: JsonObject, key: string): number => natural(integerField(object, key)) ?? 0;
const natural = (value: number | undefined): number | undefined => (value !== undefined && value >= 0 ? value : undefined);
