import type { RoomId } from "../../../protocol/ids.ts";
import type { Notify, Shown } from "../../store/tables/events.ts";
import type { JsonObject } from "../../wire/json.ts";
import type { RoomEvent } from "../../wire/room-event.ts";
import type { ClientContext } from "../context.ts";
import { PowerLevels } from "../rooms/power-levels.ts";
import { decideNotify } from "../rooms/push-rules.ts";

/** Applies the push rules to events of one room. Encrypted rooms need this here: the server cannot see who is mentioned. */
export class NotifyJudge {
  readonly #context: ClientContext;
  readonly #roomId: RoomId;
  #rules: { readonly rules: JsonObject | undefined } | undefined;

  constructor(context: ClientContext, roomId: RoomId) {
    this.#context = context;
    this.#roomId = roomId;
  }

  decide(
    event: Pick<RoomEvent, "sender" | "eventId" | "stateKey">,
    reading: { readonly type: string; readonly content: JsonObject },
    shown: Shown,
  ): Notify {
    if (shown !== 2 || event.sender === this.#context.userId) return 0;
    const { store, userId } = this.#context;
    this.#rules ??= { rules: store.accountData.load("m.push_rules") };
    return decideNotify(this.#rules.rules, {
      event: { type: reading.type, content: reading.content, sender: event.sender, room_id: this.#roomId, event_id: event.eventId },
      userId,
      displayName: store.members.load(this.#roomId, userId)?.displayName,
      memberCount: this.#memberCount(),
      senderMayNotifyRoom: PowerLevels.load(store.roomState, this.#roomId).mayNotifyRoom(event.sender),
    });
  }

  #memberCount(): number {
    const { rooms, members } = this.#context.store;
    return rooms.load(this.#roomId)?.joinedCount ?? members.count(this.#roomId, "join");
  }
}
