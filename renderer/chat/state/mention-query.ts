import type { Member } from "../../../protocol/messages/room-summary.ts";
import { fold } from "./room-order.ts";

export type MentionQuery = { readonly start: number; readonly term: string };

/** The half-typed mention before the caret: an @ at the start of a word, and what follows it. */
export function mentionQuery(text: string, caret: number): MentionQuery | null {
  const match = /(?:^|[\s(])@([^\s@]{0,64})$/u.exec(text.slice(0, caret));
  if (match === null) return null;
  const term = match[1] ?? "";
  return { start: caret - term.length - 1, term };
}

/** Members whose name or user name fits, those that start with the term first. */
export function matchMembers(members: readonly Member[], term: string, limit: number): readonly Member[] {
  const needle = fold(term);
  const ranked: Array<{ readonly member: Member; readonly rank: number }> = [];
  for (const member of members) {
    if (member.membership !== "join") continue;
    const name = fold(member.displayName ?? "");
    const id = member.userId.slice(1).toLowerCase();
    const rank = name.startsWith(needle)
      ? 0
      : id.startsWith(needle)
        ? 1
        : name.split(/\s+/).some((word) => word.startsWith(needle))
          ? 2
          : name.includes(needle)
            ? 3
            : -1;
    if (rank >= 0) ranked.push({ member, rank });
  }
  return ranked
    .sort((a, b) => a.rank - b.rank || nameOf(a.member).localeCompare(nameOf(b.member)))
    .slice(0, limit)
    .map(({ member }) => member);
}

/** What a person is called: the name that they chose, else the first part of the user name. */
export function nameOf(member: { readonly userId: string; readonly displayName: string | null }): string {
  if (member.displayName !== null && member.displayName.trim() !== "") return member.displayName;
  return localpart(member.userId);
}

export function localpart(userId: string): string {
  const colon = userId.indexOf(":");
  return colon > 1 ? userId.slice(1, colon) : userId;
}
