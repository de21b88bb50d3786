import { encodeEvent, encodeStripped } from "./client-event.ts";
import { matchesFilter, type SyncFilter } from "./filters.ts";
import type { JsonObject } from "./json.ts";
import { membershipIn, type Room, type RoomEvent } from "./room.ts";
import type { ServerState } from "./server-state.ts";
import type { Session } from "./sessions.ts";
import { encodeTimelineToken } from "./stream.ts";
import { isVisibleTo } from "./visibility.ts";

/** One sync as its parts see it; `since` is undefined in a first sync. */
export type SyncScope = {
  state: ServerState;
  viewer: Session;
  filter: SyncFilter;
  since: number | undefined;
  until: number;
  fullState: boolean;
};

const defaultTimelineLimit = 10;
const strippedTypes: readonly string[] = [
  "m.room.create",
  "m.room.join_rules",
  "m.room.name",
  "m.room.avatar",
  "m.room.topic",
  "m.room.canonical_alias",
  "m.room.encryption",
];

/** The `join` entry of a room, or undefined if there is nothing new. */
export function syncJoinedRoom(scope: SyncScope, room: Room): JsonObject | undefined {
  const { state, viewer, filter, since, until, fullState } = scope;
  const isNew = since === undefined || (room.joinedSince(viewer.userId) ?? 0) > since;
  const from = isNew ? 0 : since;
  const timeline = takeTimeline(scope, room, from, until);
  const stateEvents = takeState(scope, room, timeline, isNew || fullState ? undefined : from);
  const ephemeral = [state.typing.changedSince(room.roomId, from), state.receipts.changedSince(room.roomId, from, viewer.userId)]
    .filter((event) => event !== undefined)
    .filter((event) => matchesFilter(filter.ephemeral, { type: String(event["type"]), content: {} }));
  const accountData = state.accountData
    .changedSince(viewer.userId, room.roomId, from)
    .filter((entry) => matchesFilter(filter.roomAccountData, entry));
  const hasNews =
    timeline.events.length > 0 || timeline.limited || stateEvents.length > 0 || ephemeral.length > 0 || accountData.length > 0;
  if (!hasNews && !isNew && !fullState) return undefined;
  const membersChanged = isNew || fullState || room.timeline.slice(room.indexAfter(from)).some((event) => event.type === "m.room.member");
  const unread = state.unread.counts(room.roomId, viewer.userId, filter.timeline.unreadThreadNotifications);
  return {
    timeline: encodeTimeline(room, timeline, viewer),
    state: { events: stateEvents.map((event) => encodeEvent(room, event, viewer, false)) },
    account_data: { events: accountData },
    ephemeral: { events: ephemeral },
    unread_notifications: unread.room,
    ...(filter.timeline.unreadThreadNotifications ? { unread_thread_notifications: unread.threads } : {}),
    // As Synapse does: who loads all members can summarise them alone.
    ...(filter.state.lazyLoadMembers ? { summary: membersChanged ? summary(room, viewer.userId) : {} } : {}),
  };
}

/** The `leave` entry: what the user may still see up to their going. */
export function syncLeftRoom(scope: SyncScope, room: Room): JsonObject | undefined {
  const { viewer, since } = scope;
  const leaving = room.state("m.room.member", viewer.userId);
  if (leaving === undefined) return undefined;
  const wasJoined = since !== undefined && room.membership(viewer.userId, since) === "join";
  const timeline = takeTimeline(scope, room, wasJoined ? since : (since ?? 0), leaving.position);
  if (timeline.events.length === 0 && since !== undefined && leaving.position <= since) return undefined;
  const everJoined = room.stateHistory("m.room.member", viewer.userId).some((event) => membershipIn(event) === "join");
  const stateEvents = everJoined ? takeState(scope, room, timeline, wasJoined ? since : undefined) : [];
  return {
    timeline: encodeTimeline(room, timeline, viewer),
    state: { events: stateEvents.map((event) => encodeEvent(room, event, viewer, false)) },
    account_data: { events: [] },
  };
}

