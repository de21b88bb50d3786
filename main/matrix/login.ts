import { z } from "zod";
import type { Session } from "../../protocol/control.ts";
import { CodedError } from "../../protocol/errors.ts";
import { parseUserId } from "../../protocol/ids.ts";
import { discoverBaseUrl, parseWellKnown } from "./discovery.ts";
import { exchangeJson, type JsonAnswer } from "./json-exchange.ts";
import type { Transport } from "./transport.ts";

const TIMEOUT_MS = 60_000;
const MAX_BYTES = 262_144;

export type Credentials =
  | { readonly kind: "password"; readonly user: string; readonly password: string }
  /** From the SSO redirect; good for one login. */
  | { readonly kind: "token"; readonly token: string };

export type LoginRequest = {
  readonly server: string;
  readonly credentials: Credentials;
  readonly deviceName: string;
  /** Set to log the same device in again, after a soft logout. */
  readonly deviceId?: string;
  readonly signal?: AbortSignal | undefined;
};

/** https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3login */
export async function login(transport: Transport, request: LoginRequest): Promise<Session> {
  const baseUrl = await discoverBaseUrl(transport, request.server, request.signal);
  const { credentials } = request;
  const answer = await exchangeJson(transport, {
    method: "POST",
    baseUrl,
    path: "/_matrix/client/v3/login",
    body: {
      ...(credentials.kind === "password"
        ? { type: "m.login.password", identifier: { type: "m.id.user", user: credentials.user }, password: credentials.password }
        : { type: "m.login.token", token: credentials.token }),
      initial_device_display_name: request.deviceName,
      refresh_token: true,
      ...(request.deviceId === undefined ? {} : { device_id: request.deviceId }),
    },
    timeoutMs: TIMEOUT_MS,
    maxBytes: MAX_BYTES,
    signal: request.signal,
  });
  return requireSession(answer, baseUrl);
}

export type RegisterRequest = {
  readonly server: string;
  readonly user: string;
  readonly password: string;
  readonly deviceName: string;
  readonly signal?: AbortSignal | undefined;
};

const challengeSchema = z.object({
  session: z.string().max(255).optional(),
  flows: z.array(z.object({ stages: z.array(z.string().max(255)).max(20) })).max(100),
});

/** Registers where the server asks for nothing but the dummy stage. https://spec.matrix.org/v1.16/client-server-api/#account-registration */
export async function register(transport: Transport, request: RegisterRequest): Promise<Session> {
  const baseUrl = await discoverBaseUrl(transport, request.server, request.signal);
  const attempt = (auth: object | undefined): Promise<JsonAnswer> =>
    exchangeJson(transport, {
      method: "POST",
      baseUrl,
      path: "/_matrix/client/v3/register",
      body: {
        username: request.user,
        password: request.password,
        initial_device_display_name: request.deviceName,
        refresh_token: true,
        ...(auth === undefined ? {} : { auth }),
      },
      timeoutMs: TIMEOUT_MS,
      maxBytes: MAX_BYTES,
      signal: request.signal,
    });
  const first = await attempt(undefined);
  if (first.status !== 401) return requireSession(first, baseUrl);
  const challenge = challengeSchema.safeParse(first.body);
  if (!challenge.success) return requireSession(first, baseUrl);
  if (!challenge.data.flows.some(({ stages }) => stages.every((stage) => stage === "m.login.dummy"))) throw new CodedError("unsupported");
  const { session } = challenge.data;
  return requireSession(await attempt({ type: "m.login.dummy", ...(session === undefined ? {} : { session }) }), baseUrl);
}

/** Ends the session on the server. True once it is over there, also where it was over before. */
export async function logout(transport: Transport, session: Session): Promise<boolean> {
  const answer = await exchangeJson(transport, {
    method: "POST",
    baseUrl: session.homeserver,
    path: "/_matrix/client/v3/logout",
    body: {},
    token: session.accessToken,
    timeoutMs: 30_000,
    maxBytes: MAX_BYTES,
  });
  return answer.status === 200 || answer.error?.errcode === "M_UNKNOWN_TOKEN";
}

const refreshedSchema = z.object({
  access_token: z.string().min(1).max(4096),
  refresh_token: z.string().min(1).max(4096).optional(),
});

export type Refreshed =
  | { readonly kind: "refreshed"; readonly session: Session }
  | { readonly kind: "refused"; readonly soft: boolean }
  | { readonly kind: "failed" };

/** https://spec.matrix.org/v1.16/client-server-api/#refreshing-access-tokens */
export async function refresh(transport: Transport, session: Session): Promise<Refreshed> {
  if (session.refreshToken === null) return { kind: "refused", soft: true };
  try {
    const answer = await exchangeJson(transport, {
      method: "POST",
      baseUrl: session.homeserver,
      path: "/_matrix/client/v3/refresh",
      body: { refresh_token: session.refreshToken },
      timeoutMs: TIMEOUT_MS,
      maxBytes: MAX_BYTES,
    });
    if (answer.status === 401 || answer.status === 403) return { kind: "refused", soft: answer.error?.soft_logout !== false };
    const parsed = refreshedSchema.safeParse(answer.body);
    if (answer.status !== 200 || !parsed.success) return { kind: "failed" };
    const { access_token: accessToken, refresh_token: refreshToken } = parsed.data;
    return { kind: "refreshed", session: { ...session, accessToken, refreshToken: refreshToken ?? session.refreshToken } };
  } catch (error) {
    if (error instanceof CodedError) return { kind: "failed" };
    throw error;
  }
}

const loggedInSchema = z.object({
  user_id: z.string().max(255),
  device_id: z.string().min(1).max(255),
  access_token: z.string().min(1).max(4096),
  refresh_token: z.string().min(1).max(4096).optional(),
  well_known: z.unknown().optional(),
});

function requireSession(answer: JsonAnswer, baseUrl: string): Session {
  if (answer.status !== 200) throw refusal(answer);
  const parsed = loggedInSchema.safeParse(answer.body);
  if (!parsed.success || !parseUserId(parsed.data.user_id).ok) throw new CodedError("server-garbage");
  return {
    // The server may move us to another base URL; an unusable one is ignored, as the spec asks.
    homeserver: parseWellKnown(parsed.data.well_known) ?? baseUrl,
    userId: parsed.data.user_id,
    deviceId: parsed.data.device_id,
    accessToken: parsed.data.access_token,
    refreshToken: parsed.data.refresh_token ?? null,
  };
}

function refusal(answer: JsonAnswer): CodedError {
  switch (answer.error?.errcode) {
    case "M_USER_DEACTIVATED":
      return new CodedError("user-deactivated");
    case "M_USER_IN_USE":
    case "M_EXCLUSIVE":
      return new CodedError("user-in-use");
    case "M_INVALID_USERNAME":
    case "M_WEAK_PASSWORD":
    case "M_PASSWORD_TOO_SHORT":
    case "M_BAD_JSON":
      return new CodedError("invalid-request");
    case "M_UNRECOGNIZED":
      return new CodedError("unsupported");
    default:
      if (answer.status >= 500) return new CodedError("server-error");
      if (answer.status === 401 || answer.status === 403) return new CodedError("wrong-credentials");
      return new CodedError("server-garbage");
  }
}
