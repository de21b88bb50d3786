import type { Utd } from "../../../protocol/messages/timeline-item.ts";
import { utdSchema } from "../../../protocol/messages/timeline-item.ts";

export type UtdFacts = {
  readonly code: string;
  readonly withheldCode: string | undefined;
  /** Our membership when the event was sent, if the server says so (MSC4115). */
  readonly membership: string | undefined;
  readonly sentAt: number;
  readonly deviceCreatedAt: number;
};

/** Which sentence an undecryptable message gets. */
export function decideUtdCause({ code, withheldCode, membership, sentAt, deviceCreatedAt }: UtdFacts): Utd["cause"] {
  switch (code) {
    case "MissingMegolmSession":
    case "UnknownMegolmMessageIndex":
      if (withheldCode === "m.unverified") return "withheld-unverified";
      if (withheldCode === "m.history_not_shared" || withheldCode === "io.element.msc4268.history_not_shared")
        return "sent-before-we-joined";
      if (withheldCode !== undefined) return "withheld";
      if (membership === "leave" || membership === "ban" || membership === "knock") return "sent-before-we-joined";
      if (sentAt < deviceCreatedAt) return "historical";
      return "waiting";
    case "SenderIdentityNotTrusted":
    case "MismatchedSender":
    case "MismatchedIdentityKeys":
      return "untrusted-sender";
    case "ReplayedMessage":
      return "replayed";
    case "MalformedEncryptedEvent":
    case "MegolmDecryptionFailure":
    case "PayloadDeserializationFailure":
    case "StateKeyVerificationFailed":
    case "MismatchedRoom":
      return "damaged";
    default:
      return "unknown";
  }
}

/** As the page gets it; a code that this build does not know is `Unknown`. */
export function encodeUtd(facts: UtdFacts): Utd {
  const code = utdSchema.shape.code.safeParse(facts.code);
  return {
    code: code.success ? code.data : "Unknown",
    ...(facts.withheldCode === undefined ? {} : { withheldCode: facts.withheldCode.slice(0, 128) }),
    cause: decideUtdCause(facts),
  };
}
