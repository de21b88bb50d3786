import { err, ok, type Result } from "../../protocol/result.ts";

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;
/** Never index one with an outside string directly: `field` looks at own properties only. */
export type JsonObject = { readonly [key: string]: JsonValue };

export type JsonFailure = "too-large" | "invalid-json" | "too-deep" | "not-an-object";
export type JsonLimits = { readonly maxBytes: number; readonly maxDepth: number };

/** Matrix events are at most 65,536 bytes; nothing legitimate nests anywhere near this deep. */
export const EVENT_JSON_LIMITS: JsonLimits = { maxBytes: 65_536, maxDepth: 64 };
/** Decrypted to-device messages may carry secrets and device keys, and many servers do not apply the event limit to them. */
export const TO_DEVICE_JSON_LIMITS: JsonLimits = { maxBytes: 1 << 20, maxDepth: 64 };
/** An initial sync of a large account is some tens of megabytes. */
export const SYNC_JSON_LIMITS: JsonLimits = { maxBytes: 256 * 1024 * 1024, maxDepth: 128 };

/**
 * Parses text from outside. Of a repeated key the last value counts, as everywhere in JavaScript: what is verified afterwards is the
 * parsed value, so that the text's ambiguity cannot be used. A `__proto__` key becomes an ordinary own property.
 */
export function parseJson(text: string, limits: JsonLimits): Result<JsonValue, JsonFailure> {
  const value = parseBounded(text, limits.maxBytes);
  return value.ok && !isWithinDepth(value.value, limits.maxDepth) ? err("too-deep") : value;
}

/**
 * As `parseJson`, for the body of a server's answer: it holds what many people made, and one who nests too deep must not keep everybody else's from us.
 * What lies beyond the depth becomes null. Whoever reads an item applies its own, smaller limit, so that a cut item is refused and never used in part.
 */
export function parseJsonBody(text: string, limits: JsonLimits): Result<JsonValue, JsonFailure> {
  const value = parseBounded(text, limits.maxBytes);
  return value.ok && !isWithinDepth(value.value, limits.maxDepth) ? ok(cutAt(value.value, limits.maxDepth)) : value;
}

/** As `parseJson`, for text that must be an object. */
export function parseJsonObject(text: string, limits: JsonLimits): Result<JsonObject, JsonFailure> {
  const value = parseJson(text, limits);
  if (!value.ok) return value;
  return isJsonObject(value.value) ? ok(value.value) : err("not-an-object");
}

/** For values that are known to be JSON already, such as a body that the network contract has delivered. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether arrays and objects nest at most `maxDepth` deep; a scalar has depth 0. */
export function isWithinDepth(value: unknown, maxDepth: number): boolean {
  if (typeof value !== "object" || value === null) return true;
  if (maxDepth <= 0) return false;
  if (Array.isArray(value)) {
    for (const item of value) if (typeof item === "object" && item !== null && !isWithinDepth(item, maxDepth - 1)) return false;
    return true;
  }
  for (const item of Object.values(value)) {
    if (typeof item === "object" && item !== null && !isWithinDepth(item, maxDepth - 1)) return false;
  }
  return true;
}

/** Whether what the text of a value would hold, its keys and strings and one for everything else, is at most this long. Stops counting there. */
export function isWithinSize(value: JsonValue, maxLength: number): boolean {
  return remainingAfter(value, maxLength) >= 0;
}

/** An own property, or undefined. */
export function field(object: JsonObject, key: string): JsonValue | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

export function stringField(object: JsonObject, key: string): string | undefined {
  const value = field(object, key);
  return typeof value === "string" ? value : undefined;
}

export function booleanField(object: JsonObject, key: string): boolean | undefined {
  const value = field(object, key);
  return typeof value === "boolean" ? value : undefined;
}

/** A safe integer; anything else is undefined. */
export function integerField(object: JsonObject, key: string): number | undefined {
  const value = field(object, key);
  return Number.isSafeInteger(value) ? (value as number) : undefined;
}

export function objectField(object: JsonObject, key: string): JsonObject | undefined {
  const value = field(object, key);
  return isJsonObject(value) ? value : undefined;
}

export function arrayField(object: JsonObject, key: string): readonly JsonValue[] | undefined {
  const value = field(object, key);
  return Array.isArray(value) ? (value as readonly JsonValue[]) : undefined;
}

/** The strings of an array; undefined when it is no array or holds anything else. */
export function stringArrayField(object: JsonObject, key: string): readonly string[] | undefined {
  const value = arrayField(object, key);
  return value?.every((item) => typeof item === "string") === true ? value : undefined;
}

function parseBounded(text: string, maxBytes: number): Result<JsonValue, JsonFailure> {
  if (text.length > maxBytes || (text.length * 3 > maxBytes && utf8Length(text) > maxBytes)) return err("too-large");
  try {
    return ok(JSON.parse(text) as JsonValue);
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError) return err("invalid-json");
    throw error;
  }
}

function remainingAfter(value: JsonValue, length: number): number {
  let remaining = length - (typeof value === "string" ? value.length : 1);
  if (typeof value !== "object" || value === null) return remaining;
  for (const [key, item] of Object.entries(value)) {
    if (remaining < 0) return remaining;
    remaining = remainingAfter(item, remaining - key.length);
  }
  return remaining;
}

function cutAt(value: JsonValue, maxDepth: number): JsonValue {
  if (typeof value !== "object" || value === null) return value;
  if (maxDepth <= 0) return null;
  if (!isJsonObject(value)) return value.map((item) => cutAt(item, maxDepth - 1));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, cutAt(item, maxDepth - 1)]));
}

function utf8Length(text: string): number {
  let length = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0x800 && (unit < 0xd800 || unit > 0xdfff)) length += 2;
    else if (unit >= 0x80) length += 1;
  }
  return length;
}
