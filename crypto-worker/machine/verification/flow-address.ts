import { parseEventId, parseTransactionId, type EventId, type RoomId, type TransactionId } from "../../../protocol/ids.ts";
import { objectField, stringField, type JsonObject } from "../../wire/json.ts";

/** Where the messages of a flow go, and what names it: by to-device a transaction, in a room the event that asked for it. */
export type FlowAddress =
  | { readonly kind: "to-device"; readonly transactionId: TransactionId }
  /** Without an event id until the server has accepted our request. */
  | { readonly kind: "in-room"; readonly roomId: RoomId; readonly eventId: EventId | undefined };

/** The id as both sides know it; empty until there is one. */
export function flowIdOf(address: FlowAddress): string {
  return address.kind === "to-device" ? address.transactionId : (address.eventId ?? "");
}

/** The content as it is sent: with the field that says which flow it belongs to. */
export function encodeAddressed(content: JsonObject, address: FlowAddress): JsonObject {
  if (address.kind === "to-device") return { ...content, transaction_id: address.transactionId };
  if (address.eventId === undefined) throw new Error("a flow in a room was used before its request was sent");
  return { ...content, "m.relates_to": { rel_type: "m.reference", event_id: address.eventId } };
}

export function parseTransaction(content: JsonObject): TransactionId | undefined {
  const transactionId = parseTransactionId(stringField(content, "transaction_id"));
  return transactionId.ok ? transactionId.value : undefined;
}

/** The request that an in-room message refers to. */
export function parseReference(content: JsonObject): EventId | undefined {
  const relation = objectField(content, "m.relates_to");
  if (relation === undefined || stringField(relation, "rel_type") !== "m.reference") return undefined;
  const eventId = parseEventId(stringField(relation, "event_id"));
  return eventId.ok ? eventId.value : undefined;
}
