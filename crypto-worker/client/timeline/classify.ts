import type { UserId } from "../../../protocol/ids.ts";
import type { Shown } from "../../store/tables/events.ts";
import { objectField, stringField, type JsonObject } from "../../wire/json.ts";
import { isVerificationEvent } from "../verification/verification-intake.ts";
import { requestedOf } from "../verification/verification-line.ts";
import { ANNOTATION, REPLACEMENT, relationOf } from "./relation.ts";

export type EventFacts = {
  readonly sender: UserId;
  readonly type: string;
  readonly stateKey: string | undefined;
  readonly content: JsonObject;
  readonly prevContent: JsonObject | undefined;
};

const STATE_NOTICES: ReadonlySet<string> = new Set([
  "m.room.create",
  "m.room.encryption",
  "m.room.name",
  "m.room.topic",
  "m.room.avatar",
  "m.room.pinned_events",
]);
const MESSAGES: ReadonlySet<string> = new Set([
  "m.room.message",
  "m.room.encrypted",
  "m.sticker",
  "m.poll.start",
  "org.matrix.msc3381.poll.start",
]);

/** Whether an event is an item of the timeline, and of which weight. */
export function decideShown(ourselves: UserId, { sender, type, stateKey, content, prevContent }: EventFacts): Shown {
  if (stateKey !== undefined) {
    if (type === "m.room.member") return changesMembership(content, prevContent) ? 1 : 0;
    return STATE_NOTICES.has(type) && stateKey === "" ? 1 : 0;
  }
  if (!MESSAGES.has(type)) return 0;
  // One line for the whole verification: its request. That it waits for an answer is told apart from messages.
  if (isVerificationEvent(type, content)) return requestedOf(ourselves, sender, type, content) === undefined ? 0 : 1;
  const relation = relationOf(content)?.kind;
  return relation === REPLACEMENT || relation === ANNOTATION || relation === "m.reference" ? 0 : 2;
}

function changesMembership(content: JsonObject, previous: JsonObject | undefined): boolean {
  if (previous === undefined) return true;
  return ["membership", "displayname", "avatar_url"].some((key) => stringField(content, key) !== stringField(previous, key));
}

/** The content before a state event, wherever the server put it. */
export const prevContentOf = (unsigned: JsonObject): JsonObject | undefined => objectField(unsigned, "prev_content");
