import type { IncomingVerification } from "../../../protocol/messages/verification-view.ts";
import type { Say } from "../../ui/text.tsx";
import { localpart } from "../state/mention-query.ts";

/** Who asks to be verified, in one sentence. */
export function requestTitle(say: Say, { own, displayName, userId }: IncomingVerification): string {
  if (own) return say("toast.own");
  return say("toast.person", { name: displayName ?? localpart(userId) });
}
