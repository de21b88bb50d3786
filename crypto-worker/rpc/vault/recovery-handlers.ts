import type { Handlers } from "../../../protocol/rpc.ts";
import type { VaultContract } from "../../../protocol/vault.ts";
import type { AccountHost } from "../../client/account-host.ts";

type Verbs = "safety" | "enableRecovery" | "recover" | "changeRecovery" | "disableRecovery" | "restoreBackup" | "jobs" | "cancelJob";

/** SECURITY: a recovery key goes to the vault's page once, in the answer to who asked for it. */
export function recoveryHandlers(host: AccountHost): Pick<Handlers<VaultContract>, Verbs> {
  return {
    safety: () => host.client.keeping.safety.view(),
    enableRecovery: async ({ passphrase, auth }) => {
      const enabled = await host.client.keeping.recovery.enable(passphrase, auth);
      return "recoveryKey" in enabled ? { state: "done", recoveryKey: enabled.recoveryKey } : enabled;
    },
    recover: (given) => host.client.keeping.recovery.recover(given),
    changeRecovery: ({ passphrase }) => host.client.keeping.recovery.change(passphrase),
    disableRecovery: async () => {
      await host.client.keeping.recovery.disable();
      return {};
    },
    restoreBackup: async () => ({ importedKeys: await host.client.keeping.backup.restore() }),
    jobs: () => host.client.keeping.jobs.list(),
    cancelJob: ({ job }) => {
      host.client.keeping.jobs.cancel(job);
      return {};
    },
  };
}
