import type { Member } from "../../../protocol/messages/room-summary.ts";
import { findEmoji, type Emoji } from "../emoji/emoji.ts";
import { matchMembers, mentionQuery } from "../state/mention-query.ts";

/** What is half typed before the caret, from `start` on: an @ and a name, or a colon and a word for an emoji. */
export type Query = { readonly kind: "person" | "emoji"; readonly start: number; readonly term: string };

export type Suggestion =
  | { readonly kind: "person"; readonly key: string; readonly member: Member }
  | { readonly kind: "emoji"; readonly key: string; readonly emoji: Emoji };

const SHOWN = 7;

export function suggestionQuery(text: string, caret: number): Query | null {
  const mention = mentionQuery(text, caret);
  if (mention !== null) return { kind: "person", ...mention };
  // Two letters at least: after one, nearly everything would fit, and what was meant may be a smiley.
  const term = /(?:^|[\s(])(:[a-z0-9_+-]{2,32})$/iu.exec(text.slice(0, caret))?.[1];
  return term === undefined ? null : { kind: "emoji", start: caret - term.length, term: term.slice(1) };
}

export function suggestionsFor(query: Query | null, members: readonly Member[]): readonly Suggestion[] {
  if (query === null) return [];
  return query.kind === "person"
    ? matchMembers(members, query.term, SHOWN).map((member) => ({ kind: "person", key: member.userId, member }))
    : findEmoji(query.term, SHOWN).map((emoji) => ({ kind: "emoji", key: emoji.glyph, emoji }));
}

/** A whole name between colons that has just been closed, `:tada:`. */
export function closedShortcode(text: string, caret: number): { readonly start: number; readonly code: string } | null {
  const [typed, code] = /(?<=^|[\s(]):([a-z0-9_+-]{1,48}):$/iu.exec(text.slice(0, caret)) ?? [];
  return typed === undefined || code === undefined ? null : { start: caret - typed.length, code };
}
