import { CodedError } from "../../protocol/errors.ts";
import { err, ok, type Result } from "../../protocol/result.ts";

/** The body of a request that is read while it is sent. */
export type StreamedBody = {
  /** In bytes; servers want to know beforehand. */
  readonly size: number;
  /** From the start, each time. */
  read(): AsyncIterable<Uint8Array>;
};

/** Takes the body of an answer that is too large for memory. */
export interface BodySink {
  /** Resolves when all of it is taken; leaving the loop early ends the exchange. `total` is what the server says, if it does. */
  write(body: AsyncIterable<Uint8Array>, total: number | null): Promise<void>;
}

export type RawRequest = {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | StreamedBody;
  /** For the whole exchange, body included. Where a body is streamed, for every pause in which no byte moves. */
  readonly timeoutMs: number;
  /** A longer body is refused while it is being read. */
  readonly maxBytes: number;
  /** Gets the body of a 2xx answer, whose `body` is empty then. */
  readonly sink?: BodySink;
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
    const isStreamed = request.sink !== undefined || typeof request.body === "object";
    const timer = new Timer(request.timeoutMs);
    const alive = (): void => {
      if (isStreamed) timer.restart();
    };
    const signal = request.signal === undefined ? timer.signal : AbortSignal.any([timer.signal, request.signal]);
    try {
      const response = await fetch(request.url, {
        method: request.method,
        // A redirect could carry the token to a stranger; whoever wants to follow one does it knowingly.
        redirect: "manual",
        signal,
        ...initOf(request, alive),
      });
      const common = {
        status: response.status,
        contentType: response.headers.get("content-type"),
        retryAfter: response.headers.get("retry-after"),
        location: response.headers.get("location"),
      };
      if (request.sink !== undefined && response.ok) {
        await request.sink.write(bounded(response, request.maxBytes, alive), lengthOf(response));
        return ok({ ...common, body: new Uint8Array() });
      }
      const body = await readBounded(response, request.maxBytes, alive);
      return ok({ ...common, body });
    } catch (error) {
      if (request.signal?.aborted === true) return err("cancelled");
      if (error instanceof TooLarge) return err("too-large");
      if (error instanceof CodedError) throw error;
      if (timer.signal.aborted) return err("timeout");
      return err(classify(error));
    } finally {
      timer.stop();
    }
  },
};

/** Aborts its signal unless it is restarted in time. */
class Timer {
  readonly #controller = new AbortController();
  readonly #timeout: NodeJS.Timeout;

  constructor(ms: number) {
    this.#timeout = setTimeout(() => this.#controller.abort(), ms);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  restart(): void {
    this.#timeout.refresh();
  }

  stop(): void {
    clearTimeout(this.#timeout);
  }
}

class TooLarge extends Error {}

function initOf({ headers, body }: RawRequest, alive: () => void): RequestInit {
  if (body === undefined || typeof body === "string") return { headers, ...(body === undefined ? {} : { body }) };
  async function* watched(source: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
    for await (const chunk of source) {
      alive();
      yield chunk;
    }
  }
  // Many servers refuse an upload of which they do not know the length.
  return { headers: { ...headers, "content-length": String(body.size) }, body: streamOf(watched(body.read())), ...STREAMED };
}

/**
 * Node wants to be told that the answer comes after the body. Without the other two it keeps a copy of what it has sent, all of it and in memory, in case it has
 * to send it again (https://fetch.spec.whatwg.org/#http-network-or-cache-fetch, step 8.4).
 */
const STREAMED = { duplex: "half", redirect: "error", window: null } as const;

function streamOf(source: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  const iterator = source[Symbol.asyncIterator]();
  return new ReadableStream({
    async pull(controller) {
      const next = await iterator.next();
      if (next.done === true) controller.close();
      else controller.enqueue(next.value);
    },
    async cancel() {
      await iterator.return?.();
    },
  });
}

function lengthOf(response: Response): number | null {
  const length = response.headers.get("content-length");
  // What is compressed on the way is longer when it has arrived.
  return length !== null && /^\d{1,15}$/.test(length) && response.headers.get("content-encoding") === null ? Number(length) : null;
}

async function* bounded(response: Response, maxBytes: number, alive: () => void): AsyncIterable<Uint8Array> {
  if (response.body === null) return;
  if ((lengthOf(response) ?? 0) > maxBytes) throw new TooLarge();
  let length = 0;
  for await (const chunk of response.body) {
    alive();
    length += chunk.byteLength;
    // Leaving the loop cancels the stream, and with it the download.
    if (length > maxBytes) throw new TooLarge();
    yield chunk;
  }
}

async function readBounded(response: Response, maxBytes: number, alive: () => void): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bounded(response, maxBytes, alive)) chunks.push(chunk);
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
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
