/** The fields that main's lines (`log.ts`) and the worker's (`crypto-worker/log.ts`) have. Whatever else a line holds is not for a log. */
const FIELDS: ReadonlySet<string> = new Set([
  "at",
  "attempt",
  "bytes",
  "code",
  "commitMs",
  "count",
  "error",
  "errorClass",
  "event",
  "exitCode",
  "frame",
  "kind",
  "level",
  "method",
  "ms",
  "phase",
  "soft",
  "source",
  "status",
  "t",
  "version",
]);
const MAX_LINE = 4096;
const WORD = /^[A-Za-z0-9][A-Za-z0-9_.:/-]{0,79}$/;
/** What a token, a key or an id looks like and a word of ours does not: long, unbroken, letters of both sizes or digits among them. */
const RANDOM = /(?=[A-Za-z0-9_/-]*[A-Z])(?=[A-Za-z0-9_/-]*[a-z0-9])[A-Za-z0-9_/-]{20,}|[0-9a-f]{24,}/;

/** Whether a text may stand in a log: a short word, and no id, key or token of Matrix. */
export const isLogWord = (text: string): boolean => WORD.test(text) && !RANDOM.test(text);

/** A structured line with what is allowed in it, encoded again; undefined for everything that is none. */
export function parseLogLine(line: string): string | undefined {
  if (line.length > MAX_LINE || !line.startsWith("{")) return undefined;
  const parsed = parseJson(line);
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) return undefined;
  const kept = Object.entries(parsed).filter(([name, value]) => FIELDS.has(name) && isLoggable(value));
  return kept.some(([name]) => name === "event") ? JSON.stringify(Object.fromEntries(kept)) : undefined;
}

function isLoggable(value: unknown): boolean {
  return (
    typeof value === "boolean" || (typeof value === "number" && Number.isFinite(value)) || (typeof value === "string" && isLogWord(value))
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
