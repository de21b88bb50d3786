import { err, ok, type Result } from "../../protocol/result.ts";

export type RawRequest = {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** For the whole exchange, body included. */
  readonly timeoutMs: number;
  /** A longer body is refused while it is being read. */
  readonly maxBytes: number;
  readonly signal?: AbortSignal;
};

export type RawResponse = {
  readonly status: number;
  readonly contentType: string | null;
  readonly retryAfter: string | null;
  readonly location: string | null;
  readonly body: Uint8Array;
};

/** Why there is no response. `no-such-host` and `offline` say that nothing was sent; for the others the server may have acted. */
export type TransportFailure = "no-such-host" | "offline" | "unreachable" | "timeout" | "too-large" | "cancelled";

/** One HTTP exchange: no retries, no redirects followed, no cookies. */
export interface Transport {
  send(request: RawRequest): Promise<Result<RawResponse, TransportFailure>>;
}

/** Node's fetch, which keeps connections alive between requests. */
export const fetchTransport: Transport = {
  async send(request) {
    const timeout = AbortSignal.timeout(request.timeoutMs);
    const signal = request.signal === undefined ? timeout : AbortSignal.any([timeout, request.signal]);
    try {
      const response = await fetch(request.url, {
        method: request.method,
        headers: request.headers,
        // A redirect could carry the token to a stranger; whoever wants to follow one does it knowingly.
        redirect: "manual",
        signal,
        ...(request.body === undefined ? {} : { body: request.body }),
      });
      const body = await readBounded(response, request.maxBytes);
      if (body === undefined) return err("too-large");
      return ok({
        status: response.status,
        contentType: response.headers.get("content-type"),
        retryAfter: response.headers.get("retry-after"),
        location: response.headers.get("location"),
        body,
      });
    } catch (error) {
      if (request.signal?.aborted === true) return err("cancelled");
      if (timeout.aborted) return err("timeout");
      return err(classify(error));
    }
  },
};

async function readBounded(response: Response, maxBytes: number): Promise<Uint8Array | undefined> {
  if (response.body === null) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body) {
    length += chunk.byteLength;
    // Leaving the loop cancels the stream, and with it the download.
    if (length > maxBytes) return undefined;
    chunks.push(chunk);
  }
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, length);
}

const NO_NETWORK: ReadonlySet<string> = new Set(["EAI_AGAIN", "ENETUNREACH", "EHOSTUNREACH", "ENETDOWN", "EADDRNOTAVAIL"]);
const TIMED_OUT: ReadonlySet<string> = new Set(["UND_ERR_HEADERS_TIMEOUT", "UND_ERR_BODY_TIMEOUT", "UND_ERR_CONNECT_TIMEOUT", "ETIMEDOUT"]);

function classify(error: unknown): TransportFailure {
  const code = codeOf(error) ?? (error instanceof Error ? codeOf(error.cause) : undefined);
  if (code === undefined) return "unreachable";
  if (code === "ENOTFOUND") return "no-such-host";
  if (NO_NETWORK.has(code)) return "offline";
  return TIMED_OUT.has(code) ? "timeout" : "unreachable";
}

function codeOf(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}
