import type { ParamsOf, PayloadOf, ResultOf } from "../../protocol/define.ts";
import { CodedError } from "../../protocol/errors.ts";
import type { NetworkContract } from "../../protocol/network.ts";
import type { Handlers } from "../../protocol/rpc.ts";
import type { HomeserverClient, ServerFailure } from "../matrix/homeserver-client.ts";
import { decodeText, parseMatrixError } from "../matrix/matrix-error.ts";
import { errorCodeOf } from "../matrix/network-server.ts";
import { isAllowedRequest } from "../matrix/request-policy.ts";
import { parseRetryAfter } from "../matrix/retry.ts";
import type { RawResponse } from "../matrix/transport.ts";
import type { Result } from "../../protocol/result.ts";
import type { MediaSpool } from "./media-spool.ts";

type Progress = PayloadOf<NetworkContract["transferred"]>;
type Verbs = "spoolAppend" | "spoolRead" | "spoolRemove" | "spoolList" | "upload" | "download";

const MAX_ANSWER_BYTES = 65_536;
/** Progress is told at most this often. */
const TELL_EVERY_MS = 100;
const MIN_PAUSE_MS = 1000;

/** The network contract's part about files. `emit` tells the worker how far a transfer is. */
export function mediaHandlers(
  client: HomeserverClient,
  spool: MediaSpool,
  emit: (progress: Progress) => void,
): Pick<Handlers<NetworkContract>, Verbs> {
  return {
    spoolAppend: async ({ spoolId, offset, bytes, durable }) => {
      await spool.append(spoolId, offset, bytes, durable);
      return {};
    },
    spoolRead: async ({ spoolId, offset, length }) => ({ bytes: await spool.read(spoolId, offset, length) }),
    spoolRemove: async ({ spoolIds }) => {
      await spool.remove(spoolIds);
      return {};
    },
    spoolList: async () => ({ spoolIds: await spool.list() }),
    upload: (params, { signal }) => upload(client, spool, params, emit, signal),
    download: (params, { signal }) => download(client, spool, params, emit, signal),
  };
}

async function upload(
  client: HomeserverClient,
  spool: MediaSpool,
  { spoolId, path, contentType, timeoutMs }: ParamsOf<NetworkContract["upload"]>,
  emit: (progress: Progress) => void,
  signal: AbortSignal,
): Promise<ResultOf<NetworkContract["upload"]>> {
  const tell = throttled(spoolId, emit);
  const body = await spool.source(spoolId, (done) => tell(done, body.size));
  const answer = await client.send({
    method: "POST",
    path: allowed("POST", path),
    body,
    contentType: plainType(contentType),
    accept: "json",
    auth: true,
    timeoutMs: Math.max(MIN_PAUSE_MS, timeoutMs),
    maxBytes: MAX_ANSWER_BYTES,
    // A file whose answer was lost would lie there twice; the worker decides when it is worth another attempt.
    retry: "never",
    signal,
  });
  const { status, body: text } = finalAnswer(answer);
  return { status, body: decodeText(text) };
}

async function download(
  client: HomeserverClient,
  spool: MediaSpool,
  { spoolId, path, maxBytes, timeoutMs }: ParamsOf<NetworkContract["download"]>,
  emit: (progress: Progress) => void,
  signal: AbortSignal,
): Promise<ResultOf<NetworkContract["download"]>> {
  const tell = throttled(spoolId, emit);
  let size = 0;
  const sink = spool.sink(spoolId, (done, total) => {
    size = done;
    tell(done, total);
  });
  const answer = await client.send({
    method: "GET",
    path: allowed("GET", path),
    accept: "bytes",
    auth: true,
    timeoutMs: Math.max(MIN_PAUSE_MS, timeoutMs),
    maxBytes,
    retry: "safe",
    sink,
    signal,
  });
  if (!answer.ok) await spool.remove([spoolId]);
  const { status, body } = finalAnswer(answer);
  const isHere = status >= 200 && status < 300;
  return { status, size: isHere ? size : 0, body: isHere ? "" : decodeText(body.subarray(0, MAX_ANSWER_BYTES)) };
}

function finalAnswer(answer: Result<RawResponse, ServerFailure>): RawResponse {
  if (!answer.ok) throw new CodedError(errorCodeOf(answer.error));
  const { status, retryAfter, body } = answer.value;
  if (status === 429) throw new CodedError("rate-limited", parseRetryAfter(retryAfter, parseMatrixError(body)?.retry_after_ms, Date.now()));
  return answer.value;
}

function allowed(method: "GET" | "POST", path: string): string {
  if (!isAllowedRequest(method, path)) throw new CodedError("invalid-request");
  return path;
}

/** A media type without anything that could begin another header. */
function plainType(contentType: string): string {
  if (!/^[\u0020-\u007e]+$/.test(contentType)) throw new CodedError("invalid-request");
  return contentType;
}

function throttled(spoolId: string, emit: (progress: Progress) => void): (done: number, total: number | null) => void {
  let toldAt = 0;
  return (done, total) => {
    const now = Date.now();
    if (done !== total && now - toldAt < TELL_EVERY_MS) return;
    toldAt = now;
    emit({ spoolId, done, total });
  };
}
