export type JsonObject = Record<string, unknown>;

/** An object that is neither null nor an array. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The object, or an empty one in place of anything else. */
export function objectOr(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}

export function stringOr<T>(value: unknown, otherwise: T): string | T {
  return typeof value === "string" ? value : otherwise;
}

export function integerOr<T>(value: unknown, otherwise: T): number | T {
  return typeof value === "number" && Number.isSafeInteger(value) ? value : otherwise;
}

/** Canonical JSON of the Matrix spec: keys sorted by code point, no white space. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (!isObject(value)) return JSON.stringify(value) ?? "null";
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  entries.sort(([left], [right]) => compareCodePoints(left, right));
  return `{${entries.map(([key, inner]) => `${JSON.stringify(key)}:${canonicalJson(inner)}`).join(",")}}`;
}

function compareCodePoints(left: string, right: string): number {
  // UTF-8 keeps the order of code points, UTF-16 does not.
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}

/** Whether events may carry the value: canonical JSON has safe integers only. */
export function isCanonical(value: unknown): boolean {
  if (typeof value === "number") return Number.isSafeInteger(value);
  if (Array.isArray(value)) return value.every(isCanonical);
  if (isObject(value)) return Object.values(value).every(isCanonical);
  return true;
}
