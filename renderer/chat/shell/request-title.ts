import type { Safety } from "../../../protocol/messages/safety.ts";
import type { IncomingVerification } from "../../../protocol/messages/verification-view.ts";
import type { Say } from "../../ui/text.tsx";
import { localpart } from "../state/mention-query.ts";

type Known = Pick<Safety, "thisDeviceVerified"> | null;

/** Who asks to be verified, in one sentence. Between two devices of one's own it is always the unverified one that is to be verified. */
export function requestTitle(say: Say, safety: Known, { own, displayName, userId }: IncomingVerification): string {
  if (own) return say(isForThis(safety) ? "toast.this" : "toast.own");
  return say("toast.person", { name: displayName ?? localpart(userId) });
}

/** What to do about it. */
export function requestText(say: Say, safety: Known, { own }: IncomingVerification): string {
  if (own) return say(isForThis(safety) ? "toast.thisText" : "toast.ownText");
  return say("toast.personText");
}

const isForThis = (safety: Known): boolean => safety?.thisDeviceVerified === false;
