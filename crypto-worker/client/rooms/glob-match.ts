/**
 * Matches a glob piece by piece, each at its leftmost place after the one before. That finds a match wherever there is one, and nothing is
 * ever tried again: rules come from the server, and an expression that backtracks could be made to take for ever.
 */
export function globMatch(pattern: string, text: string, before: string, after: string, literal = false): boolean {
  let position = 0;
  for (const piece of piecesOf(pattern, before, after, literal)) {
    piece.lastIndex = position;
    const found = piece.exec(text);
    if (found === null) return false;
    position = found.index + found[0].length;
  }
  return true;
}

function piecesOf(pattern: string, before: string, after: string, literal: boolean): readonly RegExp[] {
  const key = `${literal} ${before} ${pattern}`;
  const known = compiled.get(key);
  if (known !== undefined) return known;
  const texts = literal ? [pattern] : pattern.split(/\*+/);
  const pieces = texts.map((text, index) => {
    const escaped = text.replace(/[\\^$.|+()[\]{}*?]/g, "\\$&");
    const body = literal ? escaped : escaped.replaceAll("\\?", ".");
    return new RegExp(`${index === 0 ? before : ""}${body}${index === texts.length - 1 ? after : ""}`, "gisu");
  });
  if (compiled.size >= MAX_COMPILED) compiled.clear();
  compiled.set(key, pieces);
  return pieces;
}

/** Rules change rarely, and compiling costs more than matching. */
const compiled = new Map<string, readonly RegExp[]>();
const MAX_COMPILED = 500;
