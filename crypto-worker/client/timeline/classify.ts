import type { Shown } from "../../store/tables/events.ts";
import { objectField, stringField, type JsonObject } from "../../wire/json.ts";
import { isVerificationEvent } from "../verification/verification-intake.ts";
import { ANNOTATION, REPLACEMENT, relationOf } from "./relation.ts";

export type EventFacts = {
  readonly type: string;
  readonly stateKey: string | undefined;
  readonly content: JsonObject;
  readonly prevContent: JsonObject | undefined;
};

const STATE_NOTICES: ReadonlySet<string> = new Set(["m.room.create", "m.room.encryption", "m.room.name", "m.room.topic", "m.room.avatar"]);
const MESSAGES: ReadonlySet<string> = new Set([
  "m.room.message",
  "m.room.encrypted",
  "m.sticker",
  "m.poll.start",
  "org.matrix.msc3381.poll.start",
]);

/** Whether an event is an item of the timeline, and of which weight. */
export function decideShown({ type, stateKey, content, prevContent }: EventFacts): Shown {
  if (stateKey !== undefined) {
    if (type === "m.room.member") return changesMembership(content, prevContent) ? 1 : 0;
    return STATE_NOTICES.has(type) && stateKey === "" ? 1 : 0;
  }
  // What is under way is shown where it can be answered; what is over is in the marks on people and devices.
  if (!MESSAGES.has(type) || isVerificationEvent(type, content)) return 0;
  const relation = relationOf(content)?.kind;
  return relation === REPLACEMENT || relation === ANNOTATION || relation === "m.reference" ? 0 : 2;
}

function changesMembership(content: JsonObject, previous: JsonObject | undefined): boolean {
  if (previous === undefined) return true;
  return ["membership", "displayname", "avatar_url"].some((key) => stringField(content, key) !== stringField(previous, key));
}

/** The content before a state event, wherever the server put it. */
export const prevContentOf = (unsigned: JsonObject): JsonObject | undefined => objectField(unsigned, "prev_content");
