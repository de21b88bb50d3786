import type { DeviceId } from "../../../protocol/ids.ts";
import { unreachable } from "../../../protocol/result.ts";
import { isCancelCode, type CancelCode, type Cancellation } from "./cancellation.ts";
import type { OutgoingMessage } from "./message.ts";
import type { VerificationMethod } from "./verification-method.ts";

/** The handshake before and around a method (E2EE §Key verification framework). States are named for what they wait for. */
export type RequestState = RequestBase &
  (
    | { readonly kind: "expect-ready"; readonly ourMethods: readonly VerificationMethod[] }
    | ({ readonly kind: "expect-user-accept" } & Theirs)
    | ({ readonly kind: "expect-start" } & Theirs & Ours)
    | ({ readonly kind: "expect-method-end" } & Theirs & Ours)
    | { readonly kind: "answered-elsewhere" }
    | ({ readonly kind: "done" } & Theirs)
    | ({ readonly kind: "cancelled" } & Cancellation)
  );

export type RequestBase = {
  readonly weStarted: boolean;
  /** When it was made or came in; milliseconds since the epoch. */
  readonly createdAt: number;
  /** The devices that our request went to, by to-device. */
  readonly recipients: readonly DeviceId[];
  /** Undefined until it is known which one takes part. */
  readonly theirDevice: DeviceId | undefined;
};
type Theirs = { readonly theirDevice: DeviceId; readonly theirMethods: readonly VerificationMethod[] };
type Ours = { readonly ourMethods: readonly VerificationMethod[] };

export type RequestInput =
  | { readonly kind: "accept"; readonly methods: readonly VerificationMethod[] }
  | { readonly kind: "ready"; readonly device: DeviceId; readonly methods: readonly VerificationMethod[] }
  | { readonly kind: "answered-elsewhere" }
  | { readonly kind: "method-started" }
  | { readonly kind: "method-done" }
  | { readonly kind: "method-cancelled"; readonly cancellation: Cancellation }
  | { readonly kind: "cancel"; readonly code: CancelCode }
  | { readonly kind: "peer-cancel"; readonly code: string }
  | { readonly kind: "tick"; readonly now: number };

/** `counterpart` is the one device that takes part, or the room; `others` are all other recipients of our request. */
export type FlowEffect = { readonly to: "counterpart" | "others" | "everyone"; readonly message: OutgoingMessage };
export type RequestStep = { readonly state: RequestState; readonly effects: readonly FlowEffect[] };

/** From the request to the end of the method. */
export const REQUEST_TIMEOUT = 10 * 60_000;

export function stepRequest(state: RequestState, input: RequestInput): RequestStep {
  switch (state.kind) {
    case "expect-ready":
      if (input.kind === "ready") {
        const { ourMethods } = state;
        const next = {
          ...baseFrom(state),
          kind: "expect-start",
          ourMethods,
          theirDevice: input.device,
          theirMethods: input.methods,
        } as const;
        return { state: next, effects: [{ to: "others", message: { type: "cancel", code: "m.accepted" } }] };
      }
      if (input.kind === "peer-cancel") {
        // One device has refused for all: the others need not ask any more.
        const code = isCancelCode(input.code) ? input.code : "m.user";
        return { state: ended(state, { code: input.code, byUs: false }), effects: [{ to: "everyone", message: { type: "cancel", code } }] };
      }
      return otherwise(state, input, "everyone");
    case "expect-user-accept":
      if (input.kind === "accept") {
        const message = { type: "ready", methods: input.methods } as const;
        return { state: { ...state, kind: "expect-start", ourMethods: input.methods }, effects: [{ to: "counterpart", message }] };
      }
      if (input.kind === "answered-elsewhere") return { state: { ...baseFrom(state), kind: "answered-elsewhere" }, effects: [] };
      return otherwise(state, input, "counterpart");
    case "expect-start":
      if (input.kind === "method-started") return { state: { ...state, kind: "expect-method-end" }, effects: [] };
      return otherwise(state, input, "counterpart");
    case "expect-method-end":
      if (input.kind === "method-done") {
        const { theirDevice, theirMethods } = state;
        return { state: { ...baseFrom(state), kind: "done", theirDevice, theirMethods }, effects: [] };
      }
      return otherwise(state, input, "counterpart");
    case "answered-elsewhere":
    case "done":
    case "cancelled":
      return { state, effects: [] };
    default:
      return unreachable(state);
  }
}

/** The arm of everything that a state does not wait for. */
function otherwise(state: RequestState, input: RequestInput, to: FlowEffect["to"]): RequestStep {
  switch (input.kind) {
    case "cancel":
      return cancel(state, input.code, to);
    case "peer-cancel":
      return { state: ended(state, { code: input.code, byUs: false }), effects: [] };
    case "method-cancelled":
      return { state: ended(state, input.cancellation), effects: [] };
    case "tick":
      // Also where the clock went back.
      return Math.abs(input.now - state.createdAt) > REQUEST_TIMEOUT ? cancel(state, "m.timeout", to) : { state, effects: [] };
    case "ready":
      // Repeated, or of a second device that had not heard yet that another was faster.
      return { state, effects: [] };
    case "accept":
    case "answered-elsewhere":
      return { state, effects: [] };
    case "method-started":
      // Another method in place of a code that nobody has scanned.
      return { state, effects: [] };
    case "method-done":
      throw new Error("a method ended that had not started");
    default:
      return unreachable(input);
  }
}

function cancel(state: RequestState, code: CancelCode, to: FlowEffect["to"]): RequestStep {
  return { state: ended(state, { code, byUs: true }), effects: [{ to, message: { type: "cancel", code } }] };
}

function ended(state: RequestBase, cancellation: Cancellation): RequestState {
  return { ...baseFrom(state), kind: "cancelled", ...cancellation };
}

function baseFrom({ weStarted, createdAt, recipients, theirDevice }: RequestBase): RequestBase {
  return { weStarted, createdAt, recipients, theirDevice };
}
