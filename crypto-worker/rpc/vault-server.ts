import { serve, type Channel } from "../../protocol/rpc.ts";
import { vaultContract } from "../../protocol/vault.ts";
import type { AccountHost } from "../client/account-host.ts";
import type { StoreKeyCustody } from "../client/keys/store-key-custody.ts";
import { describeError, type Log } from "../log.ts";
import { guarded } from "./guarded.ts";

/** Serves the vault contract on the vault window's port until it closes. */
export function serveVault(host: AccountHost, custody: StoreKeyCustody, channel: Channel, log: Log): void {
  const server = serve(
    vaultContract,
    guarded({
      task: () => custody.task,
      seal: () => host.seal,
      createPassphrase: async ({ passphrase }: { passphrase: string }) => {
        await custody.createPassphrase(passphrase);
        return {};
      },
      unlock: async ({ passphrase }: { passphrase: string }) => {
        await custody.unlock(passphrase);
        return {};
      },
    }),
    channel,
    { onBug: (method, error) => log.error("bug", { method, ...describeError(error) }) },
  );
  const stop = custody.onTask((task) => server.emit("taskChanged", task));
  channel.onClose(() => {
    stop();
    log.info("port.closed", { kind: "vault" });
  });
}
