import { fold } from "../state/room-order.ts";
import { EMOJI_NAMES } from "./emoji-names.ts";
import { SHORTCODES } from "./shortcodes.ts";

export type Emoji = {
  readonly glyph: string;
  /** Unicode's, in English: what it is looked for by, and read as. */
  readonly name: string;
  /** What people type between colons; the first is the one that is shown. */
  readonly shortcodes: readonly string[];
  /** All that it is found by, in small letters: the shortcodes as words, and the name last. */
  readonly terms: readonly string[];
};

export type EmojiGroup = keyof typeof EMOJI_NAMES;
export const EMOJI_GROUPS: readonly EmojiGroup[] = [
  "smileys",
  "people",
  "nature",
  "food",
  "travel",
  "activities",
  "objects",
  "symbols",
  "flags",
];

/** The emoji of a group, in Unicode's order. */
export function emojiOf(group: EmojiGroup): readonly Emoji[] {
  return (groups ??= readGroups()).get(group) ?? [];
}

/** Emoji for a term, the likeliest first: by what is typed between colons, then by the words of the name. */
export function findEmoji(term: string, limit: number): readonly Emoji[] {
  const needle = fold(term.trim()).replaceAll("_", " ");
  if (needle === "") return [];
  const ranked: { readonly emoji: Emoji; readonly rank: number }[] = [];
  for (const group of EMOJI_GROUPS)
    for (const emoji of emojiOf(group)) {
      const rank = rankOf(emoji, needle);
      if (rank >= 0) ranked.push({ emoji, rank });
    }
  return ranked
    .sort((a, b) => a.rank - b.rank)
    .slice(0, limit)
    .map(({ emoji }) => emoji);
}

/** What a name between colons stands for. */
export function emojiByShortcode(code: string): Emoji | undefined {
  const wanted = code.toLowerCase();
  for (const group of EMOJI_GROUPS) {
    const found = emojiOf(group).find(({ shortcodes }) => shortcodes.includes(wanted));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The emoji that a reaction or a message consists of, as far as it is one that we know. */
export function emojiName(glyph: string): string | undefined {
  names ??= new Map(EMOJI_GROUPS.flatMap((group) => emojiOf(group).map((emoji) => [emoji.glyph, emoji.name])));
  return names.get(glyph);
}

/** Read when they are first asked for: most starts of the app never do. */
let groups: ReadonlyMap<EmojiGroup, readonly Emoji[]> | undefined;
let names: ReadonlyMap<string, string> | undefined;

function readGroups(): ReadonlyMap<EmojiGroup, readonly Emoji[]> {
  return new Map(EMOJI_GROUPS.map((group) => [group, EMOJI_NAMES[group].split("|").map(readEmoji)]));
}

function readEmoji(entry: string): Emoji {
  const space = entry.indexOf(" ");
  const glyph = entry.slice(0, space);
  const name = entry.slice(space + 1);
  const own = fold(name)
    .replaceAll(/[^a-z0-9]+/g, "_")
    .replaceAll(/^_|_$/g, "");
  const usual = SHORTCODES[glyph]?.split(" ") ?? [];
  const terms = [...usual.map((code) => code.replaceAll("_", " ")), fold(name).replaceAll("-", " ")];
  return { glyph, name, shortcodes: [...usual, own], terms };
}

function rankOf({ terms }: Emoji, needle: string): number {
  const name = terms.length - 1;
  let best = -1;
  terms.forEach((term, index) => {
    const at = term.indexOf(needle);
    if (at < 0) return;
    const rank = term === needle ? 0 : at === 0 ? (index < name ? 1 : 2) : term[at - 1] === " " ? 3 : 4;
    if (best < 0 || rank < best) best = rank;
  });
  return best;
}
