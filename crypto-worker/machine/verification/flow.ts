import type { UserId } from "../../../protocol/ids.ts";
import { unreachable } from "../../../protocol/result.ts";
import type { Env } from "../env.ts";
import type { CancelCode } from "./cancellation.ts";
import { flowIdOf, type FlowAddress } from "./flow-address.ts";
import type { OutgoingMessage, Received, StartMessage, VerificationMessage } from "./message.ts";
import type { Parties } from "./parties.ts";
import type { QrCode } from "./qr-code.ts";
import { scanQr, stepQr, type QrInput, type QrState } from "./qr.ts";
import { stepRequest, type FlowEffect, type RequestInput, type RequestState } from "./request.ts";
import { receiveSasStart, startSas, stepSas, type SasEnv, type SasInput, type SasState } from "./sas.ts";
import type { VerificationMethod } from "./verification-method.ts";

/** One verification with one user: its request, and the method once there is one. A value; only `stepFlow` makes the next. */
export type Flow = {
  readonly address: FlowAddress;
  /** The other side; may be our own user. */
  readonly userId: UserId;
  readonly request: RequestState;
  readonly method: SasState | QrState | undefined;
};

export type FlowInput =
  // Of our user
  | { readonly kind: "accept"; readonly methods: readonly VerificationMethod[] }
  | { readonly kind: "cancel"; readonly code: CancelCode }
  | { readonly kind: "start-sas" }
  | { readonly kind: "accept-sas" }
  | { readonly kind: "confirm-sas" }
  | { readonly kind: "show-qr"; readonly qr: QrState }
  | { readonly kind: "scan-qr"; readonly code: QrCode }
  | { readonly kind: "confirm-qr" }
  // Of the other side
  | { readonly kind: "message"; readonly received: Received<VerificationMessage> }
  | { readonly kind: "invalid-message" }
  // Of another device of ours
  | { readonly kind: "answered-elsewhere" }
  | { readonly kind: "tick"; readonly now: number };

/** Everything that a step may look at besides the flow and its input. */
export type FlowEnv = Env & {
  /** Both ends with their keys as the store has them now; undefined while the other device is not known or gone. */
  readonly parties: Parties | undefined;
};

export type FlowStep = { readonly flow: Flow; readonly effects: readonly FlowEffect[] };

export function stepFlow(flow: Flow, input: FlowInput, env: FlowEnv): FlowStep {
  switch (input.kind) {
    case "accept":
      return request(flow, input);
    case "cancel":
      return cancel(flow, input.code, env);
    case "start-sas":
      return canStart(flow) && theirMethods(flow).includes("m.sas.v1")
        ? begin(flow, env, (parties) => startSas(parties, flow.address, env))
        : stay(flow);
    case "accept-sas":
      return sas(flow, { kind: "accept" }, env);
    case "confirm-sas":
      return sas(flow, { kind: "confirm" }, env);
    case "show-qr":
      return canStart(flow) ? method(flow, { state: input.qr, effects: [] }) : stay(flow);
    case "scan-qr":
      return canStart(flow) ? begin(flow, env, (parties) => scanQr(parties, flowIdOf(flow.address), input.code)) : stay(flow);
    case "confirm-qr":
      return qr(flow, { kind: "confirm" }, env);
    case "message":
      return isEnded(flow) ? stay(flow) : receive(flow, input.received, env);
    case "invalid-message":
      return cancel(flow, "m.invalid_message", env);
    case "answered-elsewhere":
      return request(flow, input);
    case "tick":
      return tick(flow, input.now, env);
    default:
      return unreachable(input);
  }
}

export function isEnded({ request: { kind } }: Flow): boolean {
  return kind === "done" || kind === "cancelled" || kind === "answered-elsewhere";
}

/** Whether a method may begin: none has, or ours is a code that nobody has scanned. */
export function canStart({ request: { kind }, method }: Flow): boolean {
  return kind === "expect-start" || (kind === "expect-method-end" && method?.method === "qr" && method.kind === "expect-scan");
}

function receive(flow: Flow, received: Received<VerificationMessage>, env: FlowEnv): FlowStep {
  const { message, text } = received;
  switch (message.type) {
    case "ready":
      return request(flow, { kind: "ready", device: message.fromDevice, methods: message.methods });
    case "start":
      return receiveStart(flow, { message, text }, env);
    case "accept":
    case "key":
    case "mac":
      return flow.method?.method === "sas"
        ? sas(flow, { kind: "message", received: { message, text } }, env)
        : cancel(flow, "m.unexpected_message", env);
    case "done":
      if (flow.method?.method === "sas") return sas(flow, { kind: "message", received: { message, text } }, env);
      return flow.method === undefined
        ? cancel(flow, "m.unexpected_message", env)
        : qr(flow, { kind: "message", received: { message, text } }, env);
    case "cancel":
      if (flow.method === undefined) return request(flow, { kind: "peer-cancel", code: message.code });
      return either(flow, flow.method, { kind: "peer-cancel", code: message.code }, env);
    default:
      return unreachable(message);
  }
}

