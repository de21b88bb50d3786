import { isObject, objectOr, stringOr, type JsonObject } from "./json.ts";
import { badJson, MatrixError } from "./matrix-error.ts";
import type { Room } from "./room.ts";
import { defaultRoomVersion, type Rooms } from "./rooms.ts";

type Preset = { joinRule: string; historyVisibility: string; guestAccess: string };

const presets: ReadonlyMap<string, Preset> = new Map([
  ["private_chat", { joinRule: "invite", historyVisibility: "shared", guestAccess: "can_join" }],
  ["trusted_private_chat", { joinRule: "invite", historyVisibility: "shared", guestAccess: "can_join" }],
  ["public_chat", { joinRule: "public", historyVisibility: "shared", guestAccess: "forbidden" }],
]);

/** POST /createRoom: the initial events in the order that the spec gives. */
export function createRoom(rooms: Rooms, serverName: string, creator: string, body: JsonObject): Room {
  const isPublic = body["visibility"] === "public";
  const presetName = stringOr(body["preset"], isPublic ? "public_chat" : "private_chat");
  const preset = presets.get(presetName);
  if (preset === undefined) throw badJson("Unknown preset");
  const invited = strings(body["invite"]);
  const alias = typeof body["room_alias_name"] === "string" ? `#${body["room_alias_name"]}:${serverName}` : undefined;
  const initialState = (Array.isArray(body["initial_state"]) ? body["initial_state"] : []).map(parseInitialState);
  const room = rooms.open(stringOr(body["room_version"], defaultRoomVersion));
  if (alias !== undefined) claimAlias(rooms, alias, room.roomId, creator);
  const state = (type: string, content: JsonObject, stateKey = "") => rooms.append(room, { type, sender: creator, stateKey, content });

  state("m.room.create", { ...objectOr(body["creation_content"]), room_version: room.version });
  rooms.setMembership(room, creator, creator, "join");
  state("m.room.power_levels", {
    ...defaultPowerLevels(creator, presetName === "trusted_private_chat" ? invited : []),
    ...objectOr(body["power_level_content_override"]),
  });
  if (alias !== undefined) state("m.room.canonical_alias", { alias });
  const given = new Set(initialState.map((event) => `${event.type}\0${event.stateKey}`));
  const unlessGiven = (type: string, content: JsonObject) => (given.has(`${type}\0`) ? undefined : state(type, content));
  unlessGiven("m.room.join_rules", { join_rule: preset.joinRule });
  unlessGiven("m.room.history_visibility", { history_visibility: preset.historyVisibility });
  unlessGiven("m.room.guest_access", { guest_access: preset.guestAccess });
  for (const event of initialState) state(event.type, event.content, event.stateKey);
  if (typeof body["name"] === "string" && body["name"] !== "") state("m.room.name", { name: body["name"] });
  if (typeof body["topic"] === "string" && body["topic"] !== "") state("m.room.topic", { topic: body["topic"] });
  for (const userId of invited) rooms.setMembership(room, creator, userId, "invite", body["is_direct"] === true ? { is_direct: true } : {});
  room.isPublished = isPublic;
  return room;
}

function defaultPowerLevels(creator: string, trusted: readonly string[]): JsonObject {
  const users: JsonObject = { [creator]: 100 };
  for (const userId of trusted) users[userId] = 100;
  return {
    users,
    users_default: 0,
    events: {
      "m.room.name": 50,
      "m.room.power_levels": 100,
      "m.room.history_visibility": 100,
      "m.room.canonical_alias": 50,
      "m.room.avatar": 50,
      "m.room.tombstone": 100,
      "m.room.server_acl": 100,
      "m.room.encryption": 100,
    },
    events_default: 0,
    state_default: 50,
    ban: 50,
    kick: 50,
    redact: 50,
    invite: 0,
    historical: 100,
  };
}

function parseInitialState(value: unknown): { type: string; stateKey: string; content: JsonObject } {
  if (!isObject(value) || typeof value["type"] !== "string" || !isObject(value["content"])) throw badJson("Invalid initial_state");
  return { type: value["type"], stateKey: stringOr(value["state_key"], ""), content: value["content"] };
}

function claimAlias(rooms: Rooms, alias: string, roomId: string, creator: string): void {
  try {
    rooms.setAlias(alias, roomId, creator);
  } catch (error) {
    throw error instanceof MatrixError && error.status === 409 ? new MatrixError(400, "M_ROOM_IN_USE", "Room alias already taken") : error;
  }
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}
