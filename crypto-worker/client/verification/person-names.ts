import type { RoomId, UserId } from "../../../protocol/ids.ts";
import type { Account } from "../account.ts";
import type { ClientContext } from "../context.ts";
import { parseDirectRooms } from "../rooms/direct-rooms.ts";
import { cleanName } from "../rooms/names.ts";

/** What people and devices are called, outside of any one room. */
export class PersonNames {
  readonly #context: ClientContext;
  readonly #account: Account;

  constructor(context: ClientContext, account: Account) {
    this.#context = context;
    this.#account = account;
  }

  /** The name in the room that it is about, else in a direct chat, else in any room that we share; null where none is known. Names prove nothing. */
  person(userId: UserId, about?: RoomId): string | null {
    const { store } = this.#context;
    if (userId === this.#context.userId) return this.#account.view().displayName;
    const direct = [...parseDirectRooms(store.accountData.load("m.direct"))].flatMap(([roomId, partner]) =>
      partner === userId ? [roomId] : [],
    );
    for (const roomId of [...(about === undefined ? [] : [about]), ...direct, ...store.rooms.joined()]) {
      const name = store.members.load(roomId, userId)?.displayName;
      if (name !== undefined) return name;
    }
    return null;
  }

  device(userId: UserId, deviceId: string): string | null {
    return cleanName(this.#context.machine.getDevice(userId, deviceId)?.displayName) ?? null;
  }
}
