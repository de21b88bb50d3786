import { errorCodeSchema, type ErrorCode } from "../../protocol/errors.ts";
import type { MessageId } from "./messages/en.ts";
import type { Say } from "./text.tsx";

export type ErrorSentence = { readonly what: MessageId; readonly kept: MessageId; readonly next: MessageId };

/** The three sentences of an error: what happened, what was not lost, what to do. The types guarantee that each code has them. */
export function errorSentence(code: ErrorCode): ErrorSentence {
  return { what: `error.${code}.what`, kept: `error.${code}.kept`, next: `error.${code}.next` };
}

/** All of an error in one line. */
export function errorLine(say: Say, code: ErrorCode): string {
  const { what, next } = errorSentence(code);
  return `${say(what)}. ${say(next)}`;
}

/** Reads a code that travelled as text, such as a failed message's. */
export function parseErrorCode(text: string | null): ErrorCode {
  const parsed = errorCodeSchema.safeParse(text);
  return parsed.success ? parsed.data : "internal";
}
