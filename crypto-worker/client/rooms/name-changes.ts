import type { RoomId, UserId } from "../../../protocol/ids.ts";
import type { MemberRecord, RoomMemberTable } from "../../store/tables/room-members.ts";
import { NameDirectory, type Person } from "./names.ts";

/** A page that has more people on it than these is told of the first ones. */
const MAX_PEOPLE = 2000;
/** Of those who go by one name; from the second on each is shown with the user id. */
const MAX_NAMESAKES = 50;

/** `names`: whether somebody gave it up. */
type Noted = { readonly people: Set<UserId>; readonly names: Map<string, boolean> };

/** Who is called, or looks, otherwise since a transaction: also those whose own name has come to mean two people, or no longer does. */
export class NameChanges {
  readonly #rooms = new Map<RoomId, Noted>();

  /** `before` is undefined for somebody who was not known: nothing shown of them can be out of date. */
  note(roomId: RoomId, before: MemberRecord | undefined, after: MemberRecord): void {
    const [was, is] = [presentName(before), presentName(after)];
    const isOther = before !== undefined && (before.displayName !== after.displayName || before.avatar !== after.avatar);
    if (was === is && !isOther) return;
    const noted = this.#rooms.get(roomId) ?? { people: new Set(), names: new Map() };
    this.#rooms.set(roomId, noted);
    if (isOther) noted.people.add(after.userId);
    if (was === is) return;
    if (was !== undefined) noted.names.set(was, true);
    if (is !== undefined && !noted.names.has(is)) noted.names.set(is, false);
  }

  rooms(): Iterable<RoomId> {
    return this.#rooms.keys();
  }

  /** As they are to be shown from now on. */
  people(members: RoomMemberTable, roomId: RoomId): Person[] {
    const noted = this.#rooms.get(roomId);
    const affected = new Set(noted?.people);
    for (const [name, isGivenUp] of noted?.names ?? []) {
      if (affected.size >= MAX_PEOPLE) break;
      const namesakes = members.named(roomId, name, MAX_NAMESAKES);
      if (isGivenUp || namesakes.length > 1) for (const userId of namesakes) affected.add(userId);
    }
    const directory = new NameDirectory(members, roomId);
    return [...affected].slice(0, MAX_PEOPLE).map((userId) => directory.person(userId));
  }
}

/** Names of people who are not there do not make others ambiguous. */
function presentName(member: MemberRecord | undefined): string | undefined {
  return member?.membership === "join" || member?.membership === "invite" ? member.displayName : undefined;
}
