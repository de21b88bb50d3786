import type { ErrorCode } from "../../protocol/errors.ts";
import type { UpdateState } from "../../protocol/messages/update-state.ts";
import { unreachable } from "../../protocol/result.ts";
import type { Offer } from "./release.ts";

/** States are named for what is going on in them; `off` and `managed` are left by nothing. */
export type Updating =
  | { readonly phase: "off" }
  | { readonly phase: "managed"; readonly by: "flatpak" | "packages" }
  | { readonly phase: "idle"; readonly checkedAt: number | null }
  | { readonly phase: "checking" }
  | { readonly phase: "downloading"; readonly offer: Offer; readonly received: number }
  | { readonly phase: "available"; readonly offer: Offer }
  | { readonly phase: "ready"; readonly offer: Offer }
  /** A person has asked for the installation; whether it is still the one to install is being looked at. */
  | { readonly phase: "rechecking"; readonly offer: Offer }
  | { readonly phase: "installing"; readonly offer: Offer }
  | { readonly phase: "failed"; readonly code: ErrorCode; readonly offer: Offer | null };

export type UpdateInput =
  | { readonly kind: "check"; readonly by: "person" | "timer" }
  | { readonly kind: "found"; readonly offer: Offer | null; readonly at: number }
  | { readonly kind: "received"; readonly bytes: number }
  | { readonly kind: "downloaded" }
  | { readonly kind: "failed"; readonly code: ErrorCode }
  | { readonly kind: "cancel" }
  | { readonly kind: "install" };

/** What is to be done next; `stop` ends what was being done. */
export type UpdateEffect =
  | { readonly kind: "fetch" }
  | { readonly kind: "download"; readonly offer: Offer }
  | { readonly kind: "install"; readonly offer: Offer }
  | { readonly kind: "stop" };

export type UpdateStep = { readonly state: Updating; readonly effect: UpdateEffect | null };

/** One step. An input that has no place in a state changes nothing. Only a person's `install` leads to an installation. */
export function stepUpdates(state: Updating, input: UpdateInput): UpdateStep {
  switch (state.phase) {
    case "off":
    case "managed":
      return stay(state);
    case "idle":
    case "failed":
      return input.kind === "check" ? { state: { phase: "checking" }, effect: { kind: "fetch" } } : stay(state);
    case "available":
      // Who has given a download up is not asked for it again by a clock.
      return input.kind === "check" && input.by === "person" ? { state: { phase: "checking" }, effect: { kind: "fetch" } } : stay(state);
    case "checking":
      return whileChecking(state, input);
    case "downloading":
      return whileDownloading(state, input);
    case "ready":
      return input.kind === "install" ? { state: { phase: "rechecking", offer: state.offer }, effect: { kind: "fetch" } } : stay(state);
    case "rechecking":
      return whileRechecking(state, input);
    case "installing":
      return input.kind === "failed" ? stay({ phase: "failed", code: input.code, offer: state.offer }) : stay(state);
    default:
      return unreachable(state);
  }
}

function whileChecking(state: Updating, input: UpdateInput): UpdateStep {
  if (input.kind === "failed") return stay({ phase: "failed", code: input.code, offer: null });
  if (input.kind === "cancel") return { state: { phase: "idle", checkedAt: null }, effect: { kind: "stop" } };
  return input.kind === "found" ? afterFound(input) : stay(state);
}

function afterFound({ offer, at }: UpdateInput & { readonly kind: "found" }): UpdateStep {
  return offer === null
    ? stay({ phase: "idle", checkedAt: at })
    : { state: { phase: "downloading", offer, received: 0 }, effect: { kind: "download", offer } };
}

/** What was withdrawn is not installed, what is newer is fetched first, and where nobody answers nothing happens: it may have been withdrawn. */
function whileRechecking(state: Updating & { readonly phase: "rechecking" }, input: UpdateInput): UpdateStep {
  const { offer } = state;
  if (input.kind === "failed") return stay({ phase: "failed", code: input.code, offer });
  if (input.kind === "cancel") return { state: { phase: "ready", offer }, effect: { kind: "stop" } };
  if (input.kind !== "found") return stay(state);
  const isSame = input.offer?.version === offer.version && input.offer.sha512 === offer.sha512;
  return isSame ? { state: { phase: "installing", offer }, effect: { kind: "install", offer } } : afterFound(input);
}

function whileDownloading(state: Updating & { readonly phase: "downloading" }, input: UpdateInput): UpdateStep {
  const { offer } = state;
  if (input.kind === "received") return stay({ ...state, received: input.bytes });
  if (input.kind === "downloaded") return stay({ phase: "ready", offer });
  if (input.kind === "failed") return stay({ phase: "failed", code: input.code, offer });
  return input.kind === "cancel" ? { state: { phase: "available", offer }, effect: { kind: "stop" } } : stay(state);
}

const stay = (state: Updating): UpdateStep => ({ state, effect: null });

/** As the pages see it. */
export function viewOfUpdates(state: Updating): UpdateState {
  switch (state.phase) {
    case "off":
    case "managed":
    case "idle":
    case "checking":
      return state;
    case "rechecking":
      return { phase: "checking" };
    case "downloading":
      return { phase: "downloading", version: state.offer.version, received: state.received, size: state.offer.size };
    case "available":
    case "ready":
    case "installing":
      return { phase: state.phase, version: state.offer.version };
    case "failed":
      return { phase: "failed", code: state.code, version: state.offer?.version ?? null };
    default:
      return unreachable(state);
  }
}
