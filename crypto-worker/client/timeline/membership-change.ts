import type { TimelineContent } from "../../../protocol/messages/timeline-item.ts";
import { stringField, type JsonObject } from "../../wire/json.ts";

type Change = Extract<TimelineContent, { kind: "membership" }>["change"];

/** What an m.room.member event did, from the contents before and after. */
export function decideMembershipChange(content: JsonObject, previous: JsonObject | undefined, byTarget: boolean): Change | undefined {
  const before = previous === undefined ? undefined : stringField(previous, "membership");
  switch (stringField(content, "membership")) {
    case "join":
      if (before !== "join" || previous === undefined) return "joined";
      return stringField(content, "displayname") !== stringField(previous, "displayname") ? "renamed" : "avatar";
    case "invite":
      return "invited";
    case "knock":
      return "knocked";
    case "ban":
      return "banned";
    case "leave":
      if (before === "ban") return "unbanned";
      if (before === "invite") return byTarget ? "declined" : "withdrawn";
      return byTarget ? "left" : "kicked";
    default:
      return undefined;
  }
}
