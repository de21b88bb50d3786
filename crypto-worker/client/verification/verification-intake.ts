import type { RoomId } from "../../../protocol/ids.ts";
import { stringField, type JsonObject } from "../../wire/json.ts";
import type { ClientContext } from "../context.ts";

const REQUEST = "m.key.verification.request";

/** Whether something in a room, as it reads decrypted, belongs to a verification. */
export function isVerificationEvent(type: string, content: JsonObject): boolean {
  return type.startsWith("m.key.verification.") || isVerificationRequest(type, content);
}

/** In a room a request is a message, for clients that know of no verifications. */
export function isVerificationRequest(type: string, content: JsonObject): boolean {
  return type === "m.room.message" && stringField(content, "msgtype") === REQUEST;
}

export type RoomEventFacts = {
  readonly eventId: string;
  readonly sender: string;
  readonly originServerTs: number;
  readonly type: string;
  readonly content: JsonObject;
  readonly unsigned: JsonObject;
  readonly stateKey?: string | undefined;
};

/**
 * Hands the machine what concerns verifications, within the transaction of the sync. In order, and our own too: it is how another device of ours tells that it
 * has answered, and how our own request learns its event's id. While a gap of the room is read for what came before, it waits.
 */
export function takeVerificationEvent(context: ClientContext, roomId: RoomId, event: RoomEventFacts): void {
  if (event.stateKey !== undefined || !isVerificationEvent(event.type, event.content)) return;
  const held = context.heldVerifications.get(roomId);
  if (held !== undefined) return context.store.afterCommit(() => held.push(event));
  context.machine.receiveVerificationEvent(
    {
      event_id: event.eventId,
      sender: event.sender,
      origin_server_ts: event.originServerTs,
      type: event.type,
      content: event.content,
      unsigned: event.unsigned,
    },
    roomId,
  );
}
