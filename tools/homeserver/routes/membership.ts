import { encodeEvent } from "../client-event.ts";
import { isObject, objectOr, stringOr, type JsonObject } from "../json.ts";
import { forbidden } from "../matrix-error.ts";
import { createRoom } from "../room-creation.ts";
import type { Room } from "../room.ts";
import { Call, type Router } from "../router.ts";
import { isVisibleTo } from "../visibility.ts";

/** Rooms and who is in them. */
export function addMembershipRoutes(router: Router): void {
  const { state } = router;
  const { rooms } = state;

  router.post("/createRoom", (call) => ({ room_id: createRoom(rooms, state.serverName, call.session.userId, call.body).roomId }));

  router.post("/join/:roomIdOrAlias", (call) => join(call, resolve(call.param("roomIdOrAlias"))));
  router.post("/rooms/:roomId/join", (call) => join(call, rooms.expect(call.param("roomId"))));

  router.post("/knock/:roomIdOrAlias", (call) => {
    const { userId } = call.session;
    const room = resolve(call.param("roomIdOrAlias"));
    rooms.setMembership(room, userId, userId, "knock", reason(call));
    return { room_id: room.roomId };
  });

  router.post("/rooms/:roomId/leave", (call) => {
    const { userId } = call.session;
    const room = rooms.expect(call.param("roomId"));
    // Leaving twice is fine, as after a lost answer.
    if (room.knows(userId) && room.membership(userId) === "leave") return {};
    rooms.setMembership(room, userId, userId, "leave", reason(call));
    return {};
  });

  router.post("/rooms/:roomId/forget", (call) => {
    const { userId } = call.session;
    const room = rooms.expect(call.param("roomId"));
    if (["join", "invite"].includes(room.membership(userId))) throw forbidden("User is in the room");
    room.forgottenBy.add(userId);
    return {};
  });

  router.post("/rooms/:roomId/invite", (call) => {
    const target = Call.requireString(call.body, "user_id");
    const room = rooms.expect(call.param("roomId"));
    rooms.setMembership(room, call.session.userId, target, "invite", reason(call));
    return {};
  });

  router.post("/rooms/:roomId/kick", (call) => {
    const target = Call.requireString(call.body, "user_id");
    const room = rooms.expect(call.param("roomId"));
    if (!["join", "invite", "knock"].includes(room.membership(target))) throw forbidden("The target user is not in the room");
    rooms.setMembership(room, call.session.userId, target, "leave", reason(call));
    return {};
  });

  router.post("/rooms/:roomId/ban", (call) => {
    const target = Call.requireString(call.body, "user_id");
    rooms.setMembership(rooms.expect(call.param("roomId")), call.session.userId, target, "ban", reason(call));
    return {};
  });

  router.post("/rooms/:roomId/unban", (call) => {
    const target = Call.requireString(call.body, "user_id");
    const room = rooms.expect(call.param("roomId"));
    if (room.membership(target) !== "ban") throw forbidden("The target user is not banned");
    rooms.setMembership(room, call.session.userId, target, "leave", reason(call));
    return {};
  });

  router.get("/joined_rooms", (call) => ({ joined_rooms: rooms.joinedBy(call.session.userId).map((room) => room.roomId) }));

  router.get("/directory/room/:alias", (call) => {
    const { roomId } = rooms.resolveAlias(call.param("alias"));
    return { room_id: roomId, servers: [state.serverName] };
  });
  router.put("/directory/room/:alias", (call) => {
    const room = rooms.expect(Call.requireString(call.body, "room_id"));
    rooms.setAlias(call.param("alias"), room.roomId, call.session.userId);
    return {};
  });
  router.delete("/directory/room/:alias", (call) => {
    rooms.removeAlias(call.param("alias"), call.session.userId);
    return {};
  });
  router.get("/rooms/:roomId/aliases", (call) => {
    void call.session;
    return { aliases: rooms.aliasesOf(call.param("roomId")) };
  });

  router.get("/publicRooms", () => publicRooms(undefined));
  router.post("/publicRooms", (call) => {
    void call.session;
    return publicRooms(stringOr(objectOr(call.body["filter"])["generic_search_term"], undefined));
  });
  router.get("/directory/list/room/:roomId", (call) => ({
    visibility: rooms.expect(call.param("roomId")).isPublished ? "public" : "private",
  }));
  router.put("/directory/list/room/:roomId", (call) => {
    void call.session;
    rooms.expect(call.param("roomId")).isPublished = call.body["visibility"] !== "private";
    return {};
  });

  function join(call: Call, room: Room): JsonObject {
    const { userId } = call.session;
    const current = room.state("m.room.member", userId);
    // Joining again is fine and makes no event.
    if (room.membership(userId) !== "join") {
      const carried = room.membership(userId) === "invite" && current?.content["is_direct"] === true ? { is_direct: true } : {};
      rooms.setMembership(room, userId, userId, "join", { ...carried, ...restrictedJoin(room, userId), ...reason(call) });
    }
    return { room_id: room.roomId };
  }

  /** A member of an allowed room may join a restricted one; the join then names who vouches for it. */
  function restrictedJoin(room: Room, userId: string): JsonObject {
    const rules = room.state("m.room.join_rules")?.content ?? {};
    if (!["restricted", "knock_restricted"].includes(stringOr(rules["join_rule"], "")) || room.membership(userId) === "invite") return {};
    const allowed = Array.isArray(rules["allow"]) ? rules["allow"].filter(isObject) : [];
    const isAllowed = allowed.some((rule) => rooms.find(stringOr(rule["room_id"], ""))?.membership(userId) === "join");
    const voucher = room.members("join")[0];
    return isAllowed && voucher !== undefined ? { join_authorised_via_users_server: voucher } : {};
  }

  function resolve(roomIdOrAlias: string): Room {
    return rooms.expect(roomIdOrAlias.startsWith("#") ? rooms.resolveAlias(roomIdOrAlias).roomId : roomIdOrAlias);
  }

  function publicRooms(term: string | undefined): JsonObject {
    const published = [...rooms.all()].filter((room) => room.isPublished).map(encodePublicRoom);
    const chunk = published.filter((room) => term === undefined || JSON.stringify(room).toLowerCase().includes(term.toLowerCase()));
    return { chunk, total_room_count_estimate: chunk.length };
  }

  function encodePublicRoom(room: Room): JsonObject {
    return {
      room_id: room.roomId,
      num_joined_members: room.memberCount("join"),
      name: room.stateField("m.room.name", "name"),
      topic: room.stateField("m.room.topic", "topic"),
      avatar_url: room.stateField("m.room.avatar", "url"),
      canonical_alias: room.stateField("m.room.canonical_alias", "alias"),
      join_rule: room.stateField("m.room.join_rules", "join_rule"),
      world_readable: room.stateField("m.room.history_visibility", "history_visibility") === "world_readable",
      guest_can_join: false,
    };
  }

  router.get("/rooms/:roomId/members", (call) => {
    const { session } = call;
    const room = rooms.expectReadable(call.param("roomId"), session.userId);
    const wanted = call.query("membership");
    const unwanted = call.query("not_membership");
    const last = room.timeline.findLast((event) => isVisibleTo(room, event, session.userId))?.position ?? 0;
    const members = room.memberEvents(room.membership(session.userId) === "join" ? Infinity : last);
    const chunk = members.filter(
      ({ content }) =>
        (wanted === undefined || content["membership"] === wanted) && (unwanted === undefined || content["membership"] !== unwanted),
    );
    return { chunk: chunk.map((event) => encodeEvent(room, event, session, true)) };
  });

  router.get("/rooms/:roomId/joined_members", (call) => {
    const room = rooms.expectReadable(call.param("roomId"), call.session.userId);
    const joined: JsonObject = {};
    for (const userId of room.members("join")) {
      const content = room.state("m.room.member", userId)?.content;
      joined[userId] = { display_name: content?.["displayname"], avatar_url: content?.["avatar_url"] };
    }
    return { joined };
  });
}

function reason(call: Call): JsonObject {
  const given = call.body["reason"];
  return typeof given === "string" ? { reason: given } : {};
}
