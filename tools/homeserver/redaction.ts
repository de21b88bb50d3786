import type { JsonObject } from "./json.ts";
import type { RoomEvent } from "./room.ts";

const keptFields: ReadonlyMap<string, readonly string[] | "all"> = new Map<string, readonly string[] | "all">([
  ["m.room.create", "all"],
  ["m.room.member", ["membership", "join_authorised_via_users_server"]],
  ["m.room.join_rules", ["join_rule", "allow"]],
  ["m.room.power_levels", ["ban", "events", "events_default", "invite", "kick", "redact", "state_default", "users", "users_default"]],
  ["m.room.history_visibility", ["history_visibility"]],
  ["m.room.redaction", ["redacts"]],
]);

/** Strips an event of what redaction takes (room version 11). */
export function redact(event: RoomEvent, because: RoomEvent): void {
  const kept = keptFields.get(event.type) ?? [];
  if (kept !== "all") {
    const content: JsonObject = {};
    for (const field of kept) if (field in event.content) content[field] = event.content[field];
    event.content = content;
  }
  event.redactedBecause = because;
}
