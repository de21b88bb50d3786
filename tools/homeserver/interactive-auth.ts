import type { Accounts } from "./accounts.ts";
import { isObject, objectOr, stringOr, type JsonObject } from "./json.ts";
import { MatrixError } from "./matrix-error.ts";
import { randomId } from "./random.ts";

type UiaSession = { completed: Set<string> };

/** User-interactive authentication (client-server API 5.5). */
export class InteractiveAuth {
  readonly #sessions = new Map<string, UiaSession>();
  readonly #accounts: Accounts;

  constructor(accounts: Accounts) {
    this.#accounts = accounts;
  }

  /** Returns once the body's `auth` completes one of the flows; throws the 401 with flows and session until then. */
  require(body: JsonObject, flows: readonly (readonly string[])[], userId?: string): void {
    const auth = body["auth"];
    if (!isObject(auth)) throw this.#challenge(this.#open(), flows);
    const sessionId = stringOr(auth["session"], undefined);
    const session = sessionId === undefined ? undefined : this.#sessions.get(sessionId);
    if (sessionId !== undefined && session === undefined) throw new MatrixError(400, "M_UNKNOWN", "Unknown session ID");
    // Some clients send the first stage at once, without a session.
    const id = sessionId ?? this.#open();
    const completed = this.#sessions.get(id)?.completed ?? new Set<string>();
    const stage = stringOr(auth["type"], undefined);
    if (stage !== undefined) {
      if (!this.#isCompleted(stage, auth, userId))
        throw this.#challenge(id, flows, { errcode: "M_FORBIDDEN", error: "Invalid credentials" });
      completed.add(stage);
    }
    if (!flows.some((stages) => stages.every((needed) => completed.has(needed)))) throw this.#challenge(id, flows);
    this.#sessions.delete(id);
  }

  /** Completes a stage from outside, as the SSO fallback page does. */
  complete(sessionId: string, stage: string): boolean {
    const session = this.#sessions.get(sessionId);
    session?.completed.add(stage);
    return session !== undefined;
  }

  #isCompleted(stage: string, auth: JsonObject, userId: string | undefined): boolean {
    switch (stage) {
      case "m.login.dummy":
        return true;
      case "m.login.password": {
        const named = stringOr(objectOr(auth["identifier"])["user"], stringOr(auth["user"], undefined));
        const password = stringOr(auth["password"], undefined);
        if (named === undefined || password === undefined || userId === undefined) return false;
        return this.#accounts.userId(named) === userId && this.#accounts.isPassword(userId, password);
      }
      default:
        return false;
    }
  }

  #open(): string {
    const id = randomId(24);
    this.#sessions.set(id, { completed: new Set() });
    return id;
  }

  #challenge(session: string, flows: readonly (readonly string[])[], error: JsonObject = {}): MatrixError {
    const completed = [...(this.#sessions.get(session)?.completed ?? [])];
    const body = { session, flows: flows.map((stages) => ({ stages })), params: {}, ...(completed.length > 0 ? { completed } : {}) };
    return new UiaChallenge({ ...error, ...body });
  }
}

class UiaChallenge extends MatrixError {
  constructor(challenge: JsonObject) {
    super(401, "M_UNAUTHORIZED", "User-interactive authentication needed", challenge);
  }

  /** A first challenge carries no error code. */
  override get body(): JsonObject {
    return this.extra;
  }
}
