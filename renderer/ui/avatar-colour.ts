const HUES = 8;

/** One of eight calm hues, the same for the same id everywhere. */
export function avatarHue(id: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193);
  return ((hash ^ (hash >>> 15)) >>> 0) % HUES;
}

const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** One or two letters for who has no picture: first letters of the first two words, sigils and punctuation skipped. */
export function initials(name: string): string {
  const words = name
    .replace(/^[@#!]/u, "")
    .split(/[\s._\-–—:/]+/u)
    .map((word) => word.replace(/^[^\p{L}\p{N}\p{Extended_Pictographic}]+/u, ""))
    .filter((word) => word !== "");
  const letters = words.slice(0, 2).map(firstGrapheme);
  const first = letters[0];
  if (first === undefined) return "?";
  if (/\p{Extended_Pictographic}/u.test(first)) return first;
  return letters.join("").toLocaleUpperCase();
}

function firstGrapheme(word: string): string {
  for (const { segment } of segmenter.segment(word)) return segment;
  return "";
}
