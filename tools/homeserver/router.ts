import type { Context, Hono } from "hono";
import { isObject, type JsonObject } from "./json.ts";
import { badJson, MatrixError, missingParam } from "./matrix-error.ts";
import type { RateLimits } from "./rate-limit.ts";
import type { ServerState } from "./server-state.ts";
import type { Session } from "./sessions.ts";

/** One request, as the handlers see it. */
export class Call {
  readonly #context: Context;
  readonly #state: ServerState;
  readonly bytes: Uint8Array<ArrayBuffer>;

  constructor(context: Context, state: ServerState, bytes: Uint8Array<ArrayBuffer>) {
    this.#context = context;
    this.#state = state;
    this.bytes = bytes;
  }

  /** A part of the path, decoded. */
  param(name: string): string {
    return this.#context.req.param(name) ?? "";
  }

  query(name: string): string | undefined {
    return this.#context.req.query(name);
  }

  queryAll(name: string): string[] {
    return this.#context.req.queries(name) ?? [];
  }

  header(name: string): string | undefined {
    return this.#context.req.header(name);
  }

  integerQuery(name: string, otherwise: number): number {
    const value = Number(this.query(name) ?? otherwise);
    return Number.isSafeInteger(value) && value >= 0 ? value : otherwise;
  }

  /** The JSON body, which has to be an object; an empty one counts as `{}`. */
  get body(): JsonObject {
    if (this.bytes.byteLength === 0) return {};
    let body: unknown;
    try {
      body = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(this.bytes));
    } catch {
      throw new MatrixError(400, "M_NOT_JSON", "Content not JSON.");
    }
    if (!isObject(body)) throw badJson("Content must be a JSON object.");
    return body;
  }

  /** A string that the body must have. */
  static requireString(body: JsonObject, name: string): string {
    const value = body[name];
    if (value === undefined) throw missingParam(`Missing ${name}`);
    if (typeof value !== "string") throw badJson(`${name} must be a string`);
    return value;
  }

  get accessToken(): string | undefined {
    return bearerToken(this.#context.req.raw);
  }

  /** Who asks; throws the 401 if nobody that is known. */
  get session(): Session {
    return this.#state.sessions.authenticate(this.accessToken);
  }

  /** The asking user, who must be the one that the path names. */
  ownUser(name = "userId"): string {
    const { userId } = this.session;
    if (this.param(name) !== userId) throw new MatrixError(403, "M_FORBIDDEN", "Cannot act for other users.");
    return userId;
  }

  /** Aborted when the client has closed the connection. */
  get gone(): AbortSignal {
    return this.#context.req.raw.signal;
  }

  limit(kind: keyof RateLimits, who: string): void {
    this.#state.rateLimiter.take(kind, who);
  }
}

export type Answer = JsonObject | readonly unknown[] | Response;
type Handler = (call: Call) => Answer | Promise<Answer>;
type Method = "GET" | "POST" | "PUT" | "DELETE";

/** Registers handlers on paths of the client-server API, for every version prefix that clients still use. */
export class Router {
  readonly #app: Hono;
  readonly state: ServerState;

  constructor(app: Hono, state: ServerState) {
    this.#app = app;
    this.state = state;
  }

  get(path: string, handler: Handler): void {
    this.#client("GET", path, handler);
  }

  post(path: string, handler: Handler): void {
    this.#client("POST", path, handler);
  }

  put(path: string, handler: Handler): void {
    this.#client("PUT", path, handler);
  }

  delete(path: string, handler: Handler): void {
    this.#client("DELETE", path, handler);
  }

  /** A path outside of `/_matrix/client/VERSION`. */
  at(method: Method, path: string, handler: Handler): void {
    this.#app.on(method, path, async (context) => {
      const bytes = new Uint8Array(await context.req.arrayBuffer());
      try {
        const answer = await handler(new Call(context, this.state, bytes));
        return answer instanceof Response ? answer : Response.json(answer);
      } catch (error) {
        if (error instanceof MatrixError) return errorResponse(error);
        throw error;
      }
    });
  }

  #client(method: Method, path: string, handler: Handler): void {
    this.at(method, `/_matrix/client/:apiVersion{(?:r0|v1|v3|unstable)}${path}`, handler);
  }
}

export function errorResponse(error: MatrixError): Response {
  const headers = new Headers();
  const retryAfterMs = error.extra["retry_after_ms"];
  if (typeof retryAfterMs === "number") headers.set("Retry-After", String(Math.ceil(retryAfterMs / 1000)));
  return Response.json(error.body, { status: error.status, headers });
}

export function bearerToken(request: Request): string | undefined {
  const header = /^Bearer (\S+)$/.exec(request.headers.get("Authorization") ?? "")?.[1];
  return header ?? new URL(request.url).searchParams.get("access_token") ?? undefined;
}
