import { isJsonObject, stringField } from "./json.ts";

export type HistoryVisibility = "invited" | "joined" | "shared" | "world_readable";

/** From the content of `m.room.history_visibility`; anything unknown means `shared`, as the spec's default does. */
export function parseHistoryVisibility(content: unknown): HistoryVisibility {
  const value = isJsonObject(content) ? stringField(content, "history_visibility") : undefined;
  switch (value) {
    case "invited":
    case "joined":
    case "world_readable":
      return value;
    default:
      return "shared";
  }
}

/** Whether keys of sessions made under this setting may be given to people who join later (MSC3061). */
export function isSharedHistory(visibility: HistoryVisibility): boolean {
  return visibility === "shared" || visibility === "world_readable";
}
