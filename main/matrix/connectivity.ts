import { unreachable } from "../../protocol/result.ts";
import { backOffMs } from "./retry.ts";

/** Why a sync request came to nothing. */
export type SyncFailure = "offline" | "server-unreachable" | "rate-limited";

/**
 * Where the connection to the homeserver stands.
 *
 * 1. `retryAt` is set exactly in the phases that wait.
 * 2. `online` forgives one failure: a long poll whose kept-alive connection was dropped is no outage.
 */
export type Connectivity =
  | { readonly phase: "idle" }
  | { readonly phase: "connecting" }
  | { readonly phase: "online"; readonly forgiven: boolean }
  | { readonly phase: SyncFailure; readonly failures: number; readonly retryAt: number };

export type ConnectivityInput =
  | { readonly kind: "started" }
  | { readonly kind: "stopped" }
  | { readonly kind: "succeeded" }
  | { readonly kind: "failed"; readonly failure: SyncFailure; readonly retryAfterMs: number | undefined };

export type ConnectivityEffect =
  { readonly kind: "tell-worker"; readonly online: boolean } | { readonly kind: "wait"; readonly ms: number };

export type ConnectivityEnv = { readonly now: number; readonly random: number };

const FORGIVEN_WAIT_MS = 200;
const MAX_WAIT_MS = 60_000;
const MAX_RATE_LIMIT_MS = 3_600_000;

export const initialConnectivity: Connectivity = { phase: "idle" };

export function stepConnectivity(
  state: Connectivity,
  input: ConnectivityInput,
  env: ConnectivityEnv,
): { readonly state: Connectivity; readonly effects: readonly ConnectivityEffect[] } {
  switch (input.kind) {
    case "started":
      return { state: { phase: "connecting" }, effects: [] };
    case "stopped":
      return { state: { phase: "idle" }, effects: state.phase === "online" ? [{ kind: "tell-worker", online: false }] : [] };
    case "succeeded":
      if (state.phase === "idle") return { state, effects: [] };
      return {
        state: { phase: "online", forgiven: false },
        effects: state.phase === "online" ? [] : [{ kind: "tell-worker", online: true }],
      };
    case "failed":
      return stepFailure(state, input.failure, input.retryAfterMs, env);
    default:
      return unreachable(input);
  }
}

function stepFailure(
  state: Connectivity,
  failure: SyncFailure,
  retryAfterMs: number | undefined,
  env: ConnectivityEnv,
): { readonly state: Connectivity; readonly effects: readonly ConnectivityEffect[] } {
  switch (state.phase) {
    case "idle":
      return { state, effects: [] };
    case "online":
      if (!state.forgiven && failure !== "rate-limited") {
        return { state: { phase: "online", forgiven: true }, effects: [{ kind: "wait", ms: FORGIVEN_WAIT_MS }] };
      }
      return waitOut(failure, 1, retryAfterMs, env, [{ kind: "tell-worker", online: false }]);
    case "connecting":
      return waitOut(failure, 1, retryAfterMs, env, []);
    case "offline":
    case "server-unreachable":
    case "rate-limited":
      return waitOut(failure, state.failures + 1, retryAfterMs, env, []);
    default:
      return unreachable(state);
  }
}

function waitOut(
  failure: SyncFailure,
  failures: number,
  retryAfterMs: number | undefined,
  env: ConnectivityEnv,
  before: readonly ConnectivityEffect[],
): { readonly state: Connectivity; readonly effects: readonly ConnectivityEffect[] } {
  const ms = retryAfterMs === undefined ? backOffMs(failures, env.random, MAX_WAIT_MS) : Math.min(retryAfterMs, MAX_RATE_LIMIT_MS);
  return { state: { phase: failure, failures, retryAt: env.now + ms }, effects: [...before, { kind: "wait", ms }] };
}
