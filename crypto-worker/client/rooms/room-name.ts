import type { RoomId, UserId } from "../../../protocol/ids.ts";
import type { CryptoStore } from "../../store/store.ts";
import type { RoomRecord } from "../../store/tables/rooms.ts";
import { stringField } from "../../wire/json.ts";
import { cleanName, NameDirectory } from "./names.ts";

/** The spec's "Calculating the display name for a room". */
export function roomName(store: CryptoStore, room: RoomRecord, ourselves: UserId): string {
  const { roomId } = room;
  return (
    explicitName(store, roomId) ?? stringOf(store, roomId, "m.room.canonical_alias", "alias") ?? nameFromPeople(store, room, ourselves)
  );
}

/** Whether the room was given a name or an alias. */
export function hasExplicitName(store: CryptoStore, roomId: RoomId): boolean {
  return explicitName(store, roomId) !== undefined || stringOf(store, roomId, "m.room.canonical_alias", "alias") !== undefined;
}

const explicitName = (store: CryptoStore, roomId: RoomId): string | undefined => stringOf(store, roomId, "m.room.name", "name");

function stringOf(store: CryptoStore, roomId: RoomId, type: string, key: string): string | undefined {
  const content = store.roomState.load(roomId, type)?.content;
  return content === undefined ? undefined : cleanName(stringField(content, key));
}

function nameFromPeople(store: CryptoStore, room: RoomRecord, ourselves: UserId): string {
  const { members } = store;
  const names = new NameDirectory(members, room.roomId);
  const heroes = room.heroes.filter((userId) => userId !== ourselves);
  const people = heroes.length > 0 ? heroes : members.others(room.roomId, ourselves, 5).map((member) => member.userId);
  const isPresent = (userId: UserId): boolean => {
    const membership = members.load(room.roomId, userId)?.membership;
    return membership === "join" || membership === "invite" || membership === undefined;
  };
  const counted = (room.joinedCount ?? members.count(room.roomId, "join")) + (room.invitedCount ?? members.count(room.roomId, "invite"));
  const present = room.membership === "invite" ? people : people.filter(isPresent);
  if (present.length > 0)
    return listNames(
      present.map((userId) => names.name(userId)),
      Math.max(counted - 1, present.length),
    );
  if (people.length > 0)
    return `Empty room (was ${listNames(
      people.map((userId) => names.name(userId)),
      people.length,
    )})`;
  return "Empty room";
}

function listNames(names: readonly string[], total: number): string {
  const others = total - names.length;
  const last = names.at(-1) ?? "";
  if (others > 0) return `${names.join(", ")} and ${others} ${others === 1 ? "other" : "others"}`.slice(0, 1024);
  return (names.length === 1 ? last : `${names.slice(0, -1).join(", ")} and ${last}`).slice(0, 1024);
}
