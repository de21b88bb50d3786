import { CodedError } from "../../../protocol/errors.ts";
import type { Handlers } from "../../../protocol/rpc.ts";
import type { VaultContract } from "../../../protocol/vault.ts";
import type { AccountHost } from "../../client/account-host.ts";

type Verbs = "safety" | "enableRecovery" | "recover" | "changeRecovery" | "disableRecovery" | "restoreBackup" | "jobs" | "cancelJob";

const notYet = (): never => {
  throw new CodedError("unsupported");
};

export function recoveryHandlers(_host: AccountHost): Pick<Handlers<VaultContract>, Verbs> {
  return {
    safety: notYet,
    enableRecovery: notYet,
    recover: notYet,
    changeRecovery: notYet,
    disableRecovery: notYet,
    restoreBackup: notYet,
    jobs: notYet,
    cancelJob: notYet,
  };
}
