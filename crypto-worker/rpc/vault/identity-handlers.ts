import { CodedError } from "../../../protocol/errors.ts";
import type { Handlers } from "../../../protocol/rpc.ts";
import type { VaultContract } from "../../../protocol/vault.ts";
import type { AccountHost } from "../../client/account-host.ts";

type Verbs = "setUpIdentity" | "resetIdentity" | "signOutDevices";

const notYet = (): never => {
  throw new CodedError("unsupported");
};

export function identityHandlers(_host: AccountHost): Pick<Handlers<VaultContract>, Verbs> {
  return {
    setUpIdentity: notYet,
    resetIdentity: notYet,
    signOutDevices: notYet,
  };
}
