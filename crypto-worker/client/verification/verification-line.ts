import type { RoomId, UserId } from "../../../protocol/ids.ts";
import type { TimelineContent } from "../../../protocol/messages/timeline-item.ts";
import type { EventRecord } from "../../store/tables/events.ts";
import { stringField, type JsonObject } from "../../wire/json.ts";
import type { ClientContext } from "../context.ts";
import { parseShownUserId } from "../shown-ids.ts";
import { isVerificationRequest } from "./verification-intake.ts";

type Line = Extract<TimelineContent, { kind: "verification" }>;

/** Whom a request in a room is for, where we are one of the two; what others ask of each other is not our business. */
export function requestedOf(ourselves: UserId, sender: UserId, type: string, content: JsonObject): UserId | undefined {
  if (!isVerificationRequest(type, content)) return undefined;
  const to = parseShownUserId(stringField(content, "to"));
  return to !== undefined && to !== sender && (to === ourselves || sender === ourselves) ? to : undefined;
}

/**
 * How far a request has come. While it is under way on this device the machine knows; afterwards, and over a restart, what both sides said in the room.
 * SECURITY: what was said in a room proves nothing, so `verified` is said only where the other person is verified now.
 */
export function lineState(
  context: ClientContext,
  roomId: RoomId,
  { eventId, sender }: Pick<EventRecord, "eventId" | "sender">,
  to: UserId,
): Line["state"] {
  const { machine, store, userId: ourselves } = context;
  const other = sender === ourselves ? to : sender;
  const flow = machine.getVerificationRequests(other).find(({ flowId }) => flowId === eventId);
  switch (flow?.phase) {
    case "created":
    case "requested":
      return "asked";
    case "ready":
    case "transitioned":
      return "running";
    case "done":
    case "cancelled":
    case undefined:
  }
  const said = store.events.related(roomId, eventId).filter((event) => event.sender === sender || event.sender === to);
  const hasDone = (userId: UserId): boolean => said.some((event) => event.type === "m.key.verification.done" && event.sender === userId);
  if (flow?.phase === "done" || (hasDone(sender) && hasDone(to)))
    return machine.getIdentity(other)?.verified === true ? "verified" : "over";
  const cancel = said.find(({ type }) => type === "m.key.verification.cancel");
  const code = cancel === undefined ? flow?.cancelCode : stringField(cancel.content, "code");
  // `m.accepted`: another device of ours goes on with it.
  return code === undefined || code === "m.timeout" || code === "m.accepted" ? "over" : "cancelled";
}
