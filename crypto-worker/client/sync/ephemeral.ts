import type { RoomId, UserId } from "../../../protocol/ids.ts";
import { arrayField, isJsonObject, isWithinDepth, objectField, stringField, type JsonObject } from "../../wire/json.ts";
import type { Changes } from "../changes.ts";
import type { ClientContext } from "../context.ts";
import { parseShownUserId } from "../shown-ids.ts";
import { applyReceipts } from "./receipts.ts";

/** Who is typing where. Not stored: it is stale by the next start. */
export class TypingRegister {
  readonly #typing = new Map<RoomId, readonly UserId[]>();

  set(roomId: RoomId, userIds: readonly UserId[]): void {
    this.#typing.set(roomId, userIds);
  }

  in(roomId: RoomId): readonly UserId[] {
    return this.#typing.get(roomId) ?? [];
  }
}

export function applyEphemeral(
  context: ClientContext,
  changes: Changes,
  typing: TypingRegister,
  roomId: RoomId,
  section: JsonObject | undefined,
): void {
  if (section === undefined) return;
  for (const event of arrayField(section, "events") ?? []) {
    if (!isJsonObject(event) || !isWithinDepth(event, 16)) continue;
    const content = objectField(event, "content");
    if (content === undefined) continue;
    switch (stringField(event, "type")) {
      case "m.receipt":
        applyReceipts(context, changes, roomId, content);
        break;
      case "m.typing": {
        const users = (arrayField(content, "user_ids") ?? []).flatMap((user) => parseShownUserId(user) ?? []);
        const others = users.filter((userId) => userId !== context.userId).slice(0, 100);
        context.store.afterCommit(() => typing.set(roomId, others));
        changes.typing.add(roomId);
        break;
      }
      default:
        break;
    }
  }
}
