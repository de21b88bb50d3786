import type { AuthNeeded } from "../../../protocol/messages/interactive-auth.ts";
import type { Handlers } from "../../../protocol/rpc.ts";
import type { VaultContract } from "../../../protocol/vault.ts";
import type { AccountHost } from "../../client/account-host.ts";

type Verbs = "setUpIdentity" | "resetIdentity" | "signOutDevices";

export function identityHandlers(host: AccountHost): Pick<Handlers<VaultContract>, Verbs> {
  return {
    setUpIdentity: async ({ auth }) => doneUnless(await host.client.keeping.recovery.setUpIdentity(auth)),
    resetIdentity: async ({ auth }) => doneUnless(await host.client.keeping.recovery.resetIdentity(auth)),
    signOutDevices: async ({ deviceIds, auth }) => doneUnless(await host.client.keeping.signOutDevices(deviceIds, auth)),
  };
}

const doneUnless = (needed: AuthNeeded | undefined): AuthNeeded | { readonly state: "done" } => needed ?? { state: "done" };
