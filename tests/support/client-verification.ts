import type { VerificationView } from "../../protocol/messages/verification-view.ts";
import type { InProcessClient } from "./in-process-client.ts";

/** A verification as its client shows it; undefined while it knows of none under this id. */
export const view = (client: InProcessClient, flowId: string): VerificationView | undefined =>
  client.client.verification.views().find((known) => known.flowId === flowId);

/** Waits until a client is in this state of a verification. */
export function reaches(client: InProcessClient, flowId: string, state: VerificationView["state"]): Promise<VerificationView> {
  return client.until(() => {
    const now = view(client, flowId);
    return now?.state === state ? now : undefined;
  }, `${client.userId} to be in the state ${state}`);
}
