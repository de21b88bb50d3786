import type { RoomId } from "../../../protocol/ids.ts";
import { arrayField, isJsonObject, isWithinDepth, objectField, stringField, type JsonObject } from "../../wire/json.ts";
import type { Changes } from "../changes.ts";
import type { ClientContext } from "../context.ts";

export function applyAccountData(context: ClientContext, changes: Changes, section: JsonObject | undefined): void {
  for (const [type, content] of contents(section)) {
    context.store.accountData.save(type, content);
    changes.accountData.add(type);
    // Which rooms are direct, and what is told of in each, decides how all of them are shown.
    if (type === "m.direct" || type === "m.push_rules") for (const roomId of context.store.rooms.joined()) changes.rooms.add(roomId);
  }
}

export function applyRoomAccountData(context: ClientContext, changes: Changes, roomId: RoomId, section: JsonObject | undefined): void {
  for (const [type, content] of contents(section)) {
    context.store.accountData.save(type, content, roomId);
    changes.rooms.add(roomId);
  }
}

function* contents(section: JsonObject | undefined): Generator<[string, JsonObject]> {
  if (section === undefined) return;
  for (const event of arrayField(section, "events") ?? []) {
    if (!isJsonObject(event) || !isWithinDepth(event, 64)) continue;
    const type = stringField(event, "type");
    const content = objectField(event, "content");
    if (type !== undefined && type.length > 0 && type.length <= 255 && content !== undefined) yield [type, content];
  }
}
