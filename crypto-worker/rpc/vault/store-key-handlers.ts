import type { Handlers } from "../../../protocol/rpc.ts";
import type { VaultContract } from "../../../protocol/vault.ts";
import type { AccountHost } from "../../client/account-host.ts";
import type { StoreKeyCustody } from "../../client/keys/store-key-custody.ts";

type Verbs = "task" | "seal" | "createPassphrase" | "unlock" | "changePassphrase" | "cancelTask";

export function storeKeyHandlers(host: AccountHost, custody: StoreKeyCustody): Pick<Handlers<VaultContract>, Verbs> {
  return {
    task: () => custody.task,
    seal: () => host.seal,
    createPassphrase: async ({ passphrase }) => {
      await custody.createPassphrase(passphrase);
      return {};
    },
    unlock: async ({ passphrase }) => {
      await custody.unlock(passphrase);
      return {};
    },
    changePassphrase: async ({ current, next }) => {
      await custody.changePassphrase(current, next);
      return {};
    },
    cancelTask: () => {
      custody.cancelTask();
      return {};
    },
  };
}
