import { err, ok, unreachable, type Result } from "../../../protocol/result.ts";
import { encodeBase64 } from "../../primitives/base64.ts";
import { Secret } from "../../primitives/secret.ts";
import type { Env } from "../env.ts";
import type { CancelCode, Cancellation } from "./cancellation.ts";
import type { DoneMessage, OutgoingMessage, Received, ReciprocateMessage } from "./message.ts";
import type { ClaimedKeys, Parties, TheirParty } from "./parties.ts";
import { QR_SECRET_BYTES, type QrCode } from "./qr-code.ts";
import { KeysUnchanged, QrCodeMatched, QrSecretMatched, UserConfirmedScan, VerifiedKeys } from "./witnesses.ts";

/**
 * One verification by QR code (E2EE §QR codes), of the side that shows it or of the one that scanned. States are named for what they wait for.
 *
 * Invariants: `done` has `VerifiedKeys` and the witnesses of its side, no other state has `VerifiedKeys`, and all witnesses are of one flow.
 */
export type QrState = QrBase &
  (
    | ({ readonly kind: "expect-scan" } & Shown)
    | ({ readonly kind: "expect-confirmation"; readonly matched: QrSecretMatched } & Shown)
    | ({ readonly kind: "expect-scanner-done"; readonly matched: QrSecretMatched; readonly confirmed: UserConfirmedScan } & Shown)
    | { readonly kind: "expect-shower-done"; readonly scanned: QrCodeMatched }
    | { readonly kind: "done"; readonly verified: VerifiedKeys }
    | ({ readonly kind: "cancelled" } & Cancellation)
  );

type QrBase = {
  readonly method: "qr";
  readonly parties: Parties;
  /** Canonical contents of what was accepted, to know a repetition. */
  readonly received: ReadonlyMap<string, string>;
};

/** What the code on our screen says, and what its scanner then confirms to us. */
type Shown = { readonly code: QrCode; readonly target: ClaimedKeys };

export type QrMessage = ReciprocateMessage | DoneMessage;
export type QrInput =
  | { readonly kind: "confirm" }
  | { readonly kind: "cancel"; readonly code: CancelCode }
  | { readonly kind: "peer-cancel"; readonly code: string }
  | { readonly kind: "message"; readonly received: Received<QrMessage> };

export type QrEnv = {
  /** The other side's keys as the store has them now; undefined when the device is gone. */
  readonly current: TheirParty | undefined;
};

export type QrStep = { readonly state: QrState; readonly effects: readonly OutgoingMessage[] };

/** Makes a code to show. Fails when we have nothing that we could vouch for, or they nothing to be verified. */
export function showQr(parties: Parties, flowId: string, env: Env): Result<QrState, "unknown-identity" | "identity-not-verified"> {
  const keys = decideKeys(parties);
  if (!keys.ok) return keys;
  const { target, ...shown } = keys.value;
  const secret = Secret.take(env.randomBytes(QR_SECRET_BYTES), "qr-secret");
  return ok({ method: "qr", parties, received: new Map(), kind: "expect-scan", code: { ...shown, flowId, secret }, target });
}

/** A code that we scanned. What it says is checked now; a wrong key ends the flow. */
export function scanQr(parties: Parties, flowId: string, code: QrCode): QrStep {
  const base: QrBase = { method: "qr", parties, received: new Map() };
  const scanned = QrCodeMatched.check(code, parties, flowId);
  if (!scanned.ok) return cancel(base, scanned.error);
  const secret = code.secret.use(encodeBase64);
  return {
    state: { ...base, kind: "expect-shower-done", scanned: scanned.value },
    effects: [{ type: "start", method: "m.reciprocate.v1", secret }],
  };
}

