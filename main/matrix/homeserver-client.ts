import type { Session } from "../../protocol/control.ts";
import { err, type Result } from "../../protocol/result.ts";
import type { Log } from "../logging/log.ts";
import type { Clock } from "./clock.ts";
import { type Refreshed, refresh } from "./login.ts";
import { parseMatrixError } from "./matrix-error.ts";
import { decideRetry, parseRetryAfter, type RetryPolicy } from "./retry.ts";
import type { BodySink, RawResponse, StreamedBody, Transport, TransportFailure } from "./transport.ts";

export type ServerRequest = {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Starts with `/_matrix/`; carries the query string. */
  readonly path: string;
  readonly body?: string | StreamedBody | undefined;
  /** Of the body; JSON unless given. */
  readonly contentType?: string | undefined;
  readonly accept: "json" | "bytes";
  readonly auth: boolean;
  readonly timeoutMs: number;
  readonly maxBytes: number;
  readonly retry: RetryPolicy;
  /** As in `RawRequest`; so is what `timeoutMs` means then. */
  readonly sink?: BodySink | undefined;
  readonly signal?: AbortSignal | undefined;
};

/** `no-session`: signed out, or the session is over. */
export type ServerFailure = TransportFailure | "no-session" | "token-expired";

export type SessionEvents = {
  /** The server gave new tokens. They must be on disk when this resolves, because using them invalidates the old ones. */
  readonly refreshed: (session: Session) => Promise<void>;
  /** The server ended the session; with `soft` the device lives on. */
  readonly ended: (soft: boolean) => void;
};

/** The homeserver as one account sees it: adds the base URL and the token, repeats what may be repeated, refreshes tokens. */
export class HomeserverClient {
  readonly #transport: Transport;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #events: SessionEvents;
  #session: Session | undefined;
  #refreshing: Promise<Refreshed> | undefined;

  constructor(transport: Transport, clock: Clock, log: Log, events: SessionEvents) {
    this.#transport = transport;
    this.#clock = clock;
    this.#log = log;
    this.#events = events;
  }

  /** From here on requests go out, or with `undefined` are refused. */
  useSession(session: Session | undefined): void {
    this.#session = session;
  }

  async send(request: ServerRequest): Promise<Result<RawResponse, ServerFailure>> {
    for (let attempt = 1; ; attempt++) {
      const session = this.#session;
      if (session === undefined) return err("no-session");
      const answer = await this.#exchange(session, request);
      if (answer.ok && answer.value.status === 401 && request.auth) {
        const renewed = await this.#renew(session, answer.value);
        if (renewed === "retry") continue;
        if (renewed !== undefined) return err(renewed);
      }
      const decision = decideRetry(request.retry, this.#outcome(answer), attempt, this.#clock.random());
      if (!decision.retry) return answer;
      this.#log.info("http.retry", { attempt, ms: decision.afterMs, status: answer.ok ? answer.value.status : 0 });
      await this.#clock.sleep(decision.afterMs, request.signal);
      if (request.signal?.aborted === true) return err("cancelled");
    }
  }

  async #exchange(session: Session, request: ServerRequest): Promise<Result<RawResponse, TransportFailure>> {
    const common = {
      timeoutMs: request.timeoutMs,
      maxBytes: request.maxBytes,
      ...(request.sink === undefined ? {} : { sink: request.sink }),
      ...(request.signal === undefined ? {} : { signal: request.signal }),
    };
    const answer = await this.#transport.send({
      ...common,
      method: request.method,
      url: session.homeserver + request.path,
      headers: {
        accept: request.accept === "json" ? "application/json" : "*/*",
        ...(request.body === undefined ? {} : { "content-type": request.contentType ?? "application/json" }),
        ...(request.auth ? { authorization: `Bearer ${session.accessToken}` } : {}),
      },
      ...(request.body === undefined ? {} : { body: request.body }),
    });
    if (request.accept !== "bytes" || !answer.ok || (answer.value.status !== 307 && answer.value.status !== 308)) return answer;
    // Media may be kept elsewhere (spec: content repository); the token stays here.
    const target = answer.value.location === null ? null : URL.parse(answer.value.location, session.homeserver);
    if (target?.protocol !== "https:") return answer;
    return this.#transport.send({ ...common, method: "GET", url: target.href, headers: { accept: "*/*" } });
  }

  /** Looks at a 401. Undefined: it is not about the token (UIA asks with 401 too). */
  async #renew(used: Session, response: RawResponse): Promise<"retry" | "token-expired" | "no-session" | "offline" | undefined> {
    const error = parseMatrixError(response.body);
    if (error?.errcode !== "M_UNKNOWN_TOKEN" && error?.errcode !== "M_MISSING_TOKEN") return undefined;
    if (this.#session === undefined) return "no-session";
    // Someone refreshed while this request was on its way.
    if (this.#session.accessToken !== used.accessToken) return "retry";
    const soft = error.soft_logout === true;
    if (!soft || used.refreshToken === null) return this.#end(soft);
    const outcome = await this.#refreshOnce(used);
    switch (outcome.kind) {
      case "refreshed":
        return "retry";
      case "refused":
        return this.#session?.accessToken === used.accessToken ? this.#end(outcome.soft) : "token-expired";
      case "failed":
        return "offline";
    }
  }

  #end(soft: boolean): "token-expired" {
    this.#session = undefined;
    this.#log.warn("session.ended", { soft });
    this.#events.ended(soft);
    return "token-expired";
  }

  /** Many requests may find the token expired at once; the refresh token is good for one use. */
  #refreshOnce(used: Session): Promise<Refreshed> {
    this.#refreshing ??= this.#refresh(used).finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  async #refresh(used: Session): Promise<Refreshed> {
    const outcome = await refresh(this.#transport, used);
    if (outcome.kind !== "refreshed" || this.#session?.accessToken !== used.accessToken) return outcome;
    try {
      await this.#events.refreshed(outcome.session);
    } catch {
      // Not on disk, so not used: the old refresh token stays valid until the new access token has been seen by the server.
      this.#log.error("session.refresh-not-stored", {});
      return { kind: "failed" };
    }
    this.#session = outcome.session;
    this.#log.info("session.refreshed", {});
    return outcome;
  }

  #outcome(answer: Result<RawResponse, TransportFailure>): Parameters<typeof decideRetry>[1] {
    if (!answer.ok) return { kind: "failed", failure: answer.error };
    const { status, retryAfter, body } = answer.value;
    const retryAfterMs =
      status === 429 ? parseRetryAfter(retryAfter, parseMatrixError(body)?.retry_after_ms, this.#clock.now()) : undefined;
    return { kind: "answered", status, retryAfterMs };
  }
}
