import type { IncomingVerification, VerificationView } from "../../../protocol/messages/verification-view.ts";
import { unreachable } from "../../../protocol/result.ts";
import { REQUEST_TIMEOUT } from "../../machine/verification/request.ts";
import type { VerificationInfo, VerificationRequestInfo } from "../../machine/verification/verification-info.ts";
import type { ClientContext } from "../context.ts";
import type { PersonNames } from "./person-names.ts";

type State = VerificationView["state"];
type Methods = VerificationView["methods"];

/** `agreed`: a person here has asked for it or accepted it. What the other side starts without that is only a request. */
export function decideState(phase: VerificationRequestInfo["phase"], method: VerificationInfo | undefined, agreed: boolean): State {
  switch (phase) {
    case "created":
      return "asking";
    case "requested":
      return "asked";
    case "ready":
      return "ready";
    case "done":
    case "cancelled":
      return phase;
    case "transitioned":
      if (method === undefined) return "ready";
      return method.kind === "sas" ? sasState(method.state, agreed) : qrState(method.state);
    default:
      return unreachable(phase);
  }
}

function sasState(state: Extract<VerificationInfo, { kind: "sas" }>["state"], agreed: boolean): State {
  switch (state) {
    case "started":
      return agreed ? "sas-waiting" : "asked";
    case "created":
    case "accepted":
      return "sas-waiting";
    case "keysExchanged":
      return "sas-compare";
    case "confirmed":
      return "sas-confirmed";
    case "done":
    case "cancelled":
      return state;
    default:
      return unreachable(state);
  }
}

function qrState(state: Extract<VerificationInfo, { kind: "qr" }>["state"]): State {
  switch (state) {
    case "started":
      return "qr-shown";
    case "scanned":
      return "qr-scanned";
    case "confirmed":
    case "reciprocated":
      return "qr-waiting";
    case "done":
    case "cancelled":
      return state;
    default:
      return unreachable(state);
  }
}

/** Verifications as the vault shows them. */
export class VerificationViews {
  readonly #context: ClientContext;
  readonly #names: PersonNames;

  constructor(context: ClientContext, names: PersonNames) {
    this.#context = context;
    this.#names = names;
  }

  view(request: VerificationRequestInfo, agreed: boolean): VerificationView {
    const { machine, userId: ourUserId } = this.#context;
    const { flowId, userId, deviceId, createdAt } = request;
    const method = machine.getVerification(userId, flowId);
    const state = decideState(request.phase, method, agreed);
    const codes = method?.kind === "sas" && (state === "sas-compare" || state === "sas-confirmed") ? method : undefined;
    return {
      flowId,
      userId,
      displayName: this.#names.person(userId, request.roomId),
      deviceId: deviceId ?? null,
      deviceName: deviceId === undefined ? null : this.#names.device(userId, deviceId),
      own: userId === ourUserId,
      weStarted: request.weStarted,
      since: createdAt,
      expiresAt: createdAt + REQUEST_TIMEOUT,
      state,
      methods: this.#methods(request, state),
      emoji: codes === undefined ? null : emojiOf(codes),
      decimals: codes?.decimals === undefined ? null : [...codes.decimals],
      // SECURITY: whoever sees the code can say that they scanned it. It goes to the vault's screen only.
      qr: state === "qr-shown" ? machine.generateQrCode(userId, flowId) : null,
      cancel:
        request.cancelCode === undefined
          ? null
          : { code: request.cancelCode.slice(0, 255) || "m.unknown", byUs: request.cancelledByUs ?? false },
    };
  }

  #methods({ userId, theirMethods }: VerificationRequestInfo, state: State): Methods {
    if (state !== "ready" && state !== "qr-shown") return { sas: false, showQr: false, scanQr: false };
    const canReciprocate = theirMethods.includes("m.reciprocate.v1");
    return {
      sas: theirMethods.includes("m.sas.v1"),
      showQr: state === "ready" && canReciprocate && theirMethods.includes("m.qr_code.scan.v1") && this.#hasKeysToShow(userId),
      scanQr: canReciprocate && theirMethods.includes("m.qr_code.show.v1"),
    };
  }

  /** A code holds both master keys, and ours must be one that we would vouch for; with our own devices it may be the one that is asked about. */
  #hasKeysToShow(userId: string): boolean {
    const { machine, userId: ourUserId } = this.#context;
    const own = machine.getIdentity(ourUserId);
    return own !== undefined && (userId === ourUserId || (own.verified && machine.getIdentity(userId) !== undefined));
  }
}

/** As far as it is told outside of the vault. */
export function incomingOf({ flowId, userId, displayName, deviceName, own, since }: VerificationView): IncomingVerification {
  return { flowId, userId, displayName, deviceName, own, since };
}

function emojiOf({ emoji, emojiIndices }: Extract<VerificationInfo, { kind: "sas" }>): VerificationView["emoji"] {
  if (emoji === undefined || emojiIndices === undefined) return null;
  return emoji.map(([symbol, name], i) => ({ symbol, name, index: emojiIndices[i] ?? 0 }));
}
