import { encodeEvent, relationType } from "../client-event.ts";
import { parseEventFilterParameter, type EventFilter } from "../filters.ts";
import type { JsonObject } from "../json.ts";
import { invalidParam, notFound } from "../matrix-error.ts";
import { byFilter, paginate, type Direction } from "../pagination.ts";
import type { Room, RoomEvent } from "../room.ts";
import type { Call, Router } from "../router.ts";
import type { Session } from "../sessions.ts";
import { encodeTimelineToken, parseTimelineToken } from "../stream.ts";
import { isVisibleTo } from "../visibility.ts";

const largestPage = 1000;

/** Reading events: single ones, pages of them, and those related to one. */
export function addTimelineRoutes(router: Router): void {
  const { rooms } = router.state;

  router.get("/rooms/:roomId/event/:eventId", (call) => {
    const { room, event } = visibleEvent(call);
    return encodeEvent(room, event, call.session, true);
  });

  router.get("/rooms/:roomId/messages", (call) => {
    const { session } = call;
    const room = rooms.expectReadable(call.param("roomId"), session.userId);
    const direction = parseDirection(call.query("dir"));
    const filter = parseEventFilterParameter(call.query("filter"));
    const limit = call.query("limit") === undefined ? (filter.limit ?? 10) : call.integerQuery("limit", 10);
    const from = parseToken(call.query("from")) ?? (direction === "b" ? Infinity : 0);
    const start = Math.min(from, room.lastPosition);
    const page = paginate(
      room,
      session.userId,
      start,
      parseToken(call.query("to")),
      direction,
      Math.min(limit, largestPage),
      byFilter(filter),
    );
    return {
      chunk: page.events.map((event) => encodeEvent(room, event, session, true)),
      start: encodeTimelineToken(page.start),
      ...(page.end === undefined ? {} : { end: encodeTimelineToken(page.end) }),
      ...(filter.lazyLoadMembers ? { state: senderMembers(room, page.events, session) } : {}),
    };
  });

  router.get("/rooms/:roomId/context/:eventId", (call) => {
    const { session } = call;
    const { room, event } = visibleEvent(call);
    const filter = parseEventFilterParameter(call.query("filter"));
    const half = Math.floor(Math.min(call.integerQuery("limit", 10), largestPage) / 2);
    const before = paginate(room, session.userId, event.position - 1, undefined, "b", half, byFilter(filter));
    const after = paginate(room, session.userId, event.position, undefined, "f", half, byFilter(filter));
    const encode = (related: RoomEvent) => encodeEvent(room, related, session, true);
    const at = after.events.at(-1)?.position ?? event.position;
    return {
      event: encode(event),
      events_before: before.events.map(encode),
      events_after: after.events.map(encode),
      start: encodeTimelineToken(before.events.at(-1) === undefined ? event.position - 1 : (before.events.at(-1)?.position ?? 1) - 1),
      end: encodeTimelineToken(at),
      state: stateAround(room, at, filter, [...before.events, event, ...after.events]).map(encode),
    };
  });

  for (const path of ["", "/:relationType", "/:relationType/:eventType"])
    router.get(`/rooms/:roomId/relations/:eventId${path}`, (call) => {
      const { session } = call;
      const { room, event: parent } = visibleEvent(call);
      const direction = parseDirection(call.query("dir") ?? "b");
      const [wantedRelation, wantedType] = [call.param("relationType"), call.param("eventType")];
      const family = relatives(
        room,
        parent.eventId,
        call.query("recurse") === "true" || call.query("org.matrix.msc3981.recurse") === "true",
      );
      const accepts = (event: RoomEvent) =>
        family.has(event) &&
        (wantedRelation === "" || relationType(event) === wantedRelation) &&
        (wantedType === "" || event.type === wantedType);
      const from = parseToken(call.query("from")) ?? (direction === "b" ? room.lastPosition : parent.position);
      const page = paginate(
        room,
        session.userId,
        from,
        parseToken(call.query("to")),
        direction,
        Math.min(call.integerQuery("limit", 50), largestPage),
        accepts,
      );
      return {
        chunk: page.events.map((event) => encodeEvent(room, event, session, true)),
        ...(call.query("from") === undefined ? {} : { prev_batch: encodeTimelineToken(page.start) }),
        ...(page.end === undefined ? {} : { next_batch: encodeTimelineToken(page.end) }),
      };
    });

  router.get("/rooms/:roomId/threads", (call) => {
    const { session } = call;
    const room = rooms.expectReadable(call.param("roomId"), session.userId);
    const isRoot = (event: RoomEvent) => room.relatedTo(event.eventId).some((related) => relationType(related) === "m.thread");
    const page = paginate(
      room,
      session.userId,
      parseToken(call.query("from")) ?? room.lastPosition,
      undefined,
      "b",
      call.integerQuery("limit", 20),
      isRoot,
    );
    return {
      chunk: page.events.map((event) => encodeEvent(room, event, session, true)),
      ...(page.end === undefined ? {} : { next_batch: encodeTimelineToken(page.end) }),
    };
  });

  function visibleEvent(call: Call): { room: Room; event: RoomEvent } {
    const { userId } = call.session;
    const room = rooms.expectReadable(call.param("roomId"), userId);
    const event = rooms.expectEvent(room, call.param("eventId"));
    if (!isVisibleTo(room, event, userId)) throw notFound("Could not find event");
    return { room, event };
  }
}

function relatives(room: Room, eventId: string, recurse: boolean): Set<RoomEvent> {
  const found = new Set(room.relatedTo(eventId));
  if (recurse) for (const event of Array.from(found)) for (const inner of room.relatedTo(event.eventId)) found.add(inner);
  return found;
}

function senderMembers(room: Room, events: readonly RoomEvent[], viewer: Session): JsonObject[] {
  const at = Math.max(0, ...events.map((event) => event.position));
  const members = [...new Set(events.map((event) => event.sender))].map((sender) => room.state("m.room.member", sender, at));
  return members.filter((event) => event !== undefined).map((event) => encodeEvent(room, event, viewer, true));
}

function stateAround(room: Room, at: number, filter: EventFilter, shown: readonly RoomEvent[]): RoomEvent[] {
  const senders = new Set(shown.map((event) => event.sender));
  return room
    .allState(at)
    .filter((event) => !filter.lazyLoadMembers || event.type !== "m.room.member" || senders.has(event.stateKey ?? ""));
}

function parseDirection(direction: string | undefined): Direction {
  if (direction === "b" || direction === "f") return direction;
  throw invalidParam("dir must be b or f");
}

function parseToken(token: string | undefined): number | undefined {
  if (token === undefined || token === "") return undefined;
  const position = parseTimelineToken(token);
  if (position === undefined) throw invalidParam("Invalid token");
  return position;
}
