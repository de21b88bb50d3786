import { err, ok, type Result } from "../../protocol/result.ts";

export type CanonicalJsonFailure = "not-canonical";

const MAX_DEPTH = 128;
const SURROGATE = /[\ud800-\udfff]/;

/**
 * Canonical JSON (appendices §Canonical JSON): keys sorted by code point, no white space, shortest escapes, integers within ±(2^53 − 1)
 * only. Fails for floats, lone surrogates, non-JSON values and unreasonable depth, all of which a peer can send.
 */
export function canonicalJson(value: unknown): Result<string, CanonicalJsonFailure> {
  try {
    return ok(encodeCanonicalJson(value));
  } catch (error) {
    if (error instanceof NotCanonical) return err("not-canonical");
    throw error;
  }
}

/** The same for objects of our own making; throws where `canonicalJson` fails. */
export function encodeCanonicalJson(value: unknown): string {
  return encode(value, MAX_DEPTH);
}

class NotCanonical extends Error {
  override readonly name = "NotCanonical";
}

function encode(value: unknown, depth: number): string {
  switch (typeof value) {
    case "string":
      return encodeString(value);
    case "number":
      if (!Number.isSafeInteger(value)) throw new NotCanonical("a number is no safe integer");
      // String(-0) is "0", as the spec asks.
      return String(value);
    case "boolean":
      return value ? "true" : "false";
    case "object":
      if (value === null) return "null";
      if (depth === 0) throw new NotCanonical("nested too deep");
      return Array.isArray(value) ? encodeArray(value, depth) : encodeObject(value, depth);
    default:
      throw new NotCanonical("not a JSON value");
  }
}

function encodeArray(value: readonly unknown[], depth: number): string {
  let text = "[";
  for (let i = 0; i < value.length; i++) {
    if (i > 0) text += ",";
    text += encode(value[i], depth - 1);
  }
  return text + "]";
}

function encodeObject(value: object, depth: number): string {
  const keys = Object.keys(value);
  keys.sort(keys.some((key) => SURROGATE.test(key)) ? compareCodePoints : undefined);
  let text = "{";
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] ?? "";
    if (i > 0) text += ",";
    text += encodeString(key) + ":" + encode((value as Record<string, unknown>)[key], depth - 1);
  }
  return text + "}";
}

function encodeString(text: string): string {
  if (!text.isWellFormed()) throw new NotCanonical("a string has a lone surrogate");
  // JSON.stringify escapes exactly what the spec's grammar says, in the same lower-case form.
  return JSON.stringify(text);
}

/** The default order compares UTF-16 units, which puts astral characters before U+E000…U+FFFF. */
function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    // A surrogate stands for a code point above every single unit.
    if (x !== y) return isSurrogate(x) === isSurrogate(y) ? x - y : isSurrogate(x) ? 1 : -1;
  }
  return a.length - b.length;
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff;
}
