const ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const LENGTH = 48;
const GROUP = 4;
const BYTES = 35;
/** What each recovery key begins with (Client-Server API, "Cryptographic key representation"). */
const PREFIX = [0x8b, 0x01];

/** How what is typed looks so far. Only a help: whether it opens anything, the worker says. */
export type KeyLook =
  | { readonly kind: "empty" }
  | { readonly kind: "bad-character"; readonly character: string }
  | { readonly kind: "short"; readonly count: number }
  | { readonly kind: "long" }
  | { readonly kind: "typo" }
  | { readonly kind: "good" };

/** Looks at a recovery key as it is being typed, spaces or not. */
export function lookAtKey(text: string): KeyLook {
  const key = text.replaceAll(/\s/g, "");
  if (key === "") return { kind: "empty" };
  const bad = Array.from(key).find((character) => !ALPHABET.includes(character));
  if (bad !== undefined) return { kind: "bad-character", character: bad };
  if (key.length < LENGTH) return { kind: "short", count: key.length };
  if (key.length > LENGTH) return { kind: "long" };
  return isWhole(key) ? { kind: "good" } : { kind: "typo" };
}

/** The key's groups of four, as it is shown. */
export const groupsOf = (key: string): readonly string[] => key.replaceAll(/\s/g, "").match(new RegExp(`.{1,${GROUP}}`, "g")) ?? [];

/** The recovery key in a text file that was saved with one: the first line which looks like one. */
export function findKey(text: string): string | undefined {
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .find((line) => lookAtKey(line).kind === "good");
}

/** Two different places out of `count`, in order, from 32 bits of randomness. */
export function twoPlaces(count: number, random: number): readonly [number, number] {
  const first = random % count;
  const second = (first + 1 + (Math.floor(random / count) % (count - 1))) % count;
  return first < second ? [first, second] : [second, first];
}

/** Base58 with the prefix and the parity byte in place. */
function isWhole(key: string): boolean {
  const bytes = fromBase58(key);
  return bytes.length === BYTES && PREFIX.every((byte, at) => bytes[at] === byte) && bytes.reduce((parity, byte) => parity ^ byte, 0) === 0;
}

function fromBase58(text: string): readonly number[] {
  let number = 0n;
  for (const character of text) number = number * 58n + BigInt(ALPHABET.indexOf(character));
  const bytes: number[] = [];
  for (; number > 0n; number >>= 8n) bytes.unshift(Number(number & 0xffn));
  return bytes;
}
