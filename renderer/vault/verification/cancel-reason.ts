import type { VerificationView } from "../../../protocol/messages/verification-view.ts";
import type { MessageId } from "../../ui/messages/en.ts";

/** Why a verification ended: what happened and what to do; `alarming` where someone may be between the two. */
export type CancelReason = { readonly what: MessageId; readonly next: MessageId; readonly alarming: boolean };

const reason = (
  name: "timeout" | "accepted" | "keys" | "commitment" | "userMismatch" | "method" | "unexpected" | "unknown" | "invalid" | "qr" | "other",
  alarming = false,
): CancelReason => ({ what: `cancelled.${name}.what`, next: `cancelled.${name}.next`, alarming });

/**
 * In words, for every code of the specification ("m.key.verification.cancel") and for those of other apps. With a device of one's `own` there is nobody on the
 * other side who could be asked.
 */
export function cancelReason({ code, byUs }: NonNullable<VerificationView["cancel"]>, own: boolean): CancelReason {
  switch (code) {
    case "m.user":
      return byUs
        ? { what: "cancelled.user.us", next: "cancelled.user.usNext", alarming: false }
        : { what: "cancelled.user.them", next: own ? "cancelled.user.themNextOwn" : "cancelled.user.themNext", alarming: false };
    case "m.mismatched_sas":
      return {
        what: byUs ? "cancelled.mismatch.us" : "cancelled.mismatch.them",
        next: own ? "cancelled.mismatch.nextOwn" : "cancelled.mismatch.next",
        alarming: true,
      };
    case "m.timeout":
      return reason("timeout");
    case "m.accepted":
      return reason("accepted");
    case "m.key_mismatch":
      return reason("keys", true);
    case "m.mismatched_commitment":
      return reason("commitment", true);
    case "m.user_mismatch":
      return reason("userMismatch", true);
    case "m.unknown_method":
      return reason("method");
    case "m.unexpected_message":
      return reason("unexpected");
    case "m.unknown_transaction":
      return reason("unknown");
    case "m.invalid_message":
      return reason("invalid");
    case "m.qr_code.invalid":
      return reason("qr");
    default:
      return reason("other");
  }
}
