import type { DeviceId, RoomId, UserId } from "../../../protocol/ids.ts";
import { unreachable } from "../../../protocol/result.ts";
import { flowIdOf } from "./flow-address.ts";
import type { Flow } from "./flow.ts";
import type { QrState } from "./qr.ts";
import type { RequestState } from "./request.ts";
import type { SasState } from "./sas.ts";
import type { SasCodes } from "./sas-codes.ts";
import type { VerificationMethod } from "./verification-method.ts";

export type VerificationPhase = "created" | "requested" | "ready" | "transitioned" | "done" | "cancelled";

/** A verification as the machine's caller sees it. */
export type VerificationRequestInfo = {
  /** The same on both sides; of our own request in a room only once the server has accepted it, and our transaction id until then. */
  readonly flowId: string;
  readonly userId: UserId;
  /** Of a verification in a room. */
  readonly roomId: RoomId | undefined;
  /** Once it is known which one takes part: of our own request from the start where only one was asked. */
  readonly deviceId: DeviceId | undefined;
  readonly phase: VerificationPhase;
  readonly weStarted: boolean;
  readonly theirMethods: readonly VerificationMethod[];
  /** When it was made or came in, in milliseconds since the epoch. */
  readonly createdAt: number;
  readonly cancelCode?: string;
  readonly cancelledByUs?: boolean;
};

type CancelInfo = { readonly cancelCode?: string; readonly cancelledByUs?: boolean };

/** A method under way, as the machine's caller sees it. */
export type VerificationInfo =
  | ({
      readonly kind: "sas";
      readonly state: "created" | "started" | "accepted" | "keysExchanged" | "confirmed" | "done" | "cancelled";
      readonly weStarted: boolean;
      /** From the exchange of keys on; left out when the devices did not agree on emoji. */
      readonly emoji?: SasCodes["emoji"];
      readonly emojiIndices?: SasCodes["emojiIndices"];
      readonly decimals?: SasCodes["decimals"];
    } & CancelInfo)
  | ({ readonly kind: "qr"; readonly state: "started" | "scanned" | "confirmed" | "reciprocated" | "done" | "cancelled" } & CancelInfo);

export function requestInfoOf({ address, userId, request }: Flow, provisionalId: string): VerificationRequestInfo {
  return {
    flowId: flowIdOf(address) || provisionalId,
    userId,
    roomId: address.kind === "in-room" ? address.roomId : undefined,
    deviceId: request.theirDevice ?? (request.recipients.length === 1 ? request.recipients[0] : undefined),
    phase: phaseOf(request),
    weStarted: request.weStarted,
    theirMethods: "theirMethods" in request ? request.theirMethods : [],
    createdAt: request.createdAt,
    ...cancelInfoOf(request),
  };
}

export function verificationInfoOf(method: SasState | QrState): VerificationInfo {
  return method.method === "sas" ? sasInfoOf(method) : { kind: "qr", state: qrStateOf(method), ...cancelInfoOf(method) };
}

function phaseOf({ kind }: RequestState): VerificationPhase {
  switch (kind) {
    case "expect-ready":
      return "created";
    case "expect-user-accept":
      return "requested";
    case "expect-start":
      return "ready";
    case "expect-method-end":
      return "transitioned";
    case "done":
      return "done";
    case "answered-elsewhere":
    case "cancelled":
      return "cancelled";
    default:
      return unreachable(kind);
  }
}

function sasInfoOf(state: SasState): VerificationInfo {
  const info = { kind: "sas", state: sasStateOf(state), weStarted: state.weStarted, ...cancelInfoOf(state) } as const;
  if (!("shown" in state)) return info;
  const { emoji, emojiIndices, decimals } = state.shown.codes;
  return state.agreed.strings.includes("emoji") ? { ...info, emoji, emojiIndices, decimals } : { ...info, decimals };
}

function sasStateOf({ kind }: SasState): Extract<VerificationInfo, { kind: "sas" }>["state"] {
  switch (kind) {
    case "expect-accept":
      return "created";
    case "expect-user-accept":
      return "started";
    case "expect-starter-key":
    case "expect-committed-key":
      return "accepted";
    case "expect-confirmation":
    case "expect-confirmation-after-mac":
      return "keysExchanged";
    case "expect-mac":
    case "expect-done":
      return "confirmed";
    case "done":
    case "cancelled":
      return kind;
    default:
      return unreachable(kind);
  }
}

function qrStateOf({ kind }: QrState): Extract<VerificationInfo, { kind: "qr" }>["state"] {
  switch (kind) {
    case "expect-scan":
      return "started";
    case "expect-confirmation":
      return "scanned";
    case "expect-scanner-done":
      return "confirmed";
    case "expect-shower-done":
      return "reciprocated";
    case "done":
    case "cancelled":
      return kind;
    default:
      return unreachable(kind);
  }
}

function cancelInfoOf(state: RequestState | SasState | QrState): CancelInfo {
  if (state.kind === "cancelled") return { cancelCode: state.code, cancelledByUs: state.byUs };
  return state.kind === "answered-elsewhere" ? { cancelCode: "m.accepted", cancelledByUs: true } : {};
}
