export type Strength = 0 | 1 | 2 | 3;

const MIN_CHARS = 8;

/**
 * A rough guess of how hard a passphrase is to find, to advise, not to decide: length counts most, repetition and plain sequences count little.
 * 0 is too short, 1 weak, 2 fair, 3 strong.
 */
export function passphraseStrength(passphrase: string): Strength {
  if (Array.from(passphrase).length < MIN_CHARS) return 0;
  const bits = estimateBits(passphrase);
  if (bits < 38) return 1;
  return bits < 56 ? 2 : 3;
}

function estimateBits(passphrase: string): number {
  const words = passphrase
    .trim()
    .split(/[\s\-_.,]+/)
    .filter((word) => /^\p{L}{3,}$/u.test(word));
  const distinctWords = new Set(words.map((word) => word.toLowerCase())).size;
  // Four or more plain words are guessed word by word (some 13 bits each), fewer letter by letter.
  if (distinctWords >= 4 && words.join("").length > passphrase.length * 0.7) return distinctWords * 13.5;
  let bits = 0;
  let before = Number.NaN;
  const seen = new Map<string, number>();
  for (const character of passphrase) {
    const code = character.codePointAt(0) ?? 0;
    const times = seen.get(character) ?? 0;
    seen.set(character, times + 1);
    const predictable = Math.abs(code - before) <= 1;
    bits += predictable ? 0.5 : Math.max(0.7, bitsOf(character) - times * 1.2);
    before = code;
  }
  return bits;
}

function bitsOf(character: string): number {
  if (/\p{Ll}/u.test(character)) return 3;
  if (/\p{Lu}/u.test(character)) return 3.6;
  if (/\p{N}/u.test(character)) return 3;
  return character === " " ? 1.5 : 4.4;
}