export function stepQr(state: QrState, input: QrInput, env: QrEnv): QrStep {
  if (input.kind === "message" && state.received.get(input.received.message.type) === input.received.text) return { state, effects: [] };
  switch (state.kind) {
    case "expect-scan":
      if (input.kind === "message" && input.received.message.type === "start") {
        const matched = QrSecretMatched.check(state.code, input.received.message.secret);
        if (!matched.ok) return cancel(state, matched.error);
        return { state: { ...accepted(state, input.received), kind: "expect-confirmation", matched: matched.value }, effects: [] };
      }
      return otherwise(state, input);
    case "expect-confirmation":
      if (input.kind === "confirm") {
        const confirmed = UserConfirmedScan.of(state.matched);
        return { state: { ...state, kind: "expect-scanner-done", confirmed }, effects: [{ type: "done" }] };
      }
      return otherwise(state, input);
    case "expect-scanner-done":
      if (input.kind === "message" && input.received.message.type === "done") {
        const unchanged = KeysUnchanged.check(state.parties.theirs, state.target, env.current);
        if (!unchanged.ok) return cancel(state, unchanged.error);
        const verified = VerifiedKeys.ofShownQr(state.matched, state.confirmed, unchanged.value);
        return { state: { ...baseFrom(accepted(state, input.received)), kind: "done", verified }, effects: [] };
      }
      return otherwise(state, input);
    case "expect-shower-done":
      if (input.kind === "message" && input.received.message.type === "done") {
        const unchanged = KeysUnchanged.check(state.parties.theirs, state.scanned, env.current);
        if (!unchanged.ok) return cancel(state, unchanged.error);
        const verified = VerifiedKeys.ofScannedQr(state.scanned, unchanged.value);
        return { state: { ...baseFrom(accepted(state, input.received)), kind: "done", verified }, effects: [{ type: "done" }] };
      }
      return otherwise(state, input);
    case "done":
    case "cancelled":
      return { state, effects: [] };
    default:
      return unreachable(state);
  }
}

/** The arm of everything that a state does not wait for. */
function otherwise(state: QrState, input: QrInput): QrStep {
  switch (input.kind) {
    case "cancel":
      return cancel(state, input.code);
    case "peer-cancel":
      return { state: { ...baseFrom(state), kind: "cancelled", code: input.code, byUs: false }, effects: [] };
    case "confirm":
      return { state, effects: [] };
    case "message":
      return cancel(state, "m.unexpected_message");
    default:
      return unreachable(input);
  }
}

type Keys = Pick<QrCode, "mode" | "firstKey" | "secondKey"> & { readonly target: ClaimedKeys };

/** Only a master key that is verified here is shown as ours to others; a device that does not trust it yet shows what it was told. */
function decideKeys({ ours, theirs }: Parties): Result<Keys, "unknown-identity" | "identity-not-verified"> {
  const { masterKey } = ours;
  if (masterKey === undefined || theirs.masterKey === undefined) return err("unknown-identity");
  if (ours.userId !== theirs.userId) {
    if (!ours.masterKeyTrusted) return err("identity-not-verified");
    const target = { deviceKey: undefined, masterKey: theirs.masterKey };
    return ok({ mode: "other-user", firstKey: masterKey, secondKey: theirs.masterKey, target });
  }
  if (ours.masterKeyTrusted) {
    const target = { deviceKey: theirs.deviceKey, masterKey: undefined };
    return ok({ mode: "self-trusting", firstKey: masterKey, secondKey: theirs.deviceKey, target });
  }
  return ok({ mode: "self-untrusting", firstKey: ours.deviceKey, secondKey: masterKey, target: { deviceKey: undefined, masterKey } });
}

function cancel(state: QrBase, code: CancelCode): QrStep {
  return { state: { ...baseFrom(state), kind: "cancelled", code, byUs: true }, effects: [{ type: "cancel", code }] };
}

function accepted<S extends QrState>(state: S, { message, text }: Received<QrMessage>): S {
  return { ...state, received: new Map([...state.received, [message.type, text]]) };
}

/** Without what the next state must not carry on. */
function baseFrom({ method, parties, received }: QrBase): QrBase {
  return { method, parties, received };
}
