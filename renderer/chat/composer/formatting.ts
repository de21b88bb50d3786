/** What stands on both sides of a piece of Markdown. */
export type Marker = "**" | "*" | "`" | "~~";

/** A replacement of text from `start` to `end`, and what is selected after it. */
export type Replacement = {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly selection: readonly [number, number];
};

/** Puts the marker around the selection, or takes it away where it stands there already. */
export function toggleMarker(text: string, start: number, end: number, marker: Marker): Replacement {
  const { length } = marker;
  const selected = text.slice(start, end);
  if (isMarked(text, start, end, marker))
    return { start: start - length, end: end + length, text: selected, selection: [start - length, end - length] };
  // Spaces at the ends stay outside: a marker beside one is not understood.
  const lead = selected.length - selected.trimStart().length;
  const inner = selected.trim();
  const from = start + lead;
  return {
    start: from,
    end: from + inner.length,
    text: marker + inner + marker,
    selection: [from + length, from + length + inner.length],
  };
}

function isMarked(text: string, start: number, end: number, marker: Marker): boolean {
  const before = text.slice(0, start);
  const after = text.slice(end);
  if (!before.endsWith(marker) || !after.startsWith(marker)) return false;
  // One star of two is half of another marker, and three are both.
  return marker !== "*" || starsAt(before) % 2 === 1;
}

const starsAt = (before: string): number => /\**$/.exec(before)?.[0].length ?? 0;
