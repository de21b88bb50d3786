import type { CallsOf, ParamsOf, PayloadOf, ResultOf } from "../../protocol/define.ts";
import { CodedError, type ErrorCode, type RpcError } from "../../protocol/errors.ts";
import type { HttpRequest, HttpResponse, NetworkContract } from "../../protocol/network.ts";
import { err, ok, type Result } from "../../protocol/result.ts";
import { encodeBase64Url } from "../primitives/base64.ts";
import type { Env } from "../machine/env.ts";
import { parseAuthChallenge, type AuthChallenge } from "../wire/auth-challenge.ts";
import { isJsonObject, parseJsonBody, stringField, type JsonObject } from "../wire/json.ts";

/** As much of the network contract as requests need. */
export interface HttpNetwork {
  call(method: "http", request: HttpRequest, options?: { readonly signal?: AbortSignal }): Promise<Result<HttpResponse, RpcError>>;
}

/** The network contract's client. */
export interface Network {
  call<K extends keyof CallsOf<NetworkContract>>(
    method: K,
    params: ParamsOf<NetworkContract[K]>,
    options?: { readonly signal?: AbortSignal },
  ): Promise<Result<ResultOf<NetworkContract[K]>, RpcError>>;
  on(name: "transferred", listener: (progress: PayloadOf<NetworkContract["transferred"]>) => void): () => void;
}

export type HttpFailure = {
  readonly code: ErrorCode;
  /** The server's own word where it is one of the spec's codes; for decisions only, never shown or logged. */
  readonly errcode: string | undefined;
  /** The server has refused for good: the same request would be refused again. */
  readonly permanent: boolean;
  /** With `interactive-auth-required`: what the server asks for first. */
  readonly challenge?: AuthChallenge;
};

export type JsonRequest = Pick<HttpRequest, "kind" | "method" | "path"> & {
  readonly body?: JsonObject;
  /** A body that must go out exactly as it was stored. */
  readonly bodyText?: string;
  readonly timeoutMs?: number;
  /** `safe` (the default for GET and PUT) lets main repeat the request by itself. */
  readonly retry?: "safe" | "never";
  readonly signal?: AbortSignal;
};

const DEFAULT_TIMEOUT_MS = 30_000;
const RESPONSE_LIMITS = { maxBytes: 256 * 1024 * 1024, maxDepth: 128 };

/** Requests as data, answers as parsed JSON or a typed failure. Main does the sending. */
export class MatrixHttp {
  readonly #network: HttpNetwork;
  readonly #env: Env;

  constructor(network: HttpNetwork, env: Env) {
    this.#network = network;
    this.#env = env;
  }

  async json(request: JsonRequest): Promise<Result<JsonObject, HttpFailure>> {
    const text = request.bodyText ?? (request.body === undefined ? undefined : JSON.stringify(request.body));
    const answer = await this.#send(request, text, "json");
    if (!answer.ok) return answer;
    const body = parseJsonBody(answer.value.body === "" ? "{}" : answer.value.body, RESPONSE_LIMITS);
    const object = body.ok && isJsonObject(body.value) ? body.value : undefined;
    if (answer.value.status >= 200 && answer.value.status < 300) {
      return object === undefined ? err({ code: "server-garbage", errcode: undefined, permanent: false }) : ok(object);
    }
    return err(failureOf(answer.value.status, object));
  }

  /** As `json`, for callers that answer a person: a failure becomes the error of their call. */
  async jsonOrThrow(request: JsonRequest): Promise<JsonObject> {
    const answer = await this.json(request);
    if (answer.ok) return answer.value;
    throw new CodedError(answer.error.code);
  }

  async bytes(request: JsonRequest): Promise<Result<Uint8Array, HttpFailure>> {
    const answer = await this.#send(request, undefined, "bytes");
    if (!answer.ok) return answer;
    if (answer.value.status >= 200 && answer.value.status < 300 && answer.value.bytes !== null) return ok(answer.value.bytes);
    return err(failureOf(answer.value.status, undefined));
  }

  async #send(request: JsonRequest, body: string | undefined, accept: "json" | "bytes"): Promise<Result<HttpResponse, HttpFailure>> {
    const reply = await this.#network.call(
      "http",
      {
        id: encodeBase64Url(this.#env.randomBytes(12)),
        kind: request.kind,
        method: request.method,
        path: request.path,
        ...(body === undefined ? {} : { body }),
        accept,
        auth: true,
        timeoutMs: request.timeoutMs ?? DEFAULT_TIMEOUT_MS,
        retry: request.retry ?? (request.method === "GET" || request.method === "PUT" ? "safe" : "never"),
      },
      request.signal === undefined ? {} : { signal: request.signal },
    );
    return reply.ok ? reply : err({ code: reply.error.code, errcode: undefined, permanent: reply.error.code === "too-large" });
  }
}

/** What an answer that is no success means. */
export function failureOf(status: number, body: JsonObject | undefined): HttpFailure {
  const errcode = body === undefined ? undefined : stringField(body, "errcode");
  const challenge = status === 401 && body !== undefined && errcode !== "M_UNKNOWN_TOKEN" ? parseAuthChallenge(body) : undefined;
  if (challenge !== undefined) return { code: "interactive-auth-required", errcode, permanent: false, challenge };
  const permanent = status >= 400 && status < 500 && status !== 401 && status !== 408 && status !== 429;
  return { code: codeOf(status, errcode), errcode, permanent };
}

function codeOf(status: number, errcode: string | undefined): ErrorCode {
  if (errcode === "M_UNKNOWN_TOKEN" || status === 401) return "token-expired";
  if (errcode === "M_USER_DEACTIVATED") return "user-deactivated";
  if (status === 403) return "forbidden";
  if (status === 404) return "not-found";
  if (status === 413) return "too-large";
  if (status === 429) return "rate-limited";
  if (status === 408 || status === 504) return "timeout";
  if (status >= 500) return "server-error";
  return status >= 400 ? "invalid-request" : "server-garbage";
}

/** One segment of a path. */
export const segment = (text: string): string => encodeURIComponent(text);
export const roomPath = (roomId: string, rest: string): string => `/_matrix/client/v3/rooms/${segment(roomId)}/${rest}`;
