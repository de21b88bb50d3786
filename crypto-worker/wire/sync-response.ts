import { parseRoomId, parseUserId, type RoomId, type UserId } from "../../protocol/ids.ts";
import { err, ok, type Result } from "../../protocol/result.ts";
import {
  arrayField,
  booleanField,
  integerField,
  isJsonObject,
  isWithinDepth,
  objectField,
  stringArrayField,
  stringField,
  type JsonLimits,
  type JsonObject,
  type JsonValue,
} from "./json.ts";
import { parseKeyCounts } from "./keys-responses.ts";
import { parseRoomEvent, parseStrippedStateEvent, type RoomEvent, type StrippedStateEvent } from "./room-event.ts";

/** An initial sync of a large account is some tens of megabytes. */
export const SYNC_JSON_LIMITS: JsonLimits = { maxBytes: 256 * 1024 * 1024, maxDepth: 128 };

/** Account data, or an ephemeral event. */
export type BasicEvent = { readonly type: string; readonly content: JsonObject };

export type Timeline = { readonly events: readonly RoomEvent[]; readonly limited: boolean; readonly prevBatch: string | undefined };

export type RoomSummary = {
  readonly heroes: readonly UserId[] | undefined;
  readonly joinedMemberCount: number | undefined;
  readonly invitedMemberCount: number | undefined;
};

export type LeftRoom = { readonly state: readonly RoomEvent[]; readonly timeline: Timeline; readonly accountData: readonly BasicEvent[] };

export type JoinedRoom = LeftRoom & {
  readonly summary: RoomSummary;
  readonly ephemeral: readonly BasicEvent[];
  /** Absent counts mean that they have not changed. */
  readonly notificationCount: number | undefined;
  readonly highlightCount: number | undefined;
};

export type SyncResponse = {
  readonly nextBatch: string;
  /** Raw: the machine parses each one itself and reports what is invalid. */
  readonly toDeviceEvents: readonly JsonValue[];
  readonly deviceLists: { readonly changed: readonly UserId[]; readonly left: readonly UserId[] };
  /** Algorithm → count. An algorithm that is missing has none (Extensions to /sync). */
  readonly oneTimeKeyCounts: ReadonlyMap<string, number>;
  /** Undefined when the server does not support fallback keys. */
  readonly unusedFallbackKeyTypes: readonly string[] | undefined;
  readonly accountData: readonly BasicEvent[];
  readonly joined: ReadonlyMap<RoomId, JoinedRoom>;
  readonly invited: ReadonlyMap<RoomId, readonly StrippedStateEvent[]>;
  readonly knocked: ReadonlyMap<RoomId, readonly StrippedStateEvent[]>;
  readonly left: ReadonlyMap<RoomId, LeftRoom>;
  /** How many items were malformed and left out. */
  readonly dropped: number;
};

export type SyncResponseFailure = "not-an-object" | "missing-next-batch";

type Counter = { dropped: number };

const MAX_TOKEN = 4096;

/** Only a body without `next_batch` fails as a whole; every other malformed item is left out and counted. */
export function parseSyncResponse(body: unknown): Result<SyncResponse, SyncResponseFailure> {
  if (!isJsonObject(body)) return err("not-an-object");
  const nextBatch = stringField(body, "next_batch");
  if (nextBatch === undefined || nextBatch.length === 0 || nextBatch.length > MAX_TOKEN) return err("missing-next-batch");
  const counter: Counter = { dropped: 0 };
  const rooms = objectField(body, "rooms") ?? {};
  const deviceLists = objectField(body, "device_lists") ?? {};
  return ok({
    nextBatch,
    toDeviceEvents: eventsOf(body, "to_device"),
    deviceLists: { changed: parseUserIds(deviceLists, "changed", counter), left: parseUserIds(deviceLists, "left", counter) },
    oneTimeKeyCounts: parseKeyCounts(objectField(body, "device_one_time_keys_count")),
    unusedFallbackKeyTypes:
      stringArrayField(body, "device_unused_fallback_key_types") ??
      stringArrayField(body, "org.matrix.msc2732.device_unused_fallback_key_types"),
    accountData: parseEach(eventsOf(body, "account_data"), parseBasicEvent, counter),
    joined: parseRooms(objectField(rooms, "join"), parseJoinedRoom, counter),
    invited: parseRooms(objectField(rooms, "invite"), strippedState("invite_state"), counter),
    knocked: parseRooms(objectField(rooms, "knock"), strippedState("knock_state"), counter),
    left: parseRooms(objectField(rooms, "leave"), parseLeftRoom, counter),
    dropped: counter.dropped,
  });
}

