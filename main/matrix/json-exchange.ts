import { CodedError, type ErrorCode } from "../../protocol/errors.ts";
import { type MatrixError, parseJson, parseMatrixError } from "./matrix-error.ts";
import { parseRetryAfter } from "./retry.ts";
import type { RawRequest, Transport, TransportFailure } from "./transport.ts";

export type JsonRequest = {
  readonly method: RawRequest["method"];
  readonly baseUrl: string;
  readonly path: string;
  readonly body?: unknown;
  readonly token?: string;
  readonly timeoutMs: number;
  readonly maxBytes: number;
  readonly signal?: AbortSignal | undefined;
};

export type JsonAnswer = { readonly status: number; readonly body: unknown; readonly error: MatrixError | undefined };

/**
 * One request before there is a session (discovery, login, logout). It is tried once: a person is waiting in front of a form and can press again.
 * Throws `CodedError` for everything that is not an answer of the server.
 */
export async function exchangeJson(transport: Transport, request: JsonRequest): Promise<JsonAnswer> {
  const answer = await transport.send({
    method: request.method,
    url: request.baseUrl + request.path,
    headers: {
      accept: "application/json",
      ...(request.body === undefined ? {} : { "content-type": "application/json" }),
      ...(request.token === undefined ? {} : { authorization: `Bearer ${request.token}` }),
    },
    timeoutMs: request.timeoutMs,
    maxBytes: request.maxBytes,
    ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
    ...(request.signal === undefined ? {} : { signal: request.signal }),
  });
  if (!answer.ok) throw new CodedError(errorCodeOfFailure(answer.error));
  const { status, body, retryAfter } = answer.value;
  const error = status >= 400 ? parseMatrixError(body) : undefined;
  if (status === 429) throw new CodedError("rate-limited", parseRetryAfter(retryAfter, error?.retry_after_ms, Date.now()));
  return { status, body: parseJson(body), error };
}

/** How a failure of the transport is called on our ports. */
export function errorCodeOfFailure(failure: TransportFailure): ErrorCode {
  return failure === "no-such-host" || failure === "unreachable" ? "offline" : failure;
}