function receiveStart(flow: Flow, { message, text }: Received<StartMessage>, env: FlowEnv): FlowStep {
  const state = flow.request;
  if (state.kind !== "expect-start" && state.kind !== "expect-method-end") return cancel(flow, "m.unexpected_message", env);
  // In a room, everyone's devices are heard.
  if (message.fromDevice !== state.theirDevice) return stay(flow);
  switch (message.method) {
    case "m.sas.v1":
      if (!state.ourMethods.includes("m.sas.v1")) return cancel(flow, "m.unknown_method", env);
      if (canStart(flow)) return begin(flow, env, (parties) => receiveSasStart(parties, flow.address, { message, text }, true, env));
      return flow.method?.method === "sas"
        ? sas(flow, { kind: "message", received: { message, text } }, env)
        : cancel(flow, "m.unexpected_message", env);
    case "m.reciprocate.v1":
      return flow.method?.method === "qr"
        ? qr(flow, { kind: "message", received: { message, text } }, env)
        : cancel(flow, "m.unexpected_message", env);
    case "unknown":
      return cancel(flow, "m.unknown_method", env);
    default:
      return unreachable(message);
  }
}

type MethodStep = { readonly state: SasState | QrState; readonly effects: readonly OutgoingMessage[] };

function begin(flow: Flow, env: FlowEnv, start: (parties: Parties) => MethodStep): FlowStep {
  return env.parties === undefined ? cancel(flow, "m.key_mismatch", env) : method(flow, start(env.parties));
}

function sas(flow: Flow, input: SasInput, env: FlowEnv): FlowStep {
  return flow.method?.method === "sas" ? method(flow, stepSas(flow.method, input, methodEnv(env))) : stay(flow);
}

function qr(flow: Flow, input: QrInput, env: FlowEnv): FlowStep {
  return flow.method?.method === "qr" ? method(flow, stepQr(flow.method, input, methodEnv(env))) : stay(flow);
}

/** What every method understands. */
function either(
  flow: Flow,
  state: SasState | QrState,
  input: Extract<SasInput, { kind: "cancel" | "peer-cancel" }>,
  env: FlowEnv,
): FlowStep {
  return method(flow, state.method === "sas" ? stepSas(state, input, methodEnv(env)) : stepQr(state, input, methodEnv(env)));
}

function methodEnv(env: FlowEnv): SasEnv {
  return { now: () => env.now(), randomBytes: (length) => env.randomBytes(length), current: env.parties?.theirs };
}

/** The method's next state, and what its beginning or end means to the request. */
function method(flow: Flow, { state, effects }: MethodStep): FlowStep {
  const begun = stepRequest(flow.request, { kind: "method-started" }).state;
  const end: RequestInput | undefined =
    state.kind === "done"
      ? { kind: "method-done" }
      : state.kind === "cancelled"
        ? { kind: "method-cancelled", cancellation: { code: state.code, byUs: state.byUs } }
        : undefined;
  return {
    flow: { ...flow, request: end === undefined ? begun : stepRequest(begun, end).state, method: state },
    effects: effects.map((message) => ({ to: "counterpart", message })),
  };
}

function request(flow: Flow, input: RequestInput): FlowStep {
  const { state, effects } = stepRequest(flow.request, input);
  return { flow: { ...flow, request: state }, effects };
}

function cancel(flow: Flow, code: CancelCode, env: FlowEnv): FlowStep {
  if (flow.method === undefined) return request(flow, { kind: "cancel", code });
  return either(flow, flow.method, { kind: "cancel", code }, env);
}

/** The method's own limits first; then that of the whole. */
function tick(flow: Flow, now: number, env: FlowEnv): FlowStep {
  if (isEnded(flow)) return stay(flow);
  const stepped = sas(flow, { kind: "tick", now }, env);
  if (isEnded(stepped.flow) || flow.method === undefined) return isEnded(stepped.flow) ? stepped : request(flow, { kind: "tick", now });
  return stepRequest(flow.request, { kind: "tick", now }).state.kind === "cancelled" ? cancel(flow, "m.timeout", env) : stepped;
}

function theirMethods({ request: state }: Flow): readonly VerificationMethod[] {
  return "theirMethods" in state ? state.theirMethods : [];
}

function stay(flow: Flow): FlowStep {
  return { flow, effects: [] };
}
