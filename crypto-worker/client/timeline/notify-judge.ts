import type { RoomId } from "../../../protocol/ids.ts";
import type { NewEvent, Notify, Shown } from "../../store/tables/events.ts";
import type { JsonObject } from "../../wire/json.ts";
import type { RoomEvent } from "../../wire/room-event.ts";
import type { ClientContext } from "../context.ts";
import { PowerLevels } from "../rooms/power-levels.ts";
import { decideNotify } from "../rooms/push-rules.ts";

type RoomFacts = {
  readonly rules: JsonObject | undefined;
  readonly displayName: string | undefined;
  readonly memberCount: number;
  readonly powerLevels: PowerLevels;
};

/**
 * Applies the push rules to events of one room. Encrypted rooms need this here: the server cannot see who is mentioned. One instance a
 * batch: what it knows of the room is from the batch's first message.
 */
export class NotifyJudge {
  readonly #context: ClientContext;
  readonly #roomId: RoomId;
  #facts: RoomFacts | undefined;

  constructor(context: ClientContext, roomId: RoomId) {
    this.#context = context;
    this.#roomId = roomId;
  }

  decide(
    event: Pick<RoomEvent, "sender" | "eventId"> & Pick<NewEvent, "senderMembership">,
    reading: { readonly type: string; readonly content: JsonObject },
    shown: Shown,
  ): Notify {
    if (shown !== 2 || event.sender === this.#context.userId) return 0;
    // What was said before we came is not news.
    if (event.senderMembership !== undefined && event.senderMembership !== "join") return 0;
    this.#facts ??= this.#load();
    const { rules, displayName, memberCount, powerLevels } = this.#facts;
    return decideNotify(rules, {
      event: { type: reading.type, content: reading.content, sender: event.sender, room_id: this.#roomId, event_id: event.eventId },
      userId: this.#context.userId,
      displayName,
      memberCount,
      senderMayNotifyRoom: powerLevels.mayNotifyRoom(event.sender),
    });
  }

  #load(): RoomFacts {
    const { rooms, members, accountData, roomState } = this.#context.store;
    return {
      rules: accountData.load("m.push_rules"),
      displayName: members.load(this.#roomId, this.#context.userId)?.displayName,
      memberCount: rooms.load(this.#roomId)?.joinedCount ?? members.count(this.#roomId, "join"),
      powerLevels: PowerLevels.load(roomState, this.#roomId),
    };
  }
}
