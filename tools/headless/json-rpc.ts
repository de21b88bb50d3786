import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { z } from "zod";
import { CodedError, type ErrorCode } from "../../protocol/errors.ts";

const requestSchema = z.object({
  jsonrpc: z.literal("2.0"),
  id: z.union([z.string().max(255), z.number(), z.null()]).optional(),
  method: z.string().max(64),
  params: z.unknown().optional(),
});

/** Errors of JSON-RPC itself, and one number for all of ours: which one it is says `data.code`. */
const PARSE_ERROR = -32_700;
const INVALID_REQUEST = -32_600;
const METHOD_NOT_FOUND = -32_601;
const INVALID_PARAMS = -32_602;
const APPLICATION_ERROR = -32_000;

const RETRYABLE: ReadonlySet<ErrorCode> = new Set([
  "offline",
  "timeout",
  "rate-limited",
  "server-error",
  "worker-gone",
  "too-many-requests-in-flight",
  "members-unknown",
]);

export type Handle = (method: string, params: unknown) => Promise<unknown>;

/** JSON-RPC 2.0, one object a line. Requests run side by side: one that waits does not hold up the next. Resolves when the input ends. */
export async function serveJsonRpc(input: Readable, output: Writable, handle: Handle): Promise<void> {
  const running = new Set<Promise<void>>();
  for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (line.trim() === "") continue;
    const work: Promise<void> = answer(line, output, handle).finally(() => running.delete(work));
    running.add(work);
  }
}

export function notify(output: Writable, method: string, params: unknown): void {
  write(output, { jsonrpc: "2.0", method, params });
}

async function answer(line: string, output: Writable, handle: Handle): Promise<void> {
  const request = requestSchema.safeParse(parseJson(line));
  if (!request.success) {
    const code = parseJson(line) === undefined ? PARSE_ERROR : INVALID_REQUEST;
    write(output, {
      jsonrpc: "2.0",
      id: null,
      error: { code, message: "not a JSON-RPC 2.0 request", data: { code: "invalid-request", retryable: false } },
    });
    return;
  }
  const { id, method, params } = request.data;
  try {
    const result = await handle(method, params ?? {});
    if (id !== undefined) write(output, { jsonrpc: "2.0", id, result: result === undefined ? {} : result });
  } catch (error) {
    if (id !== undefined) write(output, { jsonrpc: "2.0", id, error: describe(error) });
  }
}

/** Nothing of the input gets into an error: its message is its code. */
function describe(error: unknown): object {
  if (!(error instanceof CodedError)) {
    console.error(error instanceof Error ? `${error.name}\n${(error.stack ?? "").split("\n").slice(1).join("\n")}` : "not an error");
    return { code: -32_603, message: "internal", data: { code: "internal", retryable: false } };
  }
  const code = error.code === "unknown-method" ? METHOD_NOT_FOUND : error.code === "invalid-request" ? INVALID_PARAMS : APPLICATION_ERROR;
  const retryAfterMs = error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs };
  return { code, message: error.code, data: { code: error.code, retryable: RETRYABLE.has(error.code), ...retryAfterMs } };
}

function write(output: Writable, message: object): void {
  output.write(`${JSON.stringify(message)}\n`);
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
