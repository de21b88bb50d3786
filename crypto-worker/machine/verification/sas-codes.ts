import { SAS_EMOJI } from "./sas-emoji.ts";

/** What two people compare (E2EE §SAS method: emoji, decimal). */
export type SasCodes = {
  readonly emoji: readonly (readonly [symbol: string, name: string])[];
  /** Indices into the specification's table, for names in other languages. */
  readonly emojiIndices: readonly number[];
  /** Each between 1000 and 9191. */
  readonly decimals: readonly [number, number, number];
};

/** Bytes of HKDF that the codes take: six for the emoji; the decimals use the first five. */
export const SAS_CODE_BYTES = 6;

export function sasCodesOf(bytes: Uint8Array): SasCodes {
  if (bytes.length !== SAS_CODE_BYTES) throw new Error("the codes are made of six bytes");
  const emojiIndices = [0, 1, 2, 3, 4, 5, 6].map((i) => bitsAt(bytes, 6 * i, 6));
  return {
    emoji: emojiIndices.map((index) => SAS_EMOJI[index] ?? ["", ""]),
    emojiIndices,
    decimals: [bitsAt(bytes, 0, 13) + 1000, bitsAt(bytes, 13, 13) + 1000, bitsAt(bytes, 26, 13) + 1000],
  };
}

/** `count` bits from bit `start` on, most significant first. */
function bitsAt(bytes: Uint8Array, start: number, count: number): number {
  let value = 0;
  for (let bit = start; bit < start + count; bit++) value = (value << 1) | (((bytes[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1);
  return value;
}
