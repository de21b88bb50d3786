import { integerOr, isObject, objectOr, stringOr, type JsonObject } from "./json.ts";
import { forbidden } from "./matrix-error.ts";
import type { Room } from "./room.ts";

/** An event before it is accepted. */
export type EventDraft = { type: string; sender: string; content: JsonObject; stateKey?: string; redacts?: string };

type Levels = {
  users: JsonObject;
  events: JsonObject;
  usersDefault: number;
  eventsDefault: number;
  stateDefault: number;
  invite: number;
  kick: number;
  ban: number;
  redact: number;
};

/** The authorisation rules of the room versions served here, as far as a room without forks needs them; throws M_FORBIDDEN. */
export function authorize(room: Room, draft: EventDraft): void {
  if (draft.type === "m.room.create") {
    if (room.timeline.length > 0) throw forbidden("The room exists already");
    return;
  }
  if (draft.type === "m.room.member") return authorizeMembership(room, draft);
  if (room.membership(draft.sender) !== "join") throw forbidden(`User ${draft.sender} not in room ${room.roomId}`);
  const levels = powerLevels(room);
  const own = powerLevel(room, draft.sender);
  if (own < neededLevel(levels, draft.type, draft.stateKey !== undefined))
    throw forbidden("You don't have permission to post that to the room");
  if (draft.stateKey?.startsWith("@") === true && draft.stateKey !== draft.sender)
    throw forbidden("You are not allowed to set others state");
  if (draft.type === "m.room.power_levels") authorizePowerLevels(room, draft, own);
  if (draft.redacts !== undefined) {
    const target = room.find(draft.redacts);
    if (target?.sender !== draft.sender && own < levels.redact) throw forbidden("You don't have permission to redact events");
  }
}

export function powerLevel(room: Room, userId: string): number {
  if (room.state("m.room.power_levels") === undefined) return room.state("m.room.create")?.sender === userId ? 100 : 0;
  const levels = powerLevels(room);
  return integerOr(levels.users[userId], levels.usersDefault);
}

/** The level that an `@room` mention needs. */
export function roomNotificationLevel(room: Room): number {
  return integerOr(objectOr(room.state("m.room.power_levels")?.content["notifications"])["room"], 50);
}

function authorizeMembership(room: Room, draft: EventDraft): void {
  const { sender, stateKey: target = "", content } = draft;
  const levels = powerLevels(room);
  const own = powerLevel(room, sender);
  const senderMembership = room.membership(sender);
  const targetMembership = room.membership(target);
  const isJoined = senderMembership === "join";
  const rule = stringOr(room.state("m.room.join_rules")?.content["join_rule"], "invite");
  switch (content["membership"]) {
    case "join": {
      if (sender !== target) throw forbidden("Cannot force another user to join.");
      if (targetMembership === "ban") throw forbidden("You are banned from this room");
      const isCreator = room.timeline.length === 1 && room.state("m.room.create")?.sender === sender;
      const isAllowed = isCreator || rule === "public" || targetMembership === "join" || targetMembership === "invite";
      if (!isAllowed && stringOr(content["join_authorised_via_users_server"], undefined) === undefined)
        throw forbidden("You are not invited to this room.");
      return;
    }
    case "knock":
      if (sender !== target || (rule !== "knock" && rule !== "knock_restricted")) throw forbidden("You cannot knock on this room");
      if (targetMembership === "join" || targetMembership === "ban" || targetMembership === "invite")
        throw forbidden("You cannot knock on this room");
      return;
    case "invite":
      if (!isJoined) throw forbidden(`User ${sender} not in room ${room.roomId}`);
      if (targetMembership === "ban") throw forbidden(`${target} is banned from the room`);
      if (targetMembership === "join") throw forbidden(`${target} is already in the room.`);
      if (own < levels.invite) throw forbidden("You don't have permission to invite users");
      return;
    case "leave": {
      if (sender === target) {
        if (targetMembership === "leave" || targetMembership === "ban") throw forbidden("You are not in this room");
        return;
      }
      if (!isJoined) throw forbidden(`User ${sender} not in room ${room.roomId}`);
      const needed = targetMembership === "ban" ? Math.max(levels.ban, levels.kick) : levels.kick;
      if (own < needed || own <= powerLevel(room, target)) throw forbidden(`You cannot kick user ${target}.`);
      return;
    }
    case "ban":
      if (!isJoined) throw forbidden(`User ${sender} not in room ${room.roomId}`);
      if (own < levels.ban || (own <= powerLevel(room, target) && sender !== target)) throw forbidden(`You cannot ban user ${target}.`);
      return;
    default:
      throw forbidden("Unknown membership");
  }
}

function authorizePowerLevels(room: Room, draft: EventDraft, own: number): void {
  const before = room.state("m.room.power_levels")?.content;
  if (before === undefined) return;
  for (const [scopeBefore, scopeAfter] of [
    [before, draft.content],
    [objectOr(before["events"]), objectOr(draft.content["events"])],
    [objectOr(before["users"]), objectOr(draft.content["users"])],
  ] as const)
    for (const key of new Set([...Object.keys(scopeBefore), ...Object.keys(scopeAfter)])) {
      const old = scopeBefore[key];
      const fresh = scopeAfter[key];
      if (isObject(old) || isObject(fresh) || old === fresh) continue;
      if (integerOr(old, 0) > own || integerOr(fresh, 0) > own) throw forbidden("You don't have permission to change that power level");
      const isOthersUser = scopeBefore === before["users"] && key !== draft.sender;
      if (isOthersUser && integerOr(old, 0) >= own) throw forbidden("You don't have permission to lower that user");
    }
}

function powerLevels(room: Room): Levels {
  const event = room.state("m.room.power_levels");
  const content = event?.content ?? {};
  return {
    users: objectOr(content["users"]),
    events: objectOr(content["events"]),
    usersDefault: integerOr(content["users_default"], 0),
    eventsDefault: integerOr(content["events_default"], 0),
    stateDefault: integerOr(content["state_default"], event === undefined ? 0 : 50),
    invite: integerOr(content["invite"], 0),
    kick: integerOr(content["kick"], 50),
    ban: integerOr(content["ban"], 50),
    redact: integerOr(content["redact"], 50),
  };
}

function neededLevel(levels: Levels, type: string, isState: boolean): number {
  return integerOr(levels.events[type], isState ? levels.stateDefault : levels.eventsDefault);
}
