import { err, ok, type Result } from "../../protocol/result.ts";

/** The alphabet of Bitcoin addresses (appendices §Cryptographic key representation). */
const ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const DIGITS: ReadonlyMap<string, number> = new Map(ALPHABET.split("").map((digit, value) => [digit, value]));
/** 35 bytes of a recovery key are 48 digits. The work grows with the square of the length, so nothing much longer is read. */
const MAX_DIGITS = 128;

// Written here because it is two loops, and the only thing that would be used of a package through whose hands every recovery key passes.

/** A leading zero byte becomes a leading `1`. SECURITY: indexes a table with what may be secret; only for text that is shown to the user. */
export function encodeBase58(bytes: Uint8Array): string {
  const digits: number[] = [];
  for (const byte of bytes) {
    let carry = byte;
    for (let i = 0; i < digits.length; i++) {
      carry += (digits[i] ?? 0) * 256;
      digits[i] = carry % 58;
      carry = Math.floor(carry / 58);
    }
    for (; carry > 0; carry = Math.floor(carry / 58)) digits.push(carry % 58);
  }
  const zeros = leading(bytes, 0);
  const text = "1".repeat(zeros) + digits.reverse().reduce((text, digit) => text + ALPHABET.charAt(digit), "");
  digits.fill(0);
  return text;
}

/** Strict: no white space, no other characters. The caller wipes the bytes where they are secret. */
export function decodeBase58(text: string): Result<Uint8Array, "invalid-base58"> {
  if (text.length > MAX_DIGITS) return err("invalid-base58");
  const values: number[] = [];
  for (const character of text) {
    const value = DIGITS.get(character);
    if (value === undefined) return err("invalid-base58");
    values.push(value);
  }
  const littleEndian: number[] = [];
  for (const value of values) {
    let carry = value;
    for (let i = 0; i < littleEndian.length; i++) {
      carry += (littleEndian[i] ?? 0) * 58;
      littleEndian[i] = carry & 0xff;
      carry >>= 8;
    }
    for (; carry > 0; carry >>= 8) littleEndian.push(carry & 0xff);
  }
  const bytes = new Uint8Array(leading(values, 0) + littleEndian.length);
  bytes.set(littleEndian.reverse(), bytes.length - littleEndian.length);
  littleEndian.fill(0);
  values.fill(0);
  return ok(bytes);
}

function leading(values: ArrayLike<number>, what: number): number {
  let count = 0;
  while (count < values.length && values[count] === what) count++;
  return count;
}
