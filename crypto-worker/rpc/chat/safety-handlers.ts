import type { ChatContract } from "../../../protocol/chat.ts";
import { CodedError } from "../../../protocol/errors.ts";
import type { Handlers } from "../../../protocol/rpc.ts";
import type { AccountHost } from "../../client/account-host.ts";

type Verbs = "safety" | "roomSafety" | "signOutRisk" | "acceptIdentity" | "renameDevice";

const notYet = (): never => {
  throw new CodedError("unsupported");
};

export function safetyHandlers(_host: AccountHost): Pick<Handlers<ChatContract>, Verbs> {
  return { safety: notYet, roomSafety: notYet, signOutRisk: notYet, acceptIdentity: notYet, renameDevice: notYet };
}
