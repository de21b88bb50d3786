import { parseRoomId, type RoomId } from "../../protocol/ids.ts";
import { err, ok, type Result } from "../../protocol/result.ts";
import { EVENT_JSON_LIMITS, objectField, parseJsonObject, stringField, type JsonObject } from "./json.ts";

/** The payload of a decrypted Megolm message (E2EE §m.megolm.v1). */
export type MegolmPayload = {
  readonly type: string;
  readonly content: JsonObject;
  readonly roomId: RoomId;
};

export type MegolmPayloadFailure = "invalid-json" | "invalid-type" | "invalid-content" | "invalid-room-id";

export function parseMegolmPayload(text: string): Result<MegolmPayload, MegolmPayloadFailure> {
  const json = parseJsonObject(text, EVENT_JSON_LIMITS);
  if (!json.ok) return err("invalid-json");
  const type = stringField(json.value, "type");
  if (type === undefined || type.length === 0 || type.length > 255) return err("invalid-type");
  const content = objectField(json.value, "content");
  if (content === undefined) return err("invalid-content");
  const roomId = parseRoomId(stringField(json.value, "room_id"));
  return roomId.ok ? ok({ type, content, roomId: roomId.value }) : roomId;
}
