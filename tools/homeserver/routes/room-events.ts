import { encodeEvent } from "../client-event.ts";
import { objectOr, type JsonObject } from "../json.ts";
import { forbidden, invalidParam, notFound } from "../matrix-error.ts";
import type { Call, Router } from "../router.ts";
import { readableUntil } from "../visibility.ts";

const longestTypingMs = 60_000;

/** Writing into rooms: events, state, redactions, receipts and typing; and reading state. */
export function addRoomEventRoutes(router: Router): void {
  const { state } = router;
  const { rooms, receipts, typing, accountData, stream, transactions } = state;

  router.put("/rooms/:roomId/send/:eventType/:transactionId", (call) => {
    const { userId, deviceId } = call.session;
    const { body } = call;
    call.limit("send", userId);
    const room = rooms.expect(call.param("roomId"));
    const [type, transactionId] = [call.param("eventType"), call.param("transactionId")];
    return transactions.once([userId, deviceId, "send", room.roomId, type, transactionId], () => {
      // Annotating one event twice with the same key is a mistake that servers refuse.
      refuseSecondAnnotation(call, type, body);
      const event = rooms.append(room, { type, sender: userId, content: body }, { transaction: { deviceId, transactionId } });
      return { event_id: event.eventId };
    });
  });

  router.put("/rooms/:roomId/redact/:eventId/:transactionId", (call) => {
    const { userId, deviceId } = call.session;
    const { body } = call;
    call.limit("send", userId);
    const room = rooms.expect(call.param("roomId"));
    const [redacts, transactionId] = [call.param("eventId"), call.param("transactionId")];
    return transactions.once([userId, deviceId, "redact", room.roomId, redacts, transactionId], () => {
      if (room.find(redacts) === undefined) throw notFound("Could not find event");
      const draft = { type: "m.room.redaction", sender: userId, redacts, content: { ...body, redacts } };
      return { event_id: rooms.append(room, draft, { transaction: { deviceId, transactionId } }).eventId };
    });
  });

  for (const path of ["", "/", "/:stateKey"]) {
    router.put(`/rooms/:roomId/state/:eventType${path}`, (call) => putState(call));
    router.get(`/rooms/:roomId/state/:eventType${path}`, (call) => {
      const { userId } = call.session;
      const room = rooms.expectReadable(call.param("roomId"), userId);
      const event = room.state(call.param("eventType"), call.param("stateKey"), readableUntil(room, userId));
      if (event === undefined) throw notFound("Event not found.");
      return call.query("format") === "event" ? encodeEvent(room, event, call.session, true) : event.content;
    });
  }

  router.get("/rooms/:roomId/state", (call) => {
    const { session } = call;
    const room = rooms.expectReadable(call.param("roomId"), session.userId);
    return room.allState(readableUntil(room, session.userId)).map((event) => encodeEvent(room, event, session, true));
  });

  router.post("/rooms/:roomId/receipt/:receiptType/:eventId", (call) => {
    const threadId = call.body["thread_id"];
    mark(call, call.param("receiptType"), call.param("eventId"), typeof threadId === "string" ? threadId : undefined);
    return {};
  });

  router.post("/rooms/:roomId/read_markers", (call) => {
    for (const [type, eventId] of Object.entries(call.body)) if (typeof eventId === "string") mark(call, type, eventId, undefined);
    return {};
  });

  router.put("/rooms/:roomId/typing/:userId", (call) => {
    const userId = call.ownUser();
    const { body } = call;
    const room = joinedRoom(call, userId);
    const timeoutMs = typeof body["timeout"] === "number" ? Math.min(Math.max(0, body["timeout"]), longestTypingMs) : 30_000;
    typing.set(room.roomId, userId, body["typing"] === true ? timeoutMs : undefined, () => {
      const position = stream.advance();
      // The waiting polls must see the change in place, so they are woken after it.
      queueMicrotask(() => stream.wake(room.members("join")));
      return position;
    });
    return {};
  });

  router.post("/rooms/:roomId/report/:eventId", (call) => {
    void call.session;
    return {};
  });

  function putState(call: Call): JsonObject {
    const { userId, deviceId } = call.session;
    const { body } = call;
    call.limit("send", userId);
    const room = rooms.expect(call.param("roomId"));
    const [type, stateKey] = [call.param("eventType"), call.param("stateKey")];
    const current = room.state(type, stateKey);
    // The same state again makes no new event.
    if (current !== undefined && current.sender === userId && JSON.stringify(current.content) === JSON.stringify(body))
      return { event_id: current.eventId };
    const draft = { type, sender: userId, stateKey, content: body };
    return { event_id: rooms.append(room, draft, { transaction: { deviceId, transactionId: "" } }).eventId };
  }

  function mark(call: Call, type: string, eventId: string, threadId: string | undefined): void {
    const { userId } = call.session;
    const room = joinedRoom(call, userId);
    if (room.find(eventId) === undefined) throw notFound("Could not find event");
    switch (type) {
      case "m.fully_read":
        accountData.put(userId, room.roomId, type, { event_id: eventId }, stream.advance());
        stream.wake([userId]);
        return;
      case "m.read":
      case "m.read.private":
        if (receipts.put(room, userId, type, eventId, threadId, stream.advance()))
          stream.wake(type === "m.read" ? room.members("join") : [userId]);
        return;
      default:
        throw invalidParam("Unknown kind of receipt");
    }
  }

  function joinedRoom(call: Call, userId: string) {
    const room = rooms.expect(call.param("roomId"));
    if (room.membership(userId) !== "join") throw forbidden(`User ${userId} not in room ${room.roomId}`);
    return room;
  }

  function refuseSecondAnnotation(call: Call, type: string, content: JsonObject): void {
    const relatesTo = objectOr(content["m.relates_to"]);
    if (relatesTo["rel_type"] !== "m.annotation" || typeof relatesTo["event_id"] !== "string") return;
    const related = rooms.expect(call.param("roomId")).relatedTo(relatesTo["event_id"]);
    const isSecond = related.some(
      (event) =>
        event.sender === call.session.userId && event.type === type && objectOr(event.content["m.relates_to"])["key"] === relatesTo["key"],
    );
    if (isSecond) throw invalidParam("Can't send same reaction twice");
  }
}
