import { parseMxcUri, type MxcUri, type RoomId, type UserId } from "../../../protocol/ids.ts";
import { mxcSchema } from "../../../protocol/messages/text.ts";
import type { RoomMemberTable } from "../../store/tables/room-members.ts";

const MAX_NAME = 1024;
// Invisible and direction-changing characters can make one name look like another.
const DECEIVING = /[\u0000-\u001f\u007f-\u009f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g;

/** A name from outside as it may be shown: no controls, no empty string, bounded. */
export function cleanName(name: string | undefined): string | undefined {
  const clean = name?.slice(0, MAX_NAME).replace(DECEIVING, "").trim();
  return clean === undefined || clean === "" ? undefined : clean.toWellFormed();
}

/** An mxc URI that the protocol to the page accepts too. */
export function cleanMxc(value: unknown): MxcUri | undefined {
  const mxc = parseMxcUri(value);
  return mxc.ok && mxcSchema.safeParse(mxc.value).success ? mxc.value : undefined;
}

/** How somebody is shown in a room. */
export type Person = { readonly userId: UserId; readonly name: string; readonly avatar: MxcUri | null };

/** Names and avatars of one room's people, looked up once each. Made for one batch of items: a later one sees later names. */
export class NameDirectory {
  readonly #members: RoomMemberTable;
  readonly #roomId: RoomId;
  readonly #known = new Map<UserId, Person>();

  constructor(members: RoomMemberTable, roomId: RoomId) {
    this.#members = members;
    this.#roomId = roomId;
  }

  /** As the spec's "Calculating the display name for a user": with the user id where the name alone is not unique. */
  name(userId: UserId): string {
    return this.person(userId).name;
  }

  avatar(userId: UserId): MxcUri | null {
    return this.person(userId).avatar;
  }

  person(userId: UserId): Person {
    const known = this.#known.get(userId);
    if (known !== undefined) return known;
    const member = this.#members.load(this.#roomId, userId);
    const displayName = member?.displayName;
    const shared = displayName !== undefined && this.#members.isNameShared(this.#roomId, displayName);
    const entry: Person = {
      userId,
      name: displayName === undefined ? userId : shared ? `${displayName} (${userId})`.slice(0, MAX_NAME) : displayName,
      avatar: member?.avatar ?? null,
    };
    this.#known.set(userId, entry);
    return entry;
  }
}
