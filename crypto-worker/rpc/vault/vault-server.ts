import { serve, type Channel } from "../../../protocol/rpc.ts";
import { vaultContract } from "../../../protocol/vault.ts";
import type { AccountHost } from "../../client/account-host.ts";
import type { Client } from "../../client/client.ts";
import type { StoreKeyCustody } from "../../client/keys/store-key-custody.ts";
import { describeError, type Log } from "../../log.ts";
import { guarded } from "../guarded.ts";
import { identityHandlers } from "./identity-handlers.ts";
import { keyFileHandlers } from "./key-file-handlers.ts";
import { recoveryHandlers } from "./recovery-handlers.ts";
import { storeKeyHandlers } from "./store-key-handlers.ts";
import { verificationHandlers } from "./verification-handlers.ts";

const FORWARDED = ["safetyChanged", "jobsChanged", "verificationsChanged"] as const;

/** Serves the vault contract on the vault window's port until it closes. */
export function serveVault(host: AccountHost, custody: StoreKeyCustody, channel: Channel, log: Log): void {
  const server = serve(
    vaultContract,
    guarded({
      ...storeKeyHandlers(host, custody),
      ...verificationHandlers(host),
      ...identityHandlers(host),
      ...recoveryHandlers(host),
      ...keyFileHandlers(host),
    }),
    channel,
    { onBug: (method, error) => log.error("bug", { method, ...describeError(error) }) },
  );
  const tell = (): void => server.emit("taskChanged", custody.task);
  // Also when the store has opened: from then on there is a seal to show, and that may be after the person was done.
  let unsubscribe: (() => void)[] = [];
  const attach = (client: Client | undefined): void => {
    for (const stop of unsubscribe) stop();
    unsubscribe = client === undefined ? [] : FORWARDED.map((name) => client.emitter.on(name, (payload) => server.emit(name, payload)));
    tell();
  };
  const stops = [custody.onTask(tell), host.onClient(attach)];
  channel.onClose(() => {
    for (const stop of [...stops, ...unsubscribe]) stop();
    log.info("port.closed", { kind: "vault" });
  });
}