/** The `invite` or `knock` state: enough to show what one is invited to. */
export function strippedState(room: Room, userId: string): JsonObject[] {
  const own = room.state("m.room.member", userId);
  const events = strippedTypes.map((type) => room.state(type));
  if (own !== undefined && own.sender !== userId) events.push(room.state("m.room.member", own.sender));
  return [...events, own].filter((event) => event !== undefined).map(encodeStripped);
}

type Timeline = { events: RoomEvent[]; limited: boolean; startsAfter: number };

/** The newest visible events after a position, as many as the filter allows. */
function takeTimeline({ viewer, filter }: SyncScope, room: Room, from: number, until: number): Timeline {
  const limit = Math.max(0, filter.timeline.limit ?? defaultTimelineLimit);
  const events: RoomEvent[] = [];
  const first = room.indexAfter(from);
  let limited = false;
  for (let index = room.indexAfter(until) - 1; index >= first; index--) {
    const event = room.timeline[index];
    if (event === undefined || !matchesFilter(filter.timeline, event) || !isVisibleTo(room, event, viewer.userId)) continue;
    if (events.length >= limit) {
      limited = true;
      break;
    }
    events.unshift(event);
  }
  const oldest = events[0];
  return { events, limited, startsAfter: oldest === undefined ? Math.max(from, Math.min(until, room.lastPosition)) : oldest.position - 1 };
}

/** State at the start of the timeline: all of it, or what changed since a position outside the timeline. */
function takeState({ viewer, filter }: SyncScope, room: Room, timeline: Timeline, from: number | undefined): RoomEvent[] {
  if (from !== undefined && room.lastPosition <= from) return [];
  const inTimeline = new Set(timeline.events);
  const lazyMembers = filter.state.lazyLoadMembers ? membersToLoad(room, timeline, viewer.userId, from === undefined) : undefined;
  return room.allState(timeline.startsAfter).filter((event) => {
    if (inTimeline.has(event) || !matchesFilter(filter.state, event)) return false;
    const isChanged = from === undefined || event.position > from;
    if (lazyMembers === undefined || event.type !== "m.room.member") return isChanged;
    // Members that changed in a gap are sent even when nobody's message needs them: clients must learn who left.
    return lazyMembers.has(event.stateKey ?? "") || (from !== undefined && isChanged);
  });
}

/** Lazily loaded members: who speaks in the timeline, and in full state oneself and the heroes. */
function membersToLoad(room: Room, timeline: Timeline, viewer: string, isFull: boolean): Set<string> {
  const members = new Set(timeline.events.map((event) => event.sender));
  if (isFull) for (const userId of [viewer, ...heroes(room, viewer)]) members.add(userId);
  return members;
}

function encodeTimeline(room: Room, timeline: Timeline, viewer: Session): JsonObject {
  return {
    events: timeline.events.map((event) => encodeEvent(room, event, viewer, false)),
    limited: timeline.limited,
    prev_batch: encodeTimelineToken(timeline.startsAfter),
  };
}

function summary(room: Room, viewer: string): JsonObject {
  const isNamed = [room.stateField("m.room.name", "name"), room.stateField("m.room.canonical_alias", "alias")].some(
    (name) => (name ?? "") !== "",
  );
  return {
    ...(isNamed ? {} : { "m.heroes": heroes(room, viewer) }),
    "m.joined_member_count": room.memberCount("join"),
    "m.invited_member_count": room.memberCount("invite"),
  };
}

/** The first five others, in the order of their arrival; if nobody is left, those who were there. */
function heroes(room: Room, viewer: string): string[] {
  const others = room.memberEvents().filter((event) => event.stateKey !== viewer);
  const present = others.filter((event) => ["join", "invite"].includes(membershipIn(event)));
  const chosen = (present.length > 0 ? present : others).toSorted((left, right) => left.position - right.position);
  return chosen.slice(0, 5).flatMap((event) => event.stateKey ?? []);
}