function parseRooms<T>(
  rooms: JsonObject | undefined,
  parseRoom: (room: JsonObject, counter: Counter) => T,
  counter: Counter,
): Map<RoomId, T> {
  const result = new Map<RoomId, T>();
  for (const [id, room] of Object.entries(rooms ?? {})) {
    const roomId = parseRoomId(id);
    if (roomId.ok && isJsonObject(room)) result.set(roomId.value, parseRoom(room, counter));
    else counter.dropped++;
  }
  return result;
}

function parseJoinedRoom(room: JsonObject, counter: Counter): JoinedRoom {
  const unread = objectField(room, "unread_notifications") ?? {};
  return {
    ...parseLeftRoom(room, counter),
    summary: parseSummary(objectField(room, "summary") ?? {}, counter),
    ephemeral: parseEach(eventsOf(room, "ephemeral"), parseBasicEvent, counter),
    notificationCount: parseCount(unread, "notification_count"),
    highlightCount: parseCount(unread, "highlight_count"),
  };
}

function parseLeftRoom(room: JsonObject, counter: Counter): LeftRoom {
  return {
    state: parseEach(eventsOf(room, "state"), parseStateEvent, counter),
    timeline: parseTimeline(objectField(room, "timeline") ?? {}, counter),
    accountData: parseEach(eventsOf(room, "account_data"), parseBasicEvent, counter),
  };
}

function parseTimeline(timeline: JsonObject, counter: Counter): Timeline {
  const prevBatch = stringField(timeline, "prev_batch");
  return {
    events: parseEach(arrayField(timeline, "events") ?? [], parseEvent, counter),
    limited: booleanField(timeline, "limited") === true,
    prevBatch: prevBatch !== undefined && prevBatch.length <= MAX_TOKEN ? prevBatch : undefined,
  };
}

function parseSummary(summary: JsonObject, counter: Counter): RoomSummary {
  return {
    heroes: arrayField(summary, "m.heroes") === undefined ? undefined : parseUserIds(summary, "m.heroes", counter),
    joinedMemberCount: parseCount(summary, "m.joined_member_count"),
    invitedMemberCount: parseCount(summary, "m.invited_member_count"),
  };
}

function strippedState(key: string): (room: JsonObject, counter: Counter) => StrippedStateEvent[] {
  return (room, counter) =>
    parseEach(
      eventsOf(room, key),
      (value) => {
        const event = parseStrippedStateEvent(value);
        return event.ok ? event.value : undefined;
      },
      counter,
    );
}

function parseEvent(value: JsonValue): RoomEvent | undefined {
  const event = parseRoomEvent(value);
  return event.ok ? event.value : undefined;
}

function parseStateEvent(value: JsonValue): RoomEvent | undefined {
  const event = parseEvent(value);
  return event?.stateKey === undefined ? undefined : event;
}

function parseBasicEvent(value: JsonValue): BasicEvent | undefined {
  if (!isJsonObject(value) || !isWithinDepth(value, 100)) return undefined;
  const type = stringField(value, "type");
  const content = objectField(value, "content");
  return type === undefined || type.length === 0 || type.length > 255 || content === undefined ? undefined : { type, content };
}

function parseUserIds(object: JsonObject, key: string, counter: Counter): UserId[] {
  return parseEach(
    arrayField(object, key) ?? [],
    (value) => {
      const userId = parseUserId(value);
      return userId.ok ? userId.value : undefined;
    },
    counter,
  );
}

function parseCount(object: JsonObject, key: string): number | undefined {
  const count = integerField(object, key);
  return count !== undefined && count >= 0 ? count : undefined;
}

function eventsOf(object: JsonObject, key: string): readonly JsonValue[] {
  return arrayField(objectField(object, key) ?? {}, "events") ?? [];
}

function parseEach<T>(values: readonly JsonValue[], parse: (value: JsonValue) => T | undefined, counter: Counter): T[] {
  const result: T[] = [];
  for (const value of values) {
    const parsed = parse(value);
    if (parsed === undefined) counter.dropped++;
    else result.push(parsed);
  }
  return result;
}
