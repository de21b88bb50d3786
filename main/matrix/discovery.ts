import { z } from "zod";
import { CodedError } from "../../protocol/errors.ts";
import { parseBaseUrl, parseServerInput } from "./homeserver-url.ts";
import { parseJson } from "./matrix-error.ts";
import { exchangeJson } from "./json-exchange.ts";
import type { RawResponse, Transport } from "./transport.ts";

/** How a homeserver lets people in. */
export type Discovered = {
  readonly baseUrl: string;
  readonly password: boolean;
  readonly sso: readonly { readonly id: string | null; readonly name: string }[];
  readonly registration: boolean;
};

const TIMEOUT_MS = 15_000;
const MAX_BYTES = 262_144;

/** Finds the homeserver behind what a person typed, and how one can sign in there. Throws `CodedError`. */
export async function discover(transport: Transport, server: string, signal?: AbortSignal): Promise<Discovered> {
  const baseUrl = await discoverBaseUrl(transport, server, signal);
  const [flows, registration] = await Promise.all([loginFlows(transport, baseUrl, signal), offersRegistration(transport, baseUrl, signal)]);
  return { baseUrl, ...flows, registration };
}

/** https://spec.matrix.org/v1.16/client-server-api/#well-known-uris */
export async function discoverBaseUrl(transport: Transport, server: string, signal?: AbortSignal): Promise<string> {
  const input = parseServerInput(server);
  if (!input.ok) throw new CodedError("not-a-homeserver");
  const baseUrl = input.value.kind === "url" ? input.value.baseUrl : await lookUpWellKnown(transport, input.value.host, signal);
  await requireVersions(transport, baseUrl, signal);
  return baseUrl;
}

const wellKnownSchema = z.object({ "m.homeserver": z.object({ base_url: z.string().max(2048) }) });

/** The base URL that a `.well-known` document announces; an unusable one is an error, because guessing could talk to the wrong server. */
export function parseWellKnown(document: unknown): string | undefined {
  const parsed = wellKnownSchema.safeParse(document);
  if (!parsed.success) return undefined;
  const baseUrl = parseBaseUrl(parsed.data["m.homeserver"].base_url);
  return baseUrl.ok ? baseUrl.value : undefined;
}

async function lookUpWellKnown(transport: Transport, host: string, signal: AbortSignal | undefined): Promise<string> {
  const response = await getFollowing(transport, `https://${host}/.well-known/matrix/client`, signal);
  // The spec lets a client fall back to the name itself where there is no document.
  if (response.status === 404 || response.status === 410) return `https://${host}`;
  const baseUrl = response.status === 200 ? parseWellKnown(parseJson(response.body)) : undefined;
  if (baseUrl === undefined) throw new CodedError("not-a-homeserver");
  return baseUrl;
}

/** `.well-known` documents may be served behind a redirect, which stays on https. No token is involved. */
async function getFollowing(transport: Transport, url: string, signal: AbortSignal | undefined): Promise<RawResponse> {
  let current = url;
  for (let hops = 0; hops < 5; hops++) {
    const answer = await transport.send({
      method: "GET",
      url: current,
      headers: { accept: "application/json" },
      timeoutMs: TIMEOUT_MS,
      maxBytes: MAX_BYTES,
      ...(signal === undefined ? {} : { signal }),
    });
    if (!answer.ok)
      throw new CodedError(
        answer.error === "unreachable" || answer.error === "no-such-host" ? "not-a-homeserver" : failureCode(answer.error),
      );
    const location = answer.value.location;
    if (answer.value.status < 300 || answer.value.status >= 400 || location === null) return answer.value;
    const next = URL.parse(location, current);
    if (next === null || next.protocol !== "https:") break;
    current = next.href;
  }
  throw new CodedError("not-a-homeserver");
}

const failureCode = (failure: "offline" | "timeout" | "too-large" | "cancelled"): "offline" | "timeout" | "too-large" | "cancelled" =>
  failure;

const versionsSchema = z.object({ versions: z.array(z.string().max(64)).min(1).max(1000) });

async function requireVersions(transport: Transport, baseUrl: string, signal: AbortSignal | undefined): Promise<void> {
  const answer = await exchangeJson(transport, {
    method: "GET",
    baseUrl,
    path: "/_matrix/client/versions",
    timeoutMs: TIMEOUT_MS,
    maxBytes: MAX_BYTES,
    signal,
  });
  if (answer.status >= 500) throw new CodedError("server-error");
  if (answer.status !== 200 || !versionsSchema.safeParse(answer.body).success) throw new CodedError("not-a-homeserver");
}

const flowsSchema = z.object({
  flows: z.array(z.object({ type: z.string().max(255), identity_providers: z.unknown().optional() })).max(100),
});
const providersSchema = z.array(z.object({ id: z.string().max(255), name: z.string().max(1024) })).max(50);

/** The ways of signing in that we support, from `GET /login`. */
export function parseLoginFlows(document: unknown): Pick<Discovered, "password" | "sso"> | undefined {
  const parsed = flowsSchema.safeParse(document);
  if (!parsed.success) return undefined;
  const sso = parsed.data.flows.find((flow) => flow.type === "m.login.sso");
  const providers = providersSchema.safeParse(sso?.identity_providers);
  const named = providers.success ? providers.data.map(({ id, name }) => ({ id, name })) : [];
  return {
    password: parsed.data.flows.some((flow) => flow.type === "m.login.password"),
    sso: sso === undefined ? [] : named.length === 0 ? [{ id: null, name: "SSO" }] : named,
  };
}

async function loginFlows(
  transport: Transport,
  baseUrl: string,
  signal: AbortSignal | undefined,
): Promise<Pick<Discovered, "password" | "sso">> {
  const answer = await exchangeJson(transport, {
    method: "GET",
    baseUrl,
    path: "/_matrix/client/v3/login",
    timeoutMs: TIMEOUT_MS,
    maxBytes: MAX_BYTES,
    signal,
  });
  const flows = answer.status === 200 ? parseLoginFlows(answer.body) : undefined;
  if (flows === undefined) throw new CodedError(answer.status >= 500 ? "server-error" : "not-a-homeserver");
  return flows;
}

const registrationSchema = z.object({ flows: z.array(z.object({ stages: z.array(z.string().max(255)).max(20) })).max(100) });

/** Whether a form of ours could register: some flow asks for nothing but the dummy stage. */
export function parseRegistrationFlows(document: unknown): boolean {
  const parsed = registrationSchema.safeParse(document);
  return parsed.success && parsed.data.flows.some(({ stages }) => stages.every((stage) => stage === "m.login.dummy"));
}

async function offersRegistration(transport: Transport, baseUrl: string, signal: AbortSignal | undefined): Promise<boolean> {
  const path = "/_matrix/client/v3/register";
  try {
    const answer = await exchangeJson(transport, {
      method: "POST",
      baseUrl,
      path,
      body: {},
      timeoutMs: TIMEOUT_MS,
      maxBytes: MAX_BYTES,
      signal,
    });
    return answer.status === 401 && parseRegistrationFlows(answer.body);
  } catch (error) {
    // Not being able to ask only hides a button.
    if (error instanceof CodedError && error.code !== "cancelled") return false;
    throw error;
  }
}
