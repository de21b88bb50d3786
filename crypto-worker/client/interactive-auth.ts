import { CodedError } from "../../protocol/errors.ts";
import type { Auth, AuthNeeded } from "../../protocol/messages/interactive-auth.ts";
import type { Result } from "../../protocol/result.ts";
import type { AuthChallenge } from "../wire/auth-challenge.ts";
import { objectField, stringField, type JsonObject } from "../wire/json.ts";
import type { ClientContext } from "./context.ts";
import type { HttpFailure, JsonRequest } from "./http.ts";

export type AuthedRequest = Pick<JsonRequest, "kind" | "method" | "path"> & { readonly body: JsonObject };
export type AuthOutcome = { readonly state: "done"; readonly answer: JsonObject } | AuthNeeded;

const PASSWORD = "m.login.password";
const DUMMY = "m.login.dummy";
/** MSC4312, under the name that servers use and the one that it will have: the account's own page approves a new identity. */
const APPROVALS = ["org.matrix.cross_signing_reset", "m.oauth"];
const MAX_STAGES = 6;
const MAX_URL_LENGTH = 4096;

/** Requests that a server wants confirmed by a person (client-server API §User-interactive authentication). */
export class InteractiveAuth {
  readonly #context: Pick<ClientContext, "http" | "userId">;
  readonly #homeserver: string;

  /** `homeserver`: its base URL, for the pages that it shows people. */
  constructor(context: Pick<ClientContext, "http" | "userId">, homeserver: string) {
    this.#context = context;
    this.#homeserver = homeserver;
  }

  /**
   * Makes the request with what a person has given. Stages that need nobody are done silently.
   * SECURITY: a password is in the body of one request, and nowhere else.
   * @throws CodedError; `interactive-auth-required` where the server asks for what neither a password nor its page can give
   */
  async perform(request: AuthedRequest, auth: Auth): Promise<AuthOutcome> {
    let answer = await this.#send(request, auth.kind === "browser" ? { session: auth.session } : undefined);
    let refused = auth.kind === "browser";
    let password = auth.kind === "password" ? auth.password : undefined;
    for (let sent = 0; sent < MAX_STAGES; sent += 1) {
      if (answer.ok) return { state: "done", answer: answer.value };
      const { challenge, code } = answer.error;
      if (challenge === undefined) throw new CodedError(code);
      const stage = decideStage(challenge, password !== undefined);
      if (stage === undefined) return this.#needed(challenge, refused);
      const session = challenge.session === undefined ? {} : { session: challenge.session };
      if (stage === PASSWORD) {
        const identifier = { type: "m.id.user", user: this.#context.userId };
        answer = await this.#send(request, { type: PASSWORD, identifier, password: password ?? "", ...session });
        password = undefined;
        refused = true;
      } else {
        answer = await this.#send(request, { type: stage, ...session });
      }
    }
    throw new CodedError("interactive-auth-required");
  }

  #send(request: AuthedRequest, auth: JsonObject | undefined): Promise<Result<JsonObject, HttpFailure>> {
    const body = auth === undefined ? request.body : { ...request.body, auth };
    return this.#context.http.json({ ...request, body, retry: "never" });
  }

  #needed(challenge: AuthChallenge, refused: boolean): AuthNeeded {
    const password = openFlows(challenge).some((left) => left.includes(PASSWORD) && left.every((stage) => isOurs(stage, true)));
    const browser = this.#page(challenge);
    if (!password && browser === null) throw new CodedError("interactive-auth-required");
    return { state: "auth-needed", password, browser, refused };
  }

  /** The page where a person can do what we cannot: the account's own for this very purpose, or the server's for one stage. */
  #page(challenge: AuthChallenge): AuthNeeded["browser"] {
    const { session, params } = challenge;
    if (session === undefined) return null;
    const stages = openFlows(challenge).flatMap((left) => {
      const theirs = left.filter((stage) => !isOurs(stage, false));
      return theirs.length === 1 && theirs[0] !== PASSWORD ? theirs : [];
    });
    for (const stage of stages) {
      const named = APPROVALS.includes(stage) ? stringField(objectField(params, stage) ?? {}, "url") : undefined;
      const fallback = `${this.#homeserver}/_matrix/client/v3/auth/${encodeURIComponent(stage)}/fallback/web?session=${encodeURIComponent(session)}`;
      const url = webPage(named ?? fallback);
      if (url !== undefined) return { url, session };
    }
    return null;
  }
}

/** What is done next without asking anybody; undefined where a person must. */
function decideStage(challenge: AuthChallenge, hasPassword: boolean): string | undefined {
  const possible = openFlows(challenge).filter((left) => left.length > 0 && left.every((stage) => isOurs(stage, hasPassword)));
  // A flow that costs nobody anything goes before one with the password.
  return (possible.find((left) => !left.includes(PASSWORD)) ?? possible[0])?.[0];
}

/** Of every flow, what is left to do. */
function openFlows({ flows, completed }: AuthChallenge): readonly (readonly string[])[] {
  return flows.map((stages) => stages.filter((stage) => !completed.includes(stage)));
}

const isOurs = (stage: string, hasPassword: boolean): boolean => stage === DUMMY || (hasPassword && stage === PASSWORD);

/** SECURITY: a person is sent there, so nothing but a web page will do. */
function webPage(url: string): string | undefined {
  const parsed = url.length > MAX_URL_LENGTH ? null : URL.parse(url);
  return parsed !== null && (parsed.protocol === "https:" || parsed.protocol === "http:") ? parsed.href : undefined;
}
