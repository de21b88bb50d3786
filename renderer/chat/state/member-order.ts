import type { Member } from "../../../protocol/messages/room-summary.ts";
import { nameOf } from "./mention-query.ts";
import { fold } from "./room-order.ts";

const collator = new Intl.Collator(undefined, { sensitivity: "base", numeric: true });

/** Who is here and who is invited: those to look at first, then those who may do more, then by name; filtered by a typed term. */
export function arrangeMembers(members: readonly Member[], term: string, first: ReadonlyMap<string, unknown>): readonly Member[] {
  const needle = fold(term.trim());
  return members
    .filter(({ membership }) => membership === "join" || membership === "invite")
    .filter((member) => needle === "" || fold(nameOf(member)).includes(needle) || member.userId.toLowerCase().includes(needle))
    .map((member) => ({ member, name: nameOf(member).replace(/^[^\p{L}\p{N}]+/u, "") }))
    .sort(
      (a, b) =>
        Number(first.has(b.member.userId)) - Number(first.has(a.member.userId)) ||
        rank(b.member) - rank(a.member) ||
        collator.compare(a.name, b.name) ||
        (a.member.userId < b.member.userId ? -1 : 1),
    )
    .map(({ member }) => member);
}

function rank({ membership, powerLevel }: Member): number {
  if (membership === "invite") return -1;
  return powerLevel >= 100 ? 2 : powerLevel >= 50 ? 1 : 0;
}
