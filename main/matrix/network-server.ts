import { CodedError, type ErrorCode } from "../../protocol/errors.ts";
import type { HttpRequest, HttpResponse } from "../../protocol/network.ts";
import { decodeText, parseMatrixError } from "./matrix-error.ts";
import { parseRetryAfter } from "./retry.ts";
import type { HomeserverClient, ServerFailure } from "./homeserver-client.ts";
import { isAllowedRequest } from "./request-policy.ts";

const MAX_JSON_BYTES = 128 * 1024 * 1024;
const MAX_MEDIA_BYTES = 64 * 1024 * 1024;

/** Executes one request that the worker described. Bodies pass through unread, except for the standard error fields. */
export async function serveHttp(client: HomeserverClient, request: HttpRequest, signal: AbortSignal): Promise<HttpResponse> {
  if (!isAllowedRequest(request.method, request.path)) throw new CodedError("invalid-request");
  const answer = await client.send({
    method: request.method,
    path: request.path,
    body: request.body,
    accept: request.accept,
    auth: request.auth,
    timeoutMs: Math.max(1000, request.timeoutMs),
    maxBytes: request.accept === "bytes" ? MAX_MEDIA_BYTES : MAX_JSON_BYTES,
    retry: request.retry,
    signal,
  });
  if (!answer.ok) throw new CodedError(errorCodeOf(answer.error));
  const { status, body, contentType, retryAfter } = answer.value;
  // Still 429 after all the waiting that is worth it.
  if (status === 429) throw new CodedError("rate-limited", parseRetryAfter(retryAfter, parseMatrixError(body)?.retry_after_ms, Date.now()));
  const asBytes = request.accept === "bytes" && status >= 200 && status < 300;
  return {
    status,
    body: asBytes ? "" : decodeText(body),
    bytes: asBytes ? new Uint8Array(body) : null,
    contentType: contentType === null ? null : contentType.slice(0, 255),
  };
}

/** How a failure is called on our ports. */
export function errorCodeOf(failure: ServerFailure): ErrorCode {
  switch (failure) {
    case "offline":
    case "no-such-host":
    case "unreachable":
    case "no-session":
      return "offline";
    case "timeout":
    case "too-large":
    case "cancelled":
    case "token-expired":
      return failure;
  }
}
