import type { EventId, RoomId, UserId } from "../../../protocol/ids.ts";
import { err, ok, type Result } from "../../../protocol/result.ts";
import { parseMegolmContent, type MegolmContent } from "../../wire/encrypted-content.ts";
import { EVENT_JSON_LIMITS, field, isJsonObject, objectField, parseJsonObject, stringField, type JsonObject } from "../../wire/json.ts";
import { parseRoomEvent } from "../../wire/room-event.ts";
import type { EncryptionInfo } from "./encryption-info.ts";
import type { UnableToDecryptCode, UnableToDecryptReason } from "./unable-to-decrypt.ts";

/** An `m.room.encrypted` event of a room. */
export type EncryptedRoomEvent = {
  readonly eventId: EventId;
  readonly sender: UserId;
  readonly originServerTs: number;
  readonly content: MegolmContent;
  readonly unsigned: JsonObject;
};

export type DecryptedRoomEvent = {
  readonly eventId: EventId;
  readonly roomId: RoomId;
  readonly sender: UserId;
  readonly originServerTs: number;
  readonly type: string;
  readonly content: JsonObject;
  /** As it was: encrypted events that are bundled inside are in `bundledRelations`. */
  readonly unsigned: JsonObject;
  readonly encryptionInfo: EncryptionInfo;
  /** Encrypted events that the server bundled with this one, each with an origin of its own. */
  readonly bundledRelations: BundledRelations;
};

export type DecryptionResult =
  { readonly ok: true; readonly event: DecryptedRoomEvent } | { readonly ok: false; readonly reason: UnableToDecryptReason };

export type BundledRelations = {
  /** `m.replace`: the newest edit. Its origin, not that of the event above, says who wrote the text. */
  readonly replacement?: DecryptionResult;
  /** `m.thread`: the newest event of the thread. */
  readonly threadLatest?: DecryptionResult;
};

/** The decrypted `{ type, content, room_id }`. */
export type MegolmPayload = { readonly type: string; readonly content: JsonObject };

const ENCRYPTED_EVENT_TYPE = "m.room.encrypted";

export function parseEncryptedRoomEvent(value: unknown, roomId: RoomId): Result<EncryptedRoomEvent, UnableToDecryptCode> {
  const event = parseRoomEvent(value);
  if (!event.ok || event.value.type !== ENCRYPTED_EVENT_TYPE) return err("MalformedEncryptedEvent");
  const content = parseMegolmContent(event.value.content);
  if (!content.ok) return err("MalformedEncryptedEvent");
  if (event.value.stateKey !== undefined) return err("StateKeyVerificationFailed");
  const claimedRoom = isJsonObject(value) ? field(value, "room_id") : undefined;
  if (claimedRoom !== undefined && claimedRoom !== roomId) return err("MismatchedRoom");
  const { eventId, sender, originServerTs, unsigned } = event.value;
  return ok({ eventId, sender, originServerTs, content: content.value, unsigned });
}

/** Checks that the plaintext was meant for this room, and gives it the cleartext relation where it has none of its own. */
export function parsePayload(
  plaintext: string,
  roomId: RoomId,
  relatesTo: JsonObject | undefined,
): Result<MegolmPayload, UnableToDecryptCode> {
  const payload = parseJsonObject(plaintext, EVENT_JSON_LIMITS);
  if (!payload.ok) return err("PayloadDeserializationFailure");
  const type = stringField(payload.value, "type");
  const content = objectField(payload.value, "content");
  if (type === undefined || type.length === 0 || content === undefined) return err("PayloadDeserializationFailure");
  if (stringField(payload.value, "room_id") !== roomId) return err("MismatchedRoom");
  if (relatesTo === undefined || Object.hasOwn(content, "m.relates_to")) return ok({ type, content });
  return ok({ type, content: { ...content, "m.relates_to": relatesTo } });
}

/** The plaintext of an event, as it goes into the ratchet. */
export function encodePayload(type: string, content: JsonObject, roomId: RoomId): string {
  return JSON.stringify({ type, content, room_id: roomId });
}

/** Encrypted events inside `unsigned`, not yet parsed. */
export function bundledEvents(unsigned: JsonObject): { readonly replacement?: JsonObject; readonly threadLatest?: JsonObject } {
  const relations = objectField(unsigned, "m.relations");
  if (relations === undefined) return {};
  const replacement = encryptedField(relations, "m.replace");
  const threadLatest = encryptedField(objectField(relations, "m.thread") ?? {}, "latest_event");
  return { ...(replacement === undefined ? {} : { replacement }), ...(threadLatest === undefined ? {} : { threadLatest }) };
}

function encryptedField(object: JsonObject, key: string): JsonObject | undefined {
  const event = objectField(object, key);
  return event !== undefined && stringField(event, "type") === ENCRYPTED_EVENT_TYPE ? event : undefined;
}
