import type { EventId } from "../../../protocol/ids.ts";
import { MAX_POLL_ANSWERS, MAX_POLL_TEXT_CHARS } from "../../../protocol/messages/poll.ts";
import { arrayField, field, isJsonObject, objectField, stringField, type JsonObject } from "../../wire/json.ts";
import { extensibleText } from "./event-text.ts";

/** A poll as its maker has written it (MSC3381). */
export type Poll = {
  readonly question: string;
  readonly answers: readonly { readonly id: string; readonly text: string }[];
  /** Whether everybody sees the votes before the end. */
  readonly disclosed: boolean;
  /** How many answers one person may give. */
  readonly maxSelections: number;
};

const MAX_ID_CHARS = 255;
const UNSTABLE = "org.matrix.msc3381.poll";
const UNSTABLE_TEXT = "org.matrix.msc1767.text";
/** Either name of each event: what is stable, and what most clients send. */
const STARTS: ReadonlySet<string> = new Set(["m.poll.start", `${UNSTABLE}.start`]);
const RESPONSES: ReadonlySet<string> = new Set(["m.poll.response", `${UNSTABLE}.response`]);
const ENDS: ReadonlySet<string> = new Set(["m.poll.end", `${UNSTABLE}.end`]);

export const isPollStart = (type: string): boolean => STARTS.has(type);
export const isPollResponse = (type: string): boolean => RESPONSES.has(type);
export const isPollEnd = (type: string): boolean => ENDS.has(type);

/** Undefined for what is no poll that could be answered. Answers beyond the twentieth, without a text and with the id of another are left out. */
export function parsePoll(content: JsonObject): Poll | undefined {
  const poll = objectField(content, "m.poll") ?? objectField(content, `${UNSTABLE}.start`);
  const question = poll === undefined ? undefined : textOf(objectField(poll, "question"));
  if (poll === undefined || question === undefined) return undefined;
  const answers = new Map<string, string>();
  for (const answer of (arrayField(poll, "answers") ?? []).slice(0, MAX_POLL_ANSWERS)) {
    if (!isJsonObject(answer)) continue;
    const id = stringField(answer, "m.id") ?? stringField(answer, "id");
    const text = textOf(answer);
    if (isAnswerId(id) && text !== undefined && !answers.has(id)) answers.set(id, text);
  }
  if (answers.size === 0) return undefined;
  const most = field(poll, "max_selections");
  const kind = stringField(poll, "kind");
  return {
    question,
    answers: [...answers].map(([id, text]) => ({ id, text })),
    disclosed: kind === "m.disclosed" || kind === `${UNSTABLE}.disclosed`,
    maxSelections: typeof most === "number" && Number.isInteger(most) && most >= 1 ? Math.min(most, answers.size) : 1,
  };
}

/** The answers that a response gives to a poll; none where one of them is not the poll's, as if nothing had been chosen. */
export function parseSelections(content: JsonObject, { answers, maxSelections }: Poll): ReadonlySet<string> {
  const unstable = objectField(content, `${UNSTABLE}.response`);
  const given = arrayField(content, "m.selections") ?? (unstable === undefined ? undefined : arrayField(unstable, "answers")) ?? [];
  const known = new Set<unknown>(answers.map(({ id }) => id));
  // A list that no honest client makes costs nothing.
  if (given.length > MAX_GIVEN || !given.every((id) => known.has(id))) return new Set();
  return new Set(given.slice(0, maxSelections).flatMap((id) => (typeof id === "string" ? [id] : [])));
}
const MAX_GIVEN = 100;

type NewPoll = {
  readonly question: string;
  readonly answers: readonly string[];
  readonly disclosed: boolean;
  readonly maxSelections: number;
};

/** A new poll, under the names that every client of today reads. The answers are called by their number. */
export function composePoll({ question, answers, disclosed, maxSelections }: NewPoll): {
  readonly type: string;
  readonly content: JsonObject;
} {
  const fallback = [question, ...answers.map((answer, index) => `${index + 1}. ${answer}`)].join("\n");
  return {
    type: `${UNSTABLE}.start`,
    content: {
      [`${UNSTABLE}.start`]: {
        kind: `${UNSTABLE}.${disclosed ? "disclosed" : "undisclosed"}`,
        max_selections: Math.min(maxSelections, answers.length),
        question: { [UNSTABLE_TEXT]: question, msgtype: "m.text", body: question },
        answers: answers.map((answer, index) => ({ id: `${index + 1}`, [UNSTABLE_TEXT]: answer })),
      },
      [UNSTABLE_TEXT]: fallback,
      "m.mentions": {},
    },
  };
}

/** Our answers to a poll, named as the poll is: who could read it reads this too. None takes back what was answered. */
export function composeResponse(start: PollStart, selections: readonly string[]): { readonly type: string; readonly content: JsonObject } {
  const answers = [...selections];
  return start.type === "m.poll.start"
    ? { type: "m.poll.response", content: { ...relatesTo(start), "m.selections": answers } }
    : { type: `${UNSTABLE}.response`, content: { ...relatesTo(start), [`${UNSTABLE}.response`]: { answers } } };
}

export function composeEnd(start: PollStart, text: string): { readonly type: string; readonly content: JsonObject } {
  return start.type === "m.poll.start"
    ? { type: "m.poll.end", content: { ...relatesTo(start), "m.text": [{ body: text }] } }
    : { type: `${UNSTABLE}.end`, content: { ...relatesTo(start), [`${UNSTABLE}.end`]: {}, [UNSTABLE_TEXT]: text } };
}

type PollStart = { readonly type: string; readonly eventId: EventId };

const relatesTo = ({ eventId }: PollStart): JsonObject => ({ "m.relates_to": { rel_type: "m.reference", event_id: eventId } });

const isAnswerId = (id: string | undefined): id is string =>
  id !== undefined && id.length > 0 && id.length <= MAX_ID_CHARS && id.isWellFormed();

function textOf(content: JsonObject | undefined): string | undefined {
  const text = content === undefined ? undefined : extensibleText(content)?.trim().slice(0, MAX_POLL_TEXT_CHARS).toWellFormed();
  return text === "" ? undefined : text;
}
